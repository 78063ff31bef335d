//! Forced modes and shadow mode (cases 30 and 31).

use std::future::Future;
use std::sync::mpsc;
use std::time::Duration;

use breaker_core::{CircuitBreaker, Config, EventKind, Mode, Outcome, RejectionReason, State};
use breaker_tests::{Rig, rig, s};

const ALL: [Mode; 4] = [Mode::Automatic, Mode::ForcedOpen, Mode::ForcedClosed, Mode::Shadow];

fn three() -> Rig {
    rig(Config::builder().failure_threshold(3).open_timeout(s(5.0)).build())
}

#[test]
fn case_30_forced_open_outlasts_the_open_time_without_a_retry_after() {
    let rig = three();
    rig.calls("S");
    rig.breaker.set_mode(Mode::ForcedOpen);
    for _ in 0..3 {
        let rejection = rig.breaker.try_acquire().expect_err("forced open");
        assert_eq!((rejection.reason, rejection.retry_after), (RejectionReason::ForcedOpen, None));
        rig.wait(100.0);
    }
    let metrics = rig.breaker.metrics();
    assert_eq!(metrics.mode, Mode::ForcedOpen);
    assert_eq!(metrics.retry_after, None);
    assert_eq!((metrics.window.requests, metrics.rejections_by_reason.forced_open), (0, 3));
    assert_eq!(metrics.successes, 1);
    rig.assert_identity();
}

#[test]
fn case_31_shadow_runs_the_whole_machine_and_rejects_nothing() {
    let rig = three();
    rig.breaker.set_mode(Mode::Shadow);
    rig.calls("FFF");
    assert_eq!(rig.state(), State::Open);
    rig.calls("FFSF");
    let metrics = rig.breaker.metrics();
    assert_eq!((metrics.would_reject, metrics.rejections), (4, 0));
    assert_eq!(metrics.requests, 7);
    assert_eq!(rig.transitions(), [(State::Closed, State::Open)]);
    rig.assert_identity();
}

#[test]
fn shadow_probes_and_closes_like_the_real_thing() {
    let rig = three();
    rig.breaker.set_mode(Mode::Shadow);
    rig.calls("FFF S");
    rig.wait(5.0);
    assert_eq!(rig.state(), State::HalfOpen);
    rig.calls("SS");
    assert_eq!(rig.state(), State::Closed);
    assert_eq!(rig.breaker.metrics().would_reject, 1);
    assert_eq!(
        rig.transitions(),
        [(State::Closed, State::Open), (State::Open, State::HalfOpen), (State::HalfOpen, State::Closed)]
    );
}

#[test]
fn forced_closed_admits_records_and_never_opens() {
    let rig = three();
    rig.breaker.set_mode(Mode::ForcedClosed);
    rig.calls("FFFFFFFF");
    let metrics = rig.breaker.metrics();
    assert_eq!(metrics.state, State::Closed);
    assert_eq!((metrics.window.failures, metrics.failures, metrics.rejections), (8, 8, 0));
    assert!(rig.transitions().is_empty());
}

#[test]
fn forced_closed_admits_also_when_the_circuit_was_open() {
    let rig = three();
    rig.calls("FFF X");
    rig.breaker.set_mode(Mode::ForcedClosed);
    assert_eq!(rig.state(), State::Closed);
    rig.calls("FFFFF");
    rig.assert_identity();
}

#[test]
fn any_mode_change_is_one_event_and_no_change_is_none() {
    for from in ALL {
        for to in ALL {
            let rig = three();
            rig.breaker.set_mode(from);
            let before = rig.events().len();
            rig.breaker.set_mode(to);
            assert_eq!(rig.breaker.mode(), to);
            assert_eq!(rig.breaker.metrics().mode, to);
            let changes: Vec<_> = rig.events()[before..]
                .iter()
                .filter_map(|event| match event.kind {
                    EventKind::ModeChanged { from, to, .. } => Some((from, to)),
                    _ => None,
                })
                .collect();
            if from == to {
                assert!(changes.is_empty(), "{from:?}");
            } else {
                assert_eq!(changes, [(from, to)]);
            }
        }
    }
}

#[test]
fn forced_open_is_sticky_against_reset_and_late_results() {
    let rig = three();
    let permit = rig.breaker.try_acquire().expect("closed");
    rig.breaker.set_mode(Mode::ForcedOpen);
    rig.breaker.reset();
    permit.success();
    assert_eq!(rig.breaker.mode(), Mode::ForcedOpen);
    rig.calls("X");
}

