//! A window whose length or kind changes, concurrent with calls and sums.

use super::*;

/// A time-based window becomes longer while a call fails. Earlier, concurrent and later calls are in the window, and
/// none is counted twice (W5).
///
/// Exercises, in a thread's own stripe, the version of its slices and the lock for moving to a new version. In the
/// shared stripe: the exchange that takes a count out, and the `SeqCst` fences of `put_geometry` and `record_shared`.
#[test]
fn loom_reconfiguration_of_the_time_window_against_calls() {
    // An empty cell is only read, not exchanged. After an earlier change, versions without a stripe are dropped.
    for (slot, before, earlier) in [(2, 2, false), (2, 2, true), (3, 2, false), (3, 0, false)] {
        explore(2, move || {
            let engine = engine(LIMITS, 3);
            engine.stripe(Slot::SHARED);
            // Not in the first window: there, counts in the shared stripe are found like those of an idle stripe.
            let _ = engine.reset(10);
            join(start(&engine, slot, move |engine| (0..before).for_each(|_| call(engine, End::Failure, 10))));
            if earlier {
                let _ = engine.reconfigure(Limits { window: WindowLength::Time(300), ..LIMITS }, 10);
            }
            let changing = start(&engine, 1, |engine| {
                let _ = engine.reconfigure(Limits { window: WindowLength::Time(400), ..LIMITS }, 10);
            });
            let failing = start(&engine, slot, |engine| call(engine, End::Failure, 10));
            join(changing);
            join(failing);
            let seen = outcome(&engine, 10, 0);
            assert_eq!(seen.window.failures, before + 1, "W5: slot {slot}, {:?}", engine.locked);
            call(&engine, End::Failure, 10);
            let seen = outcome(&engine, 10, 0);
            assert_eq!((seen.failures, seen.window.failures), (before + 2, before + 2), "W5");
        });
    }
}

/// Two failures complete the threshold while the window's length changes. One of them opens the circuit.
///
/// Exercises loading the word again after a sum without the lock.
#[test]
fn loom_reconfiguration_of_the_time_window_against_a_threshold() {
    explore(1, || {
        let limits = Limits { failure_threshold: Some(2), ..LIMITS };
        let engine = engine(limits, 3);
        let changing = start(&engine, 1, move |engine| {
            let _ = engine.reconfigure(Limits { window: WindowLength::Time(400), ..limits }, 10);
            call(engine, End::Failure, 10);
        });
        let failing = start(&engine, 2, |engine| call(engine, End::Failure, 10));
        join(changing);
        join(failing);
        assert_eq!(outcome(&engine, 10, 0).transitions, [1, 0, 0, 0, 0], "W5");
    });
}

/// A stripe moves to the new length while another thread sums. The counts that are taken out of the stripe are in the
/// sum once.
///
/// Exercises the lock in `enter_slice`, held from taking the counts out until the stripe has the new version.
#[test]
fn loom_a_stripe_that_moves_on_against_a_sum() {
    explore(2, || {
        let limits = Limits { failure_threshold: Some(5), ..LIMITS };
        let engine = engine(limits, 3);
        join(start(&engine, 1, |engine| (0..2).for_each(|_| call(engine, End::Failure, 10))));
        let _ = engine.reconfigure(Limits { window: WindowLength::Time(400), ..limits }, 10);
        let failing = [1, 2].map(|slot| start(&engine, slot, |engine| call(engine, End::Failure, 10)));
        let [(), ()] = failing.map(join);
        let seen = outcome(&engine, 10, 0);
        assert_eq!((seen.transitions[0], seen.window.failures), (0, 4), "W5: {seen:?}");
    });
}

/// A stripe moves to the new length and is emptied while another thread's failure completes the threshold. The earlier
/// counts of the stripe are in the sum, wherever they are.
///
/// Exercises Release in `Tagged::empty`: a thread that finds a cell empty finds the new word after the sum.
#[test]
fn loom_a_stripe_that_moves_on_against_a_threshold() {
    explore(1, || {
        // Successes of timed calls are in the window, but no rule uses them, so they are not summed.
        let limits = Limits { failure_threshold: Some(3), response_times: true, ..LIMITS };
        let engine = engine(limits, 3);
        join(start(&engine, 1, |engine| (0..2).for_each(|_| call(engine, End::Failure, 10))));
        let succeeds = admitted(&engine, 10);
        let again = Arc::clone(&engine);
        let moving = start(&engine, 1, move |engine| {
            // On another thread: a single thread would have a fence between both, in `put_geometry`.
            join(start(&again, 0, move |engine| {
                let _ = engine.reconfigure(Limits { window: WindowLength::Time(400), ..limits }, 10);
            }));
            end(engine, succeeds, End::Success, 10);
        });
        let failing = start(&engine, 2, |engine| call(engine, End::Failure, 10));
        join(moving);
        join(failing);
        assert_eq!(outcome(&engine, 10, 0).transitions, [1, 0, 0, 0, 0], "W5");
    });
}

/// A stripe is idle for so many windows that the numbers of the current one, four windows later, equal those in its
/// cells. It becomes active while another thread sums. The old counts are not in the sum.
///
/// Exercises Release in `begin_window`, Acquire in `Stripe::version`, and emptying the cells before.
#[test]
fn loom_a_stripe_with_old_numbers_against_a_sum() {
    const WINDOWS: u64 = 4;
    // Windows start with numbers this far apart.
    const LATER: u64 = WINDOWS * 256 * 100;
    explore(2, || {
        let engine = engine(Limits { failure_threshold: Some(3), ..LIMITS }, 3);
        let of_first = engine.locked_geometry(engine.word()).slice_at(LATER);
        join(start(&engine, 1, |engine| (0..2).for_each(|_| call(engine, End::Failure, LATER))));
        (0..WINDOWS).for_each(|_| {
            let _ = engine.reset(LATER);
        });
        assert_eq!(engine.locked_geometry(engine.word()).slice_at(LATER), of_first, "the same numbers");
        let failing = [1, 2].map(|slot| start(&engine, slot, |engine| call(engine, End::Failure, LATER)));
        let [(), ()] = failing.map(join);
        let seen = outcome(&engine, LATER, 0);
        assert_eq!((seen.transitions[0], seen.window.failures), (0, 2), "W4: {seen:?}");
    });
}

/// The kind of the window changes while a call fails. A call that sees the new window in the word is in it.
///
/// Exercises the order in `reconfigure`: the rules, which contain the kind, before the window.
#[test]
fn loom_reconfiguration_of_the_kind_against_a_call() {
    let kinds = [LIMITS.window, WindowLength::Calls(9)];
    for (before, after) in [(kinds[0], kinds[1]), (kinds[1], kinds[0])] {
        explore(2, move || {
            let engine = engine(Limits { window: before, ..LIMITS }, 3);
            let changing = start(&engine, 1, move |engine| {
                let _ = engine.reconfigure(Limits { window: after, ..LIMITS }, 10);
            });
            let failing = start(&engine, 2, |engine| {
                let version = engine.word().version();
                call(engine, End::Failure, 10);
                version
            });
            join(changing);
            let is_new = join(failing) == engine.word().version();
            let seen = outcome(&engine, 10, 0);
            assert!((u64::from(is_new)..=1).contains(&seen.window.failures), "W5: {seen:?}");
        });
    }
}
