//! Bugs observed in other circuit breakers, by running them. This one has none of them. Bugs that are tested elsewhere:
//!
//! | bug | test |
//! |---|---|
//! | 64 of 64 racing threads or tasks are let through | `probe_races::case_23_…` (two), `races::h1_…` (two) |
//! | a window of ten that takes a thousand failures to open | `windows::w1_a_thousand_successes_do_not_shield_a_window_of_ten` |
//! | a hundred panicking calls and the circuit is closed | `panics::t5_a_hundred_panics_open_the_circuit` |
//! | memory lost on every transition and on drop | all of `leaks` |
//! | a forgotten permit blocks half-open for good | `leaks::a_hundred_thousand_forgotten_permits_wedge_nothing` |
//! | `Duration::MAX` panics, for each duration | `open_time::m2_every_duration_may_be_the_longest` |
//! | a fallback that doesn't fit is found in production | `ui-tests/cases/fail/fallback` |
//!
//! Not tested, because this crate has no such part: a tower layer that calls the inner service before it asks the
//! breaker; a gauge of states that is never reset; a lock over all instances that is held during the request.

use std::task::Poll;
use std::time::Duration;

use breaker_core::{
    CallError, CircuitBreakerError, Config, Criticality, HealthStatus, Outcome, Permit, Registry, RejectionReason,
    State, circuit_breaker,
};
use breaker_tests::{Rig, poll_once, rig, s};

fn one() -> Rig {
    rig(Config::builder().consecutive_failures(1).success_threshold(1).open_timeout(s(5.0)).build())
}

fn half_open() -> Rig {
    let rig = one();
    rig.calls("F");
    rig.wait(5.0);
    rig
}

#[test]
fn a_success_from_before_the_trip_closes_nothing() {
    let rig = one();
    let early: Vec<_> = (0..3).map(|_| rig.breaker.try_acquire().expect("closed")).collect();
    rig.calls("F");
    rig.wait(5.0);
    early.into_iter().for_each(Permit::success);
    assert_eq!(rig.state(), State::HalfOpen);
    rig.calls("S");
    assert_eq!(rig.state(), State::Closed);
}

#[test]
fn a_failure_from_before_the_trip_reopens_nothing() {
    let rig = one();
    let early = rig.breaker.try_acquire().expect("closed");
    rig.calls("F");
    rig.wait(5.0);
    rig.calls("S");
    early.failure();
    assert_eq!((rig.state(), rig.breaker.metrics().late), (State::Closed, 1));
}

#[test]
fn of_two_hundred_calls_in_half_open_one_is_let_through_also_after_ignored_ones() {
    let rig = half_open();
    for _ in 0..20 {
        rig.breaker.try_acquire().expect("the one probe").ignore();
    }
    let admitted: Vec<_> = (0..200).filter_map(|_| rig.breaker.try_acquire().ok()).collect();
    assert_eq!(admitted.len(), 1);
}

#[test]
fn sixty_four_of_sixty_four_are_not_let_through_in_half_open() {
    let rig = half_open();
    let never = || rig.breaker.call_async(std::future::pending::<Result<(), ()>>());
    let mut calls: Vec<_> = (0..64).map(|_| Box::pin(never())).collect();
    let rejected = calls.iter_mut().filter_map(|call| match poll_once(call) {
        Poll::Ready(Err(CallError::Breaker(CircuitBreakerError::Rejected(rejection)))) => Some(rejection.reason),
        Poll::Ready(other) => panic!("{other:?}"),
        Poll::Pending => None,
    });
    assert_eq!(rejected.collect::<Vec<_>>(), [RejectionReason::HalfOpen; 63]);
}

#[test]
fn a_dropped_probe_does_not_hold_the_circuit_half_open_for_ever() {
    let rig = half_open();
    let mut probe = Box::pin(rig.breaker.call_async(std::future::pending::<Result<(), ()>>()));
    assert!(poll_once(&mut probe).is_pending());
    assert_eq!(rig.rejection_reason(), RejectionReason::HalfOpen);
    drop(probe);
    rig.calls("S");
    assert_eq!(rig.state(), State::Closed);
}

