//! Calls that reach a threshold together.

use super::*;

/// Both calls fail at once, each in its own stripe; `stripes` is whether the stripes exist before.
fn both_fail(limits: Limits, stripes: usize) {
    // Each of the two may also publish headroom, which takes many more steps, as does creating a stripe.
    explore(if stripes < 3 { 1 } else { 2 }, move || {
        let engine = engine(limits, stripes);
        let failing = [1, 2].map(|slot| start(&engine, slot, |engine| call(engine, End::Failure, 10)));
        let [(), ()] = failing.map(join);
        let seen = outcome(&engine, 10, 0);
        assert_eq!((seen.failures, seen.late), (2, 0));
        assert_eq!(seen.transitions, [1, 0, 0, 0, 0], "of two failures, one opens the circuit");
    });
}

/// Exercises the `SeqCst` fence before a verdict's sum.
#[test]
fn loom_two_failures_complete_a_threshold() {
    both_fail(Limits { failure_threshold: Some(2), ..LIMITS }, 3);
}

/// Exercises the same fence, and the exchange that creates a stripe.
#[test]
fn loom_two_first_calls_complete_a_threshold() {
    both_fail(Limits { failure_threshold: Some(2), ..LIMITS }, 1);
}

/// Exercises the exchange that numbers the failures of all threads.
#[test]
fn loom_two_failures_in_a_row() {
    both_fail(Limits { consecutive_failures: Some(2), ..LIMITS }, 3);
}

/// A success comes while a run reaches the threshold. It comes either before the failure, which then starts a new run,
/// or after it, when the circuit is open.
///
/// Exercises numbering a failure again if a success came after it.
#[test]
fn loom_a_success_against_the_failure_that_completes_a_run() {
    explore(ALL, || {
        let engine = engine(Limits { consecutive_failures: Some(2), ..LIMITS }, 3);
        call(&engine, End::Failure, 10);
        let ending = [(1, End::Failure), (2, End::Success)].map(|(slot, how)| (slot, how, admitted(&engine, 10)));
        let ending = ending.map(|(slot, how, ticket)| start(&engine, slot, move |engine| end(engine, ticket, how, 10)));
        let [(), ()] = ending.map(join);
        let seen = outcome(&engine, 10, 0);
        let [tripped, ..] = seen.transitions;
        assert!(tripped == 1 || seen.in_a_row == 1, "T1: {seen:?}");
    });
}

/// A run contains no success of any thread: here, at most two failures come after the success.
///
/// Exercises the number that a success stores in its stripe, and `AcqRel` of the numbers, which makes it visible.
#[test]
fn loom_a_success_between_the_failures_of_two_threads() {
    explore(ALL, || {
        let engine = engine(Limits { consecutive_failures: Some(3), ..LIMITS }, 3);
        call(&engine, End::Failure, 10);
        let failing = start(&engine, 1, |engine| call(engine, End::Failure, 10));
        let ending = start(&engine, 2, |engine| {
            call(engine, End::Success, 10);
            call(engine, End::Failure, 10);
        });
        join(failing);
        join(ending);
        let seen = outcome(&engine, 10, 0);
        assert_eq!(seen.transitions, [0; 5], "T1: {seen:?}");
        assert!((1..=2).contains(&seen.in_a_row), "{seen:?}");
    });
}

/// Two threads that share a stripe succeed, one of them after a failure that the other may not have seen. The later
/// success is kept, so two more failures are a run of two.
///
/// Exercises the exchange in `LastEnd::store_latest`.
#[test]
fn loom_successes_of_two_threads_that_share_a_stripe() {
    explore(2, || {
        let engine = engine(Limits { consecutive_failures: Some(3), ..LIMITS }, 1);
        engine.stripe(Slot::SHARED);
        call(&engine, End::Failure, 10);
        let succeeding = start(&engine, 3, |engine| call(engine, End::Success, 10));
        let ending = start(&engine, 3, |engine| {
            call(engine, End::Failure, 10);
            call(engine, End::Success, 10);
        });
        join(succeeding);
        join(ending);
        (0..2).for_each(|_| call(&engine, End::Failure, 10));
        let seen = outcome(&engine, 10, 0);
        assert_eq!((seen.transitions, seen.in_a_row), ([0; 5], 2), "T1: {seen:?}");
    });
}

/// Exercises the lock of a count-based window: the second call sees both.
#[test]
fn loom_two_failures_of_the_last_calls() {
    both_fail(Limits { failure_threshold: Some(2), window: WindowLength::Calls(2), ..LIMITS }, 3);
}

