//! Admission while the circuit trips.

use super::*;

/// A circuit that is open until 1000 is closed by hand and trips again until 40. A call at 40 that has seen the closed
/// state is admitted, either by the closed circuit or as the probe. It is never rejected by the previous open period.
///
/// Exercises the word's Release in `publish` and Acquire in `Engine::word`, which make `quiet_until` visible.
#[test]
fn loom_admit_against_trip() {
    explore(ALL, || {
        // No rule that sums, because the fence before a sum would have the same effect.
        let limits = Limits { consecutive_failures: Some(1), open_timeout_max: 1_000, ..LIMITS };
        let engine = engine(limits, 3);
        call(&engine, End::OpenFor(1_000), 0);
        let closed = engine.word().generation() + 1;
        let tripping = start(&engine, 1, |engine| {
            let _ = engine.reset(5);
            call(engine, End::Failure, 10);
        });
        let asking = start(&engine, 2, move |engine| {
            let seen = engine.word().generation();
            let reply = begin(engine, 40);
            match reply {
                Ok(ticket) => end(engine, ticket, End::Ignored, 40),
                Err(rejected) => {
                    assert_eq!(rejected, Rejected::Open(960));
                    assert!(seen < closed, "rejected by a previous open period");
                }
            }
        });
        join(tripping);
        join(asking);
        let seen = outcome(&engine, 40, 0);
        assert_eq!((seen.failures, seen.ignored + seen.rejections[0]), (2, 1));
        assert_eq!((seen.transitions[0], seen.transitions[4]), (2, 1));
    });
}
