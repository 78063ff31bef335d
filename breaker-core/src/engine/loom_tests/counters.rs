//! Counters that one thread writes and others read.

use super::*;

/// Ends are read before admissions, and a part before its whole. With one call always in flight, a reader never sees
/// fewer in flight, nor more timeouts than failures.
///
/// Exercises Release in `Writer::add` and Acquire in `snapshot`.
#[test]
fn loom_snapshot_against_calls() {
    for slot in [1, 3] {
        explore(3, move || {
            let engine = engine(LIMITS, 2);
            engine.stripe(Slot::SHARED);
            let in_flight = admitted(&engine, 10);
            let calling = start(&engine, slot, |engine| call(engine, End::TimedOut, 10));
            let reading = start(&engine, 2, |engine| {
                let seen = engine.snapshot(10);
                assert!(seen.timeouts <= seen.failures, "{seen:?}");
                assert!((1..=2).contains(&seen.in_flight), "{seen:?}");
            });
            join(calling);
            join(reading);
            end(&engine, in_flight, End::Ignored, 10);
            let seen = outcome(&engine, 10, 0);
            assert_eq!((seen.failures, seen.timeouts, seen.ignored), (1, 1, 1));
        });
    }
}

/// Threads that share the last stripe lose no count, in counters, window and response times.
///
/// Exercises the read-modify-writes of `Writer::Shared`.
#[test]
fn loom_threads_that_share_a_stripe() {
    explore(2, || {
        let limits = Limits { failure_threshold: Some(3), response_times: true, ..LIMITS };
        let engine = engine(limits, 1);
        engine.stripe(Slot::SHARED);
        let failing = [3, 3].map(|slot| start(&engine, slot, |engine| call(engine, End::Failure, 10)));
        let [(), ()] = failing.map(join);
        let seen = outcome(&engine, 10, 0);
        assert_eq!((seen.failures, seen.window.failures, seen.in_a_row), (2, 2, 2), "W5");
        assert_eq!((seen.latency.count, seen.latency.sum), (2, 0));
    });
}