/// A failure is placed after all earlier calls, even if another thread succeeds and fails concurrently. Each call
/// leaves when as many later calls have come as the window holds.
///
/// Exercises the lock of a count-based window, held from the sum of the successes until the call is placed.
#[test]
fn loom_bad_calls_among_the_last_are_placed_in_order() {
    explore(ALL, || {
        let engine = engine(Limits { failure_threshold: Some(9), window: WindowLength::Calls(3), ..LIMITS }, 3);
        let failing = start(&engine, 1, |engine| call(engine, End::Failure, 10));
        let ending = start(&engine, 2, |engine| {
            call(engine, End::Success, 10);
            call(engine, End::Failure, 10);
        });
        join(failing);
        join(ending);
        let failures = [(); 4].map(|()| {
            let failures = outcome(&engine, 10, 0).window.failures;
            call(&engine, End::Success, 10);
            failures
        });
        assert!([[2, 1, 1, 0], [2, 2, 1, 0]].contains(&failures), "W3: {failures:?}");
    });
}

/// A success that completes `minimum_requests` is judged: until the window has held that many calls, successes take the
/// lock.
///
/// Exercises the lock of a count-based window, and the word's bit `placed`, set under it.
#[test]
fn loom_a_success_completes_the_minimum_of_the_last_calls() {
    explore(ALL, || {
        let window = WindowLength::Calls(2);
        let limits = Limits { failure_rate: Some(0.5), minimum_requests: Some(2), window, ..LIMITS };
        let engine = engine(limits, 3);
        let failing = start(&engine, 1, |engine| call(engine, End::Failure, 10));
        let succeeding = start(&engine, 2, |engine| call(engine, End::Success, 10));
        join(failing);
        join(succeeding);
        let seen = outcome(&engine, 10, 0);
        assert_eq!((seen.failures, seen.successes), (1, 1));
        assert_eq!(seen.transitions, [1, 0, 0, 0, 0], "one of two calls failed");
    });
}

/// One thread succeeds and then fails, another one fails. At no time have 60 % of the calls failed, so the circuit
/// stays closed, no matter which writes of the first thread the other one sees. Also with a window that the first
/// thread made longer, where the sum includes the earlier counts.
///
/// Exercises Release in `Writer::update` and Acquire in `Tagged::read_or_other`, `Tagged::read` and `Tagged::known`: a
/// reader of a failure also sees the successes before it.
#[test]
fn loom_a_share_is_never_read_too_high() {
    share_is_never_read_too_high(ALL, false);
}

/// The same in a window that the second thread makes longer.
#[test]
fn loom_a_share_of_a_longer_window_is_never_read_too_high() {
    share_is_never_read_too_high(1, true);
}

/// Like the model above, but the first thread enters the next slice and sums up the earlier ones. Successes that leave
/// then spare its failure the sum, whose fence would make the earlier counts visible.
///
/// Exercises Release in `Tagged::set` and Acquire in `Tagged::known`, `Tagged::ahead` and `Tagged::read_or_other`: a
/// reader of the summed failures also sees the successes before them.
#[test]
fn loom_a_share_of_two_slices_is_never_read_too_high() {
    explore(0, || {
        let engine = engine(Limits { failure_rate: Some(0.6), minimum_requests: Some(1), ..LIMITS }, 3);
        (0..12).for_each(|_| call(&engine, End::Success, 10));
        (1..3).for_each(|slot| enter(&engine, slot, 110));
        // Its level spares the first thread.
        call(&engine, End::Failure, 110);
        call(&engine, End::Success, 110);
        let first = start(&engine, 1, |engine| {
            call(engine, End::Success, 110);
            call(engine, End::Failure, 110);
            call(engine, End::Success, 210);
        });
        let second = start(&engine, 2, |engine| {
            call(engine, End::Success, 210);
            call(engine, End::Failure, 210);
        });
        join(first);
        join(second);
        let seen = outcome(&engine, 210, 0);
        assert_eq!((seen.window.requests, seen.window.failures), (7, 3), "W5");
        assert_eq!(seen.transitions, [0; 5], "half of the calls failed, or less");
    });
}

fn share_is_never_read_too_high(preemptions: usize, gets_longer: bool) {
    explore(preemptions, move || {
        let limits = Limits { failure_rate: Some(0.6), minimum_requests: Some(1), ..LIMITS };
        let engine = engine(limits, 3);
        if !gets_longer {
            (1..3).for_each(|slot| enter(&engine, slot, 10));
        }
        call(&engine, End::Success, 10);
        let first = start(&engine, 1, |engine| {
            call(engine, End::Success, 10);
            call(engine, End::Failure, 10);
        });
        let second = start(&engine, 2, move |engine| {
            if gets_longer {
                let _ = engine.reconfigure(Limits { window: WindowLength::Time(400), ..limits }, 10);
            }
            call(engine, End::Failure, 10);
        });
        join(first);
        join(second);
        let seen = outcome(&engine, 10, 0);
        assert_eq!((seen.window.requests, seen.window.failures), (4, 2), "W5");
        assert_eq!(seen.transitions, [0; 5], "half of the calls failed");
    });
}
