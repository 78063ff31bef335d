//! Who asks while the circuit trips.

use super::*;

/// A circuit that is open until 1000 is closed by hand and trips again until 40. Who comes at 40 and has seen that it was
/// closed is let in: by the closed circuit or as the probe, never rejected by the open time that is no more.
///
/// The word's Release in `publish`, and Acquire in `Engine::word`: they bring `quiet_until` along.
#[test]
fn loom_admit_against_trip() {
    explore(ALL, || {
        // No rule that sums, for the fence before a sum would bring the same along.
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
                    assert!(seen < closed, "rejected by an open time that is over");
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