#[test]
fn a_hung_probe_does_not_hold_the_circuit_half_open_for_ever() {
    let rig = half_open();
    let hung = rig.breaker.try_acquire().expect("the probe");
    // The lease ends, then the open period after it.
    rig.wait(5.0);
    assert_eq!(rig.state(), State::Open);
    rig.wait(5.0);
    rig.calls("S");
    assert_eq!(rig.state(), State::Closed);
    hung.failure();
    assert_eq!(rig.state(), State::Closed);
}

#[test]
fn no_probes_at_all_can_not_be_configured_and_fewer_than_successes_recover() {
    assert!(Config::builder().half_open_max_calls(0).build().is_err());
    let rig = rig(Config::builder().consecutive_failures(1).success_threshold(3).half_open_max_calls(1).build());
    rig.calls("F");
    rig.wait(30.0);
    rig.calls("SSS");
    assert_eq!(rig.state(), State::Closed);
}

#[test]
fn every_trip_rule_is_fed() {
    let base = || Config::builder().minimum_requests(2);
    for builder in [
        base().failure_threshold(2),
        base().consecutive_failures(2),
        base().failure_rate(0.5),
        base().slow_call_duration(s(1.0)).slow_call_rate(0.5),
    ] {
        for window in [breaker_core::Window::Time(s(60.0)), breaker_core::Window::Calls(10)] {
            let rig = rig(builder.clone().window(window).build());
            rig.call('F', s(1.0));
            assert_eq!(rig.state(), State::Closed, "{builder:?}");
            rig.call('F', s(1.0));
            assert_eq!(rig.state(), State::Open, "{builder:?}");
        }
    }
}

#[test]
fn old_successes_do_not_make_a_lifetime_rate() {
    for window in [breaker_core::Window::Time(s(10.0)), breaker_core::Window::Calls(10)] {
        let rig = rig(Config::builder().failure_rate(0.5).minimum_requests(10).window(window).build());
        (0..1_000).for_each(|_| rig.calls("S"));
        rig.wait(10.0);
        for _ in 0..10 {
            rig.call('F', s(0.0));
        }
        assert_eq!(rig.state(), State::Open, "{window:?}");
    }
}

#[test]
fn a_threshold_that_is_no_share_is_rejected() {
    for bad in [f64::NAN, 0.0, 2.0, -1.0, f64::INFINITY] {
        assert!(Config::builder().failure_rate(bad).build().is_err(), "{bad}");
        assert!(Config::builder().slow_call_duration(s(1.0)).slow_call_rate(bad).build().is_err(), "{bad}");
    }
    for bad in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
        assert!(Config::builder().open_timeout_multiplier(bad).build().is_err(), "{bad}");
    }
    for bad in [f64::NAN, -1.0, 2.0] {
        assert!(Config::builder().open_timeout_jitter(bad).build().is_err(), "{bad}");
    }
    assert!(Config::builder().window(0).build().is_err());
    assert!(Config::builder().failure_threshold(0).build().is_err());
}

#[test]
fn the_longest_duration_neither_panics_nor_poisons() {
    let rig = rig(Config::builder().consecutive_failures(1).open_timeout(Duration::MAX).build());
    rig.calls("F XX");
    rig.wait(1e9);
    rig.calls("X");
    rig.breaker.reset();
    rig.calls("S");
}

#[test]
fn a_listener_that_calls_and_panics_blocks_and_harms_nobody() {
    let rig = one();
    let breaker = rig.breaker.clone();
    rig.breaker.on_event(move |_| {
        let _ = (breaker.state(), breaker.metrics(), breaker.call(|| Ok::<_, ()>(())));
        std::panic::panic_any("a listener's own mistake");
    });
    rig.calls("F X");
    rig.wait(5.0);
    rig.calls("S");
    assert_eq!(rig.transitions().len(), 3);
}