#[test]
fn automatic_after_forced_closed_watches_again() {
    let rig = three();
    rig.breaker.set_mode(Mode::ForcedClosed);
    rig.calls("F");
    rig.breaker.set_mode(Mode::Automatic);
    assert_eq!(rig.breaker.metrics().window.failures, 1, "what was recorded meanwhile is still in the window");
    rig.calls("FF X");
}

/// Such calls are part of the evidence like any other failure, so the next calls must not be spared their verdict.
#[test]
fn calls_that_asked_to_open_a_circuit_forced_closed_count_in_its_rules_afterwards() {
    let rig = rig(Config::builder().failure_rate(0.5).minimum_requests(6).build());
    rig.breaker.set_mode(Mode::ForcedClosed);
    rig.calls("S");
    for _ in 0..3 {
        let permit = rig.breaker.try_acquire().expect("forced closed");
        permit.record(Outcome::OpenFor(s(1.0)));
    }
    rig.breaker.set_mode(Mode::Automatic);
    rig.calls("S");
    assert_eq!(rig.state(), State::Closed);
    rig.calls("S");
    assert_eq!(rig.state(), State::Open, "3 of 6 have failed");
}

#[test]
fn reset_closes_an_open_circuit_and_empties_the_window() {
    let rig = three();
    rig.calls("FFF X");
    rig.breaker.reset();
    let metrics = rig.breaker.metrics();
    assert_eq!(metrics.state, State::Closed);
    assert_eq!((metrics.window.requests, metrics.failures, metrics.rejections), (0, 3, 1));
    assert_eq!(metrics.consecutive_failures, 0);
    assert_eq!(rig.transitions(), [(State::Closed, State::Open), (State::Open, State::Closed)]);
    rig.calls("FF");
    assert_eq!(rig.state(), State::Closed);
}

/// Returns the mode changes so far: from, to, the time in seconds, and the time at which the mode ends.
fn changes(rig: &Rig) -> Vec<(Mode, Mode, f64, Option<f64>)> {
    let change = |event: breaker_core::Event| match event.kind {
        EventKind::ModeChanged { from, to, until, .. } => {
            Some((from, to, event.at.as_secs_f64(), until.map(|until| until.as_secs_f64())))
        }
        _ => None,
    };
    rig.breaker.history().into_iter().filter_map(change).collect()
}

#[test]
fn a_mode_for_a_time_returns_to_the_one_before_and_both_are_events() {
    let rig = three();
    rig.breaker.set_mode(Mode::Shadow);
    rig.breaker.set_mode_for(Mode::ForcedOpen, s(300.0));
    rig.wait(299.0);
    assert!(rig.breaker.try_acquire().is_err());
    rig.wait(5.0);
    // Nothing has read the state since the mode ended.
    let expected = [
        (Mode::Automatic, Mode::Shadow, 0.0, None),
        (Mode::Shadow, Mode::ForcedOpen, 0.0, Some(300.0)),
        (Mode::ForcedOpen, Mode::Shadow, 300.0, None),
    ];
    assert_eq!(changes(&rig), expected, "the event has the time of the mode's end");
    assert_eq!((rig.breaker.mode(), rig.breaker.metrics().mode), (Mode::Shadow, Mode::Shadow));
    rig.calls("S");
    rig.assert_identity();
}

#[test]
fn another_order_takes_the_place_of_a_mode_for_a_time() {
    let rig = three();
    rig.breaker.set_mode_for(Mode::ForcedOpen, s(10.0));
    rig.breaker.set_mode_for(Mode::ForcedClosed, s(20.0));
    rig.wait(10.0);
    assert_eq!(rig.breaker.mode(), Mode::ForcedClosed);
    rig.breaker.set_mode(Mode::ForcedOpen);
    rig.wait(100.0);
    assert_eq!(rig.breaker.mode(), Mode::ForcedOpen, "without an end");
    rig.breaker.set_mode_for(Mode::Automatic, Duration::ZERO);
    assert_eq!(rig.breaker.mode(), Mode::ForcedOpen, "ended at once");
    rig.breaker.set_mode_for(Mode::Automatic, Duration::MAX);
    rig.wait(1e9);
    assert_eq!(rig.breaker.mode(), Mode::Automatic);
}

