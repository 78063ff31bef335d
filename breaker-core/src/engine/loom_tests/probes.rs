//! The half-open circuit: who may probe, and what a probe's end does.

use super::*;

/// Of three who come when the open time is over, exactly as many are probes as may be.
///
/// The lock, held from the question to the answer, around `Machine::admit`.
#[test]
fn loom_open_to_half_open() {
    for probes in [1, 2] {
        explore(2, move || {
            let limits = Limits { failure_threshold: Some(1), half_open_max_calls: probes, ..LIMITS };
            let engine = engine(limits, 3);
            call(&engine, End::Failure, 0);
            let others = [1, 2].map(|slot| start(&engine, slot, |engine| ask(engine, 30)));
            let mine = ask(&engine, 30);
            let replies = [mine].into_iter().chain(others.map(join));
            let (let_in, refused): (Vec<_>, Vec<_>) = replies.partition(Result::is_ok);
            assert_eq!(let_in.len(), probes as usize, "H1");
            assert!(let_in.iter().flatten().all(|ticket| ticket.is_probe()));
            assert!(refused.iter().all(|reply| matches!(reply, Err(Refusal::HalfOpen))));
            let seen = outcome(&engine, 30, u64::from(probes));
            assert_eq!(seen.transitions, [1, 1, 0, 0, 0]);
            assert_eq!(seen.rejections, [0, 3 - u64::from(probes), 0]);
        });
    }
}