#[test]
fn every_transition_has_its_event_and_only_one() {
    let rig = one();
    let (closed, open, half_open) = (State::Closed, State::Open, State::HalfOpen);
    rig.calls("F X");
    rig.wait(5.0);
    rig.calls("F X");
    rig.wait(5.0);
    rig.calls("S S");
    let expected = [(closed, open), (open, half_open), (half_open, open), (open, half_open), (half_open, closed)];
    assert_eq!(rig.transitions(), expected);
}

#[test]
fn metrics_carry_the_name_and_the_one_state_that_is() {
    let registry = Registry::new();
    for service in ["a", "b"] {
        let breaker = registry.get_or_create(service, Config::default());
        (0..5).for_each(|_| drop(breaker.call(|| Err::<(), _>(()))));
        breaker.reset();
    }
    let seen: Vec<_> = registry.metrics().services.iter().map(|m| (m.service, m.failures, m.state)).collect();
    assert_eq!(seen, [("a", 5, State::Closed), ("b", 5, State::Closed)]);
}

#[test]
fn a_failure_that_arrives_while_open_does_not_restart_the_open_time() {
    let rig = one();
    let late = rig.breaker.try_acquire().expect("closed");
    rig.calls("F");
    rig.wait(4.0);
    late.failure();
    assert_eq!(rig.breaker.metrics().retry_after, Some(s(1.0)));
}

#[test]
fn five_failures_open_after_five() {
    for builder in [Config::builder().failure_threshold(5), Config::builder().failure_rate(1.0).window(5)] {
        let rig = rig(builder.build());
        rig.calls("FFFF");
        assert_eq!(rig.state(), State::Closed);
        rig.calls("F X");
    }
}

#[test]
fn a_callers_own_cancellation_closes_nothing_and_an_ignored_result_adds_no_permit() {
    let rig = half_open();
    drop(rig.breaker.try_acquire().expect("the probe"));
    assert_eq!(rig.state(), State::HalfOpen);
    let probe = rig.breaker.try_acquire().expect("the probe");
    assert_eq!(rig.rejection_reason(), RejectionReason::HalfOpen);
    probe.record(Outcome::Ignore);
    let _probe = rig.breaker.try_acquire().expect("the probe");
    assert_eq!(rig.rejection_reason(), RejectionReason::HalfOpen);
}

#[circuit_breaker(service = "peer-bugs-ignored", consecutive_failures = 1, ignore_if = |error: &Error| *error == Error::Mine,
    fallback = |_| Ok("fallback"))]
fn answer(error: Error) -> Result<&'static str, Error> {
    Err(error)
}

#[derive(Debug, PartialEq)]
enum Error {
    Mine,
    Theirs,
}

impl From<CircuitBreakerError> for Error {
    fn from(_: CircuitBreakerError) -> Self {
        Self::Theirs
    }
}

#[test]
fn a_fallback_does_not_run_for_ignored_errors() {
    assert_eq!(answer(Error::Mine), Err(Error::Mine));
    assert_eq!(answer(Error::Theirs), Ok("fallback"));
    assert_eq!(answer(Error::Mine), Ok("fallback"), "rejected: the circuit is open");
}

#[test]
fn a_clock_that_steps_back_a_second_breaks_no_window() {
    for window in [breaker_core::Window::Time(s(8.0)), breaker_core::Window::Calls(8)] {
        let rig = rig(Config::builder().failure_rate(1.0).minimum_requests(4).window(window).build());
        rig.wait(100.0);
        rig.calls("S");
        rig.time.step_back(s(1.0));
        rig.calls("S");
        rig.wait(20.0);
        for _ in 0..8 {
            rig.call('F', s(0.0));
        }
        assert_eq!(rig.state(), State::Open, "{window:?}");
    }
}

#[test]
fn an_open_optional_dependency_is_degraded_and_never_dead() {
    let registry = Registry::new();
    let keys = Config::builder().consecutive_failures(1).criticality(Criticality::Optional);
    let optional = registry.get_or_create("optional", keys.build().expect("valid"));
    let _ = optional.call(|| Err::<(), _>(()));
    assert_eq!(registry.health().status, HealthStatus::Degraded);
}