#[test]
fn an_isolation_holds_until_the_last_guard_is_dropped() {
    let rig = three();
    let (first, second) = (rig.breaker.isolate(), rig.breaker.isolate());
    rig.breaker.set_mode(Mode::Automatic);
    rig.breaker.set_mode_for(Mode::ForcedClosed, s(5.0));
    rig.wait(1.0);
    drop(first);
    let rejection = rig.breaker.try_acquire().expect_err("isolated");
    assert_eq!(rejection.reason, RejectionReason::ForcedOpen);
    drop(second);
    assert_eq!(rig.breaker.mode(), Mode::ForcedClosed);
    rig.wait(4.0);
    let expected = [
        (Mode::Automatic, Mode::ForcedOpen, 0.0, None),
        (Mode::ForcedOpen, Mode::ForcedClosed, 1.0, Some(5.0)),
        (Mode::ForcedClosed, Mode::Automatic, 5.0, None),
    ];
    assert_eq!(changes(&rig), expected);
}

#[test]
fn a_guard_outlives_other_handles_and_ends_on_a_panic() {
    let rig = three();
    let breaker = rig.breaker.clone();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        let _isolated = breaker.isolate();
        panic!("the migration fails");
    }));
    assert!(caught.is_err());
    assert_eq!(rig.breaker.mode(), Mode::Automatic);
    let lone = CircuitBreaker::new("isolated", Config::default());
    let guard = lone.isolate();
    drop(lone);
    drop(guard);
}

/// On the monotonic clock, without any call.
#[test]
fn a_mode_for_a_time_ends_by_itself() {
    let breaker = CircuitBreaker::new("ends-by-itself", Config::default());
    let (hears, heard) = mpsc::channel();
    breaker.on_event(move |event| {
        if let EventKind::ModeChanged { to, .. } = event.kind {
            hears.send(to).expect("the test listens");
        }
    });
    breaker.set_mode_for(Mode::ForcedOpen, Duration::from_millis(1));
    assert_eq!([heard.recv(), heard.recv()], [Ok(Mode::ForcedOpen), Ok(Mode::Automatic)]);
}

#[test]
fn a_call_that_would_be_rejected_finds_a_mode_for_a_time_ended() {
    let breaker = CircuitBreaker::new("ends-for-calls", Config::default());
    // The mode has ended as soon as it is set, whether or not its timer has run.
    breaker.set_mode_for(Mode::ForcedOpen, Duration::from_nanos(1));
    while breaker.peek().is_err() {}
    assert!(breaker.try_acquire().is_ok());
    let (clock, time) = breaker_core::Clock::manual();
    let manual = CircuitBreaker::with_clock("ends-for-wakers", Config::default(), clock.clone());
    let (tells, told) = mpsc::channel();
    let (other, peeks) = (CircuitBreaker::with_clock("other", Config::default(), clock), manual.clone());
    let waker = std::task::Waker::from(std::sync::Arc::new(OnWake(Box::new(move || {
        let _ = tells.send(peeks.peek().is_ok());
    }))));
    let call = other.try_acquire().expect("closed").run(std::future::pending::<Result<(), ()>>());
    let mut call = Box::pin(call.timeout(s(1.0)));
    assert!(call.as_mut().poll(&mut std::task::Context::from_waker(&waker)).is_pending());
    manual.set_mode_for(Mode::ForcedOpen, s(1.0));
    time.advance(s(1.0));
    assert_eq!(told.try_recv(), Ok(true), "in a waker that runs before the mode's timer");
}

struct OnWake(Box<dyn Fn() + Send + Sync>);

impl std::task::Wake for OnWake {
    fn wake(self: std::sync::Arc<Self>) {
        (self.0)();
    }
}

#[test]
fn another_end_and_an_isolation_of_what_is_forced_open_are_events_too() {
    let rig = three();
    let shown = |rig: &Rig| {
        let change = |event: breaker_core::Event| match event.kind {
            EventKind::ModeChanged { to, until, isolated, .. } => {
                Some((to, until.map(|until| until.as_secs()), isolated))
            }
            _ => None,
        };
        rig.breaker.history().into_iter().filter_map(change).collect::<Vec<_>>()
    };
    rig.breaker.set_mode_for(Mode::ForcedOpen, s(10.0));
    rig.breaker.set_mode_for(Mode::ForcedOpen, s(20.0));
    rig.breaker.set_mode(Mode::ForcedOpen);
    let guard = rig.breaker.isolate();
    let second = rig.breaker.isolate();
    rig.breaker.set_mode(Mode::ForcedOpen);
    drop((guard, second));
    let open = Mode::ForcedOpen;
    let expected = [
        (open, Some(10), false),
        (open, Some(20), false),
        (open, None, false),
        (open, None, true),
        (open, None, false),
    ];
    assert_eq!(shown(&rig), expected);
}
