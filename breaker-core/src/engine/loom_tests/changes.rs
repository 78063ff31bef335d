//! Manual changes, concurrent with calls.

use super::*;
use crate::engine::state::Mode;

/// A failure would open the circuit while the mode changes to forced closed and back. It opens the circuit before that,
/// and the mode closes it, or it never opens it. It doesn't open the circuit afterwards.
///
/// Exercises the lock, and the generation that `trip` compares under it.
#[test]
fn loom_mode_change_against_a_late_failure() {
    for window in [LIMITS.window, WindowLength::Calls(9)] {
        explore(ALL, move || {
            let engine = engine(Limits { failure_threshold: Some(1), window, ..LIMITS }, 3);
            let ticket = admitted(&engine, 0);
            let changing = start(&engine, 1, |engine| {
                let _ = engine.set_mode(Mode::ForcedClosed, 10);
                let _ = engine.set_mode(Mode::Automatic, 10);
            });
            let failing = start(&engine, 2, move |engine| end(engine, ticket, End::Failure, 10));
            join(changing);
            join(failing);
            let seen = outcome(&engine, 10, 0);
            assert_eq!((seen.machine.state, seen.machine.mode), (State::Closed, Mode::Automatic));
            let tripped = seen.transitions[0];
            assert!(tripped <= 1);
            assert_eq!(seen.transitions, [tripped, 0, 0, 0, tripped]);
        });
    }
}

/// A probe succeeds while the mode changes to forced open and back. It closes the circuit before that, or it is late
/// and all permits are free.
///
/// Exercises the lock, and the generation that `end_probe` compares under it.
#[test]
fn loom_mode_change_against_a_probe() {
    explore(ALL, || {
        let engine = engine(Limits { failure_threshold: Some(1), success_threshold: 1, ..LIMITS }, 3);
        call(&engine, End::Failure, 0);
        let probe = admitted(&engine, 30);
        let changing = start(&engine, 1, |engine| {
            let _ = engine.set_mode(Mode::ForcedOpen, 30);
            let _ = engine.set_mode(Mode::Automatic, 30);
        });
        let ending = start(&engine, 2, move |engine| end(engine, probe, End::Success, 30));
        join(changing);
        join(ending);
        let seen = outcome(&engine, 30, 0);
        assert_eq!(seen.machine.state, if seen.late == 0 { State::Closed } else { State::HalfOpen }, "L1: {seen:?}");
        assert!(seen.machine.probes.is_empty() && seen.machine.successes == 0);
    });
}

/// A count-based window becomes shorter while a thread has a success and then a failure. It holds exactly the last
/// calls, before and after the change.
///
/// Exercises the lock, under which bad calls are placed and the length changes; a success takes no lock.
#[test]
fn loom_reconfiguration_of_the_count_window_against_calls() {
    explore(ALL, || {
        let limits = Limits { failure_threshold: Some(9), window: WindowLength::Calls(3), ..LIMITS };
        let engine = engine(limits, 3);
        call(&engine, End::Failure, 10);
        let changing = start(&engine, 1, move |engine| {
            let _ = engine.reconfigure(Limits { window: WindowLength::Calls(2), ..limits }, 10);
        });
        let ending = start(&engine, 2, |engine| {
            call(engine, End::Success, 10);
            call(engine, End::Failure, 10);
        });
        join(changing);
        join(ending);
        for failures in [1, 1, 0] {
            let seen = outcome(&engine, 10, 0);
            assert_eq!((seen.window.requests, seen.window.failures), (2, failures), "W3: {seen:?}");
            call(&engine, End::Success, 10);
        }
    });
}

/// The rule on consecutive failures is set while a call fails. The count starts at zero (W6), regardless of what it was
/// when the rule was set before. A call that sees the rule in the word is counted; an earlier call may be.
///
/// Exercises the order in `reconfigure`: the run is emptied and the rule published before the word that announces it.
#[test]
fn loom_reconfiguration_of_the_run_against_a_failure() {
    explore(2, || {
        let counted = Limits { consecutive_failures: Some(4), ..LIMITS };
        let engine = engine(counted, 3);
        call(&engine, End::Failure, 10);
        let _ = engine.reconfigure(LIMITS, 10);
        let changing = start(&engine, 1, move |engine| {
            let _ = engine.reconfigure(counted, 10);
        });
        let failing = start(&engine, 2, |engine| {
            let is_counted = engine.word().has_streak();
            call(engine, End::Failure, 10);
            is_counted
        });
        join(changing);
        let is_counted = join(failing);
        let seen = outcome(&engine, 10, 0);
        assert!((u64::from(is_counted)..=1).contains(&seen.in_a_row), "W6: {seen:?}");
        call(&engine, End::Failure, 10);
        assert_eq!(outcome(&engine, 10, 0).in_a_row, seen.in_a_row + 1);
    });
}

/// Like the model above, with a rule that two failures reach: the earlier failure belongs to no run.
///
/// Exercises the fences in `Streak::begin` and `run_at`.
#[test]
fn loom_a_run_that_begins_anew_against_a_failure() {
    explore(2, || {
        let counted = Limits { consecutive_failures: Some(2), ..LIMITS };
        let engine = engine(counted, 3);
        call(&engine, End::Failure, 10);
        let _ = engine.reconfigure(LIMITS, 10);
        let changing = start(&engine, 1, move |engine| {
            let _ = engine.reconfigure(counted, 10);
        });
        let failing = start(&engine, 2, |engine| call(engine, End::Failure, 10));
        join(changing);
        join(failing);
        assert_eq!(outcome(&engine, 10, 0).transitions, [0; 5], "W6");
    });
}
