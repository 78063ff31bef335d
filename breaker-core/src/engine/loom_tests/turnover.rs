//! Reused slices of a time-based window, concurrent with writers and readers.

use super::*;
use crate::engine::window::{self, Sample};

/// One thread returns to the slot of a slice whose two failures have left the window, and sums up its later counts;
/// another one fails and reads. No verdict includes calls that have left, and later calls are in the window once.
///
/// Exercises the tag, in one word with its count (`Tagged`), and `window::before`, which checks whether a slot was
/// reused.
#[test]
fn loom_slice_turnover_against_record_and_read() {
    explore(2, || {
        let engine = engine(Limits { failure_threshold: Some(4), ..LIMITS }, 3);
        Slot::of_model(1).assign();
        for now in [0, 0, 100] {
            call(&engine, End::Failure, now);
        }
        Slot::of_model(0).assign();
        let turning = start(&engine, 1, |engine| call(engine, End::Failure, 200));
        let failing = start(&engine, 2, |engine| call(engine, End::Failure, 200));
        join(turning);
        join(failing);
        let seen = outcome(&engine, 200, 0);
        assert_eq!(seen.transitions, [0; 5], "two of the five have left: {seen:?}");
        assert_eq!((seen.window.requests, seen.window.failures), (3, 3), "W5");
    });
}

/// Threads that share a stripe reuse a slot together, one of them with a clock that is behind. The new slice contains
/// all of its own calls and none of the old slice.
///
/// Exercises the exchange in `Writer::update`, and `is_newer`.
#[test]
fn loom_slice_turnover_in_the_shared_stripe() {
    explore(ALL, || {
        let engine = engine(LIMITS, 1);
        engine.stripe(Slot::SHARED);
        let record = |engine: &Engine, now| {
            let slice = engine.locked_geometry(engine.word()).slice_at(now);
            window::record(engine.thread_stripe(), slice, Sample { failure: true, slow: false }).expect("one window");
        };
        let turning = [200, 0, 200].map(|now| start(&engine, 3, move |engine| record(engine, now)));
        let [(), (), ()] = turning.map(join);
        // The thread that is behind counts in the new slice if that has begun.
        assert!((2..=3).contains(&engine.snapshot(200).window.failures), "W5");
    });
}

/// Two failures, one before and one after the start of a slice, complete the threshold. The second one opens the
/// circuit, even if its own clock was read before the start.
///
/// Exercises the current slice, which is the newest that a sum finds.
#[test]
fn loom_two_failures_at_the_turn_of_a_slice() {
    explore(2, || {
        let engine = engine(Limits { failure_threshold: Some(2), ..LIMITS }, 3);
        let before = start(&engine, 1, |engine| call(engine, End::Failure, 90));
        let after = start(&engine, 2, |engine| call(engine, End::Failure, 110));
        join(before);
        join(after);
        assert_eq!(outcome(&engine, 110, 0).transitions, [1, 0, 0, 0, 0], "W5");
    });
}

/// A thread that has not called for long fails, while the failure of another one publishes a level and leaves its stripe
/// out of the sums. Together they complete the threshold, and the circuit opens.
///
/// Exercises the lock under which a stripe joins the sums again.
#[test]
fn loom_a_thread_that_comes_back_against_a_level() {
    explore(3, || {
        let engine = engine(Limits { failure_threshold: Some(2), ..LIMITS }, 3);
        let idle = start(&engine, 1, |engine| call(engine, End::Failure, 0));
        join(idle);
        let coming_back = start(&engine, 1, |engine| call(engine, End::Failure, 500));
        let other = start(&engine, 2, |engine| call(engine, End::Failure, 500));
        join(coming_back);
        join(other);
        assert_eq!(outcome(&engine, 500, 0).transitions, [1, 0, 0, 0, 0], "W5");
    });
}
