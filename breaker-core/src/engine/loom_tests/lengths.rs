//! A window that gets another length, or becomes one of the other kind, against calls and sums.

use super::*;

/// The window by time becomes longer while a call fails: what was there stays, what comes meanwhile and later is there, and
/// nothing is there twice (W5).
///
/// In a stripe of the thread's own: the version of its slices, and the lock under which it moves on. In the one that threads
/// share: the exchange that takes a count out, and the `SeqCst` fences of `put_geometry` and `record_shared`.
#[test]
fn loom_reconfiguration_of_the_time_window_against_calls() {
    // An empty cell is not exchanged, but only looked at. After an earlier change, what no stripe counts in is forgotten.
    for (slot, before, earlier) in [(2, 2, false), (2, 2, true), (3, 2, false), (3, 0, false)] {
        explore(2, move || {
            let engine = engine(LIMITS, 3);
            engine.stripe(Slot::SHARED);
            // Not in the first window: what the stripe that threads share holds of that is found like that of an idle one.
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

/// Two failures complete the threshold while the window's length changes: one of them opens the circuit.
///
/// The word that is read again after a sum without the lock.
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

/// A stripe moves on to the new length while another thread sums: what the stripe hands over is in the sum once.
///
/// The lock in `enter_slice`, held from the handing over until the stripe is of the new version.
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

/// A stripe moves on to the new length, and is emptied, while another thread's failure completes the threshold: with what the
/// stripe had before, or hands over.
///
/// Release in `Tagged::empty`: who finds a cell empty finds the new word after the sum.
#[test]
fn loom_a_stripe_that_moves_on_against_a_threshold() {
    explore(1, || {
        // Successes of timed calls are in the window, and no rule looks at them: they are not summed.
        let limits = Limits { failure_threshold: Some(3), response_times: true, ..LIMITS };
        let engine = engine(limits, 3);
        join(start(&engine, 1, |engine| (0..2).for_each(|_| call(engine, End::Failure, 10))));
        let succeeds = admitted(&engine, 10);
        let again = Arc::clone(&engine);
        let moving = start(&engine, 1, move |engine| {
            // Another thread: one that did both would have a fence between them, in `put_geometry`.
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

/// A stripe slept while its window went through so many numbers that the present one, four windows later, has come to those
/// that are still in its cells. It wakes up while another thread sums: they are not in the sum.
///
/// Release in `begin_window`, Acquire in `Stripe::version`, and the cells that are emptied before.
#[test]
fn loom_a_stripe_with_old_numbers_against_a_sum() {
    const WINDOWS: u64 = 4;
    // Windows begin with numbers that are so far apart.
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

/// The window becomes one of the other kind while a call fails: who finds the new one in the word is in it.
///
/// The order in `reconfigure`: the rules, which say what kind it is, before the window.
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
