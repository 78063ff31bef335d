//! Slices of the window by time that are used again, while others write and read them.

use super::*;
use crate::engine::window::{self, Sample};

/// One thread comes back to the slot of a slice, where its two failures have left, and puts together what it has counted since;
/// another one fails, and reads. What has left is in no verdict, what has come is in the window once.
///
/// The tag, in one word with its count (`Tagged`); `window::before`, which looks whether a slot has moved on.
#[test]
fn loom_slice_turnover_against_record_and_read() {
    explore(3, || {
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

/// Threads that share a stripe turn a slot over together, one of them by a clock that is behind: what belongs to the new
/// slice is all there, and what belongs to the old one is not among it.
///
/// The exchange in `Writer::update`, and `is_newer`.
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
        // The one that is behind counts in the new slice where that has begun.
        assert!((2..=3).contains(&engine.snapshot(200).window.failures), "W5");
    });
}

/// Two failures complete the threshold at the turn of a slice, one on either side of it: the second one opens the circuit,
/// also if its own clock was read before the turn.
///
/// The present slice, which is the newest that a sum finds.
#[test]
fn loom_two_failures_at_the_turn_of_a_slice() {
    explore(ALL, || {
        let engine = engine(Limits { failure_threshold: Some(2), ..LIMITS }, 3);
        let before = start(&engine, 1, |engine| call(engine, End::Failure, 90));
        let after = start(&engine, 2, |engine| call(engine, End::Failure, 110));
        join(before);
        join(after);
        assert_eq!(outcome(&engine, 110, 0).transitions, [1, 0, 0, 0, 0], "W5");
    });
}
