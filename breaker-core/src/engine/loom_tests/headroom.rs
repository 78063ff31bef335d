//! Headroom for bad calls: divided among the existing stripes, by the current rules.

use super::*;
use crate::engine::policy;
use crate::engine::writer::Writer;

/// The word is the same for all rates.
fn with_rate(rate: f64) -> Limits {
    Limits { failure_rate: Some(rate), minimum_requests: Some(1), ..LIMITS }
}

/// Returns an engine whose window holds a thousand successes at 10, of the model's main thread.
fn with_successes(stripes: usize) -> Arc<Engine> {
    let engine = engine(with_rate(0.5), stripes);
    enter(&engine, 0, 10);
    let (here, slice) = (engine.thread_stripe(), engine.locked_geometry(engine.word()).slice_at(10));
    here.stripe.slices[slice.slot()].successes.add(Writer::Sole, slice.turn(), 1_000).expect("empty");
    engine
}

/// A verdict divides the headroom while another thread creates the shared stripe, or enters its first slice. All stripes
/// together may not get more than there is.
///
/// Exercises the `SeqCst` fences of `new_stripe` and `put_room`, and the lock under which a stripe joins the sums.
#[test]
fn loom_headroom_against_a_new_stripe() {
    for (slot, preemptions) in [(2, 3), (Slot::SHARED.index(), ALL)] {
        explore(preemptions, move || headroom_against_a_new_stripe(slot));
    }
}

fn headroom_against_a_new_stripe(slot: usize) {
    let engine = with_successes(2);
    let sharing = start(&engine, 1, |engine| call(engine, End::Success, 10));
    let coming = start(&engine, slot, |engine| {
        let _ = engine.slice_at(10, engine.thread_stripe(), engine.word());
    });
    join(sharing);
    join(coming);
    let seen = outcome(&engine, 10, 0);
    let slice = engine.locked_geometry(engine.word()).slice_at(10);
    let shared_out = engine.hot.headroom.in_slice(slice).bad * engine.live_stripes().count() as u64;
    assert!(shared_out <= policy::headroom(seen.window, &seen.limits.rules()).bad, "{shared_out} of {seen:?}");
}

/// A verdict divides the headroom by rules that are being replaced. Under the new rules, the next failure opens the
/// circuit.
///
/// Exercises the lock in `spare_sums`, under which the rules are compared.
#[test]
fn loom_headroom_against_reconfiguration() {
    explore(2, || {
        let engine = with_successes(3);
        let sharing = start(&engine, 1, |engine| call(engine, End::Success, 10));
        let changing = start(&engine, 2, |engine| {
            let _ = engine.reconfigure(with_rate(0.0005), 10);
        });
        join(sharing);
        join(changing);
        call(&engine, End::Failure, 10);
        assert_eq!(outcome(&engine, 10, 0).transitions, [1, 0, 0, 0, 0], "spared by replaced rules");
    });
}

/// A success completes `minimum_requests` while the headroom spares another thread's call. One of the two is judged and
/// opens the circuit (T3).
///
/// Exercises the room for all calls, from which calls in progress are subtracted.
#[test]
fn loom_a_success_completes_the_minimum_of_the_window_by_time() {
    explore(2, || {
        // Without subtracting calls in progress, each stripe could have two.
        let limits = Limits { failure_rate: Some(0.1), minimum_requests: Some(7), ..LIMITS };
        let engine = engine(limits, 3);
        call(&engine, End::Failure, 10);
        call(&engine, End::Success, 10);
        for (slot, calls) in [(1, 2), (2, 1)] {
            join(start(&engine, slot, move |engine| (0..calls).for_each(|_| call(engine, End::Success, 10))));
        }
        let calling = [1, 2].map(|slot| start(&engine, slot, |engine| call(engine, End::Success, 10)));
        let [(), ()] = calling.map(join);
        let seen = outcome(&engine, 10, 0);
        assert_eq!((seen.window.requests, seen.transitions[0]), (7, 1), "T3");
    });
}

/// The minimum is reached, so the room for all calls becomes room for bad ones, while another thread's call fails. That
/// call is judged by the counts before or after.
///
/// Exercises `Headroom`: Release and the order in `publish`, Acquire and the order in `spares_bad_call`.
#[test]
fn loom_the_minimum_is_reached_against_a_failure() {
    explore(2, || {
        let limits = Limits { failure_rate: Some(0.5), minimum_requests: Some(3), ..LIMITS };
        let engine = engine(limits, 3);
        (1..3).for_each(|slot| enter(&engine, slot, 10));
        call(&engine, End::Failure, 10);
        call(&engine, End::Success, 10);
        let [succeeds, fails] = [admitted(&engine, 10), admitted(&engine, 10)];
        let succeeding = start(&engine, 1, move |engine| end(engine, succeeds, End::Success, 10));
        let failing = start(&engine, 2, move |engine| end(engine, fails, End::Failure, 10));
        join(succeeding);
        join(failing);
        assert_eq!(outcome(&engine, 10, 0).transitions[0], 1, "two of three or four calls failed");
    });
}

/// A verdict is delayed between its sum and the level that it publishes, while the level before spares the calls of
/// another thread. All the calls that the new level spares may not reach the threshold.
///
/// Exercises subtracting the calls since the sum, which `put_room` reads.
#[test]
fn loom_headroom_against_an_old_sum() {
    // After the first call, the level of three stripes is 7: another 28 may come, less 4 for each other stripe.
    const FIRST_LEVEL: usize = 7;
    explore(1, || {
        let engine = engine(Limits { failure_threshold: Some(30), ..LIMITS }, 3);
        (0..3).for_each(|slot| enter(&engine, slot, 10));
        let fail = |engine: &Engine, calls: usize| (0..calls).for_each(|_| call(engine, End::Failure, 10));
        fail(&engine, 1);
        let summing = start(&engine, 1, move |engine| fail(engine, FIRST_LEVEL + 1));
        let spared = start(&engine, 2, move |engine| fail(engine, FIRST_LEVEL));
        join(summing);
        join(spared);
        fail(&engine, 9);
        for (slot, calls) in [(1, 2), (2, 3)] {
            join(start(&engine, slot, move |engine| fail(engine, calls)));
        }
        assert_eq!(outcome(&engine, 10, 0).transitions[0], 1, "spared by an outdated sum");
    });
}

/// Two failures complete the threshold, of which one is spared by room that is shared. The other one opens the circuit.
///
/// Exercises Release and Acquire of the exchanges in `SharedRoom`.
#[test]
fn loom_shared_room_against_a_failure() {
    explore(3, || {
        let engine = engine(Limits { failure_threshold: Some(4), ..LIMITS }, 2);
        enter(&engine, 1, 10);
        // The first one takes the level back, the second one finds room for one more.
        call(&engine, End::Failure, 10);
        call(&engine, End::Failure, 10);
        let slice = engine.locked_geometry(engine.word()).slice_at(10);
        assert!(engine.shared_room.0.is_of(slice));
        let failing = [0, 1].map(|slot| start(&engine, slot, |engine| call(engine, End::Failure, 10)));
        let [(), ()] = failing.map(join);
        assert_eq!(outcome(&engine, 10, 0).transitions, [1, 0, 0, 0, 0], "spared, and not summed");
    });
}
