//! The half-open circuit: admission and end of probes.

use super::*;

/// Three calls arrive when the open timeout has passed. Exactly the permitted number are probes.
///
/// Exercises the lock, held from the question to the answer, around `Machine::admit`.
#[test]
fn loom_open_to_half_open() {
    for probes in [1, 2] {
        explore(2, move || {
            let limits = Limits { failure_threshold: Some(1), half_open_max_calls: probes, ..LIMITS };
            let engine = engine(limits, 3);
            call(&engine, End::Failure, 0);
            let asking = [1, 2, 3].map(|slot| start(&engine, slot, |engine| begin(engine, 30)));
            let (let_in, rejected): (Vec<_>, Vec<_>) = asking.map(join).into_iter().partition(Result::is_ok);
            assert_eq!(let_in.len(), probes as usize, "H1");
            assert!(let_in.iter().flatten().all(|ticket| ticket.is_probe()));
            assert!(rejected.iter().all(|reply| matches!(reply, Err(Rejected::HalfOpen))));
            let seen = outcome(&engine, 30, u64::from(probes));
            assert_eq!(seen.transitions, [1, 1, 0, 0, 0]);
            assert_eq!(seen.rejections, [0, 3 - u64::from(probes), 0]);
        });
    }
}

/// One probe is dropped while another fails. The open timeout is zero, so the thread of the failed one probes again at
/// the same time. The dropped probe returns a permit of its own half-open period, never of the new one.
///
/// Exercises the lock, and the generation that `end_probe` compares under it. The late probe is counted as late.
#[test]
fn loom_permit_drop_against_reopening() {
    explore(ALL, || {
        let limits = Limits { failure_threshold: Some(1), open_timeout: 0, ..LIMITS };
        let engine = engine(limits, 3);
        call(&engine, End::Failure, 10);
        let (dropped, failing) = (admitted(&engine, 10), admitted(&engine, 10));
        let dropping = start(&engine, 1, move |engine| end(engine, dropped, End::Abandoned, 10));
        let reopening = start(&engine, 2, move |engine| {
            end(engine, failing, End::Failure, 10);
            assert!(admitted(engine, 10).is_probe());
        });
        join(dropping);
        join(reopening);
        let seen = outcome(&engine, 10, 1);
        assert_eq!((seen.transitions, seen.abandoned), ([1, 2, 0, 1, 0], 1));
        assert_eq!((seen.machine.state, seen.machine.probes.as_slice()), (State::HalfOpen, &[10][..]), "H1");
    });
}

/// A probe fails at 50, and the circuit is open until 80. A call that arrives then and has seen the open state is the
/// next probe. It is not rejected because of the previous probe's lease, which would have ended at 1040.
///
/// Exercises the word's Release in `publish`, after the `quiet_until` of 0, which is valid for both words.
#[test]
fn loom_admit_against_reopening() {
    explore(ALL, || {
        let limits = Limits { failure_threshold: Some(1), half_open_max_calls: 1, half_open_timeout: 1_000, ..LIMITS };
        let engine = engine(limits, 3);
        call(&engine, End::Failure, 10);
        let probe = admitted(&engine, 40);
        let failing = start(&engine, 1, move |engine| end(engine, probe, End::Failure, 50));
        let asking = start(&engine, 2, |engine| match begin(engine, 80) {
            Ok(ticket) => {
                assert!(ticket.is_probe());
                1
            }
            Err(rejected) => {
                assert_eq!(rejected, Rejected::HalfOpen, "the open timeout has passed");
                0
            }
        });
        join(failing);
        let let_in = join(asking);
        let seen = outcome(&engine, 80, let_in);
        assert_eq!(seen.transitions, [1, 1 + let_in, 0, 1, 0]);
    });
}

/// A probe succeeds after its lease, while another caller finds that the lease has ended. In either order, the probe
/// has failed once, at the end of the lease, and the success is late.
///
/// Exercises the lock, and the generation that `end_probe` compares under it.
#[test]
fn loom_probe_end_against_its_lease() {
    explore(ALL, || {
        let limits = Limits { failure_threshold: Some(1), success_threshold: 1, ..LIMITS };
        let engine = engine(limits, 3);
        call(&engine, End::Failure, 0);
        let probe = admitted(&engine, 30);
        let ending = start(&engine, 1, move |engine| end(engine, probe, End::Success, 60));
        let looking = start(&engine, 2, |engine| {
            let _ = engine.settle(60);
        });
        join(ending);
        join(looking);
        let seen = outcome(&engine, 60, 0);
        assert_eq!(seen.transitions, [1, 1, 0, 1, 0]);
        assert_eq!((seen.machine.since, seen.late), (60, 1), "L1");
    });
}

/// A probe makes two calls while another probe fails. Each call is either part of the probe and not counted, or comes
/// after the circuit has opened and is rejected.
///
/// Exercises the generation that is compared under the lock. A thread in a frame still counts in its own stripe.
#[test]
fn loom_nested_call_against_reopening() {
    explore(ALL, || {
        let limits = Limits { failure_threshold: Some(1), half_open_max_calls: 2, ..LIMITS };
        let engine = engine(limits, 3);
        call(&engine, End::Failure, 0);
        let other = admitted(&engine, 30);
        let failing = start(&engine, 1, move |engine| end(engine, other, End::Failure, 30));
        let probing = start(&engine, 2, |engine| {
            let Ok(probe) = Engine::begin(&At(engine, 30)) else { return 1 };
            assert!(probe.is_probe() && Slot::is_hidden());
            let nested = [(); 2].map(|()| begin(engine, 30).map(|ticket| end(engine, ticket, End::Failure, 30)));
            end(engine, probe, End::Success, 30);
            assert!(!Slot::is_hidden(), "the frame is left");
            assert!(nested[0].is_ok() || nested[1].is_err(), "the circuit stays open");
            nested.iter().filter(|nested| nested.is_err()).count() as u64
        });
        join(failing);
        let rejected = join(probing);
        let seen = outcome(&engine, 30, 0);
        assert_eq!((seen.transitions, seen.failures), ([1, 1, 0, 1, 0], 2), "H7");
        assert_eq!(seen.rejections, [rejected, 0, 0]);
    });
}
