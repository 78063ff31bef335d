//! A restarted window, concurrent with calls admitted before and after the restart.

use super::*;

const BY_TIME: Limits = Limits { failure_threshold: Some(9), ..LIMITS };
const BY_COUNT: Limits = Limits { window: WindowLength::Calls(9), ..BY_TIME };
/// The window includes successes.
const BY_RATE: Limits = Limits { failure_rate: Some(1.0), minimum_requests: Some(9), ..LIMITS };

/// A call of a closed circuit ends while a probe closes the circuit again. Its end is late and not in the new window,
/// where one failure would trip.
///
/// Exercises the generation in the ticket, which is compared with the word's.
#[test]
fn loom_late_record_against_closing() {
    for (window, how) in [
        (LIMITS.window, End::Failure),
        (LIMITS.window, End::Success),
        (WindowLength::Calls(9), End::Failure),
        (WindowLength::Calls(9), End::Success),
    ] {
        explore(ALL, move || {
            let limits = Limits {
                failure_threshold: Some(1),
                minimum_requests: Some(1),
                success_threshold: 1,
                window,
                ..LIMITS
            };
            let engine = engine(limits, 3);
            let late = admitted(&engine, 0);
            call(&engine, End::Failure, 0);
            let probe = admitted(&engine, 30);
            let closing = start(&engine, 1, move |engine| end(engine, probe, End::Success, 30));
            let ending = start(&engine, 2, move |engine| end(engine, late, how, 30));
            join(closing);
            join(ending);
            let seen = outcome(&engine, 30, 0);
            assert_eq!(seen.transitions, [1, 1, 1, 0, 0]);
            assert_eq!((seen.late, seen.window.requests), (1, 0), "L1: {seen:?}");
        });
    }
}

/// A call ends while the window restarts twice. The second restart overwrites the geometry that the call may be
/// reading. The call is in neither window.
///
/// Exercises Release in `put_geometry` and Acquire in `Engine::geometry`: an overwritten geometry makes the word before
/// it visible.
#[test]
fn loom_record_against_two_new_windows() {
    for (limits, how) in [(BY_TIME, End::Failure), (BY_RATE, End::Success), (BY_COUNT, End::Failure)] {
        explore(2, move || {
            let engine = engine(limits, 3);
            let before = admitted(&engine, 0);
            let again = Arc::clone(&engine);
            let starting = start(&engine, 1, move |engine| {
                let _ = engine.reset(10);
                // On another thread: a single thread would have a fence between both restarts, in `put_geometry`.
                join(start(&again, 1, |engine| {
                    let _ = engine.reset(10);
                }));
            });
            let ending = start(&engine, 2, move |engine| end(engine, before, how, 10));
            join(starting);
            join(ending);
            assert_eq!(outcome(&engine, 10, 0).window.requests, 0, "admitted before, but in the new window");
        });
    }
}

/// A call begins and ends while the window restarts. It is in the new window exactly if it was admitted to that one.
///
/// Exercises the word's Release in `publish` and Acquire in `Engine::word`, which make the geometry visible.
#[test]
fn loom_call_against_a_new_window() {
    for (limits, how) in
        [(BY_TIME, End::Failure), (BY_RATE, End::Success), (BY_COUNT, End::Failure), (BY_COUNT, End::Success)]
    {
        explore(ALL, move || {
            let engine = engine(limits, 3);
            let starting = start(&engine, 1, |engine| {
                let _ = engine.reset(10);
            });
            let calling = start(&engine, 2, move |engine| {
                let ticket = admitted(engine, 10);
                end(engine, ticket, how, 10);
                ticket.word.generation()
            });
            join(starting);
            let is_new = join(calling) == engine.word().generation();
            assert_eq!(outcome(&engine, 10, 0).window.requests, u64::from(is_new));
        });
    }
}

/// A count-based window restarts, and after one call, further successes need no lock. One of them comes from another
/// thread, which sees that in the word.
///
/// Exercises the word's Release in `record_by_count`: like that of `publish`, it makes the geometry visible.
#[test]
fn loom_call_against_a_judged_window() {
    explore(ALL, || {
        let limits = Limits { window: WindowLength::Calls(9), minimum_requests: Some(1), ..BY_RATE };
        let engine = engine(limits, 3);
        let starting = start(&engine, 1, |engine| {
            let _ = engine.reset(10);
            call(engine, End::Success, 10);
        });
        let calling = start(&engine, 2, |engine| {
            let ticket = admitted(engine, 10);
            end(engine, ticket, End::Success, 10);
            ticket.word.generation()
        });
        join(starting);
        let is_new = join(calling) == engine.word().generation();
        assert_eq!(outcome(&engine, 10, 0).window.requests, 1 + u64::from(is_new), "W3");
    });
}
