//! Late results (rule L1, cases 17 to 19).

use breaker_core::{Config, Mode, State};
use breaker_tests::{rig, s};

#[test]
fn case_17_a_failure_that_arrives_while_open_changes_nothing() {
    let rig = rig(Config::builder().consecutive_failures(1).open_timeout(s(5.0)).build());
    let first = rig.breaker.try_acquire().expect("closed");
    let second = rig.breaker.try_acquire().expect("closed");
    first.failure();
    rig.wait(1.0);
    second.failure();
    assert_eq!(rig.events().len(), 1);
    let metrics = rig.breaker.metrics();
    assert_eq!(metrics.retry_after, Some(s(4.0)));
    assert_eq!((metrics.failures, metrics.late, metrics.window.failures), (2, 1, 1));
    rig.wait(4.0);
    assert_eq!(rig.state(), State::HalfOpen);
}

#[test]
fn case_18_ten_calls_from_before_the_trip_do_not_count_as_probes() {
    let rig = rig(Config::builder().consecutive_failures(1).half_open_max_calls(4).build());
    let early: Vec<_> = (0..10).map(|_| rig.breaker.try_acquire().expect("closed")).collect();
    rig.calls("F");
    rig.wait(30.0);
    assert_eq!(rig.state(), State::HalfOpen);
    early.into_iter().for_each(breaker_core::Permit::failure);
    assert_eq!(rig.state(), State::HalfOpen);
    let probes: Vec<_> = (0..4).map(|_| rig.breaker.try_acquire().expect("four probes")).collect();
    rig.calls("X");
    drop(probes);
    let metrics = rig.breaker.metrics();
    assert_eq!((metrics.late, metrics.failures, metrics.in_flight), (10, 11, 0));
    assert_eq!(rig.transitions(), [(State::Closed, State::Open), (State::Open, State::HalfOpen)]);
    rig.assert_identity();
}

#[test]
fn case_19_a_success_that_arrives_while_forced_open_changes_nothing() {
    let rig = rig(Config::builder().failure_threshold(3).build());
    let permit = rig.breaker.try_acquire().expect("closed");
    rig.breaker.set_mode(Mode::ForcedOpen);
    let events = rig.events().len();
    permit.success();
    assert_eq!(rig.breaker.mode(), Mode::ForcedOpen);
    rig.calls("X");
    assert_eq!(rig.events().len(), events);
    let metrics = rig.breaker.metrics();
    assert_eq!((metrics.successes, metrics.late, metrics.window.requests), (1, 1, 0));
    rig.assert_identity();
}

#[test]
fn l1_late_successes_never_close_the_circuit() {
    let rig = rig(Config::builder().consecutive_failures(1).success_threshold(1).build());
    let early = rig.breaker.try_acquire().expect("closed");
    rig.calls("F");
    rig.wait(30.0);
    assert_eq!(rig.state(), State::HalfOpen);
    early.success();
    assert_eq!(rig.state(), State::HalfOpen);
    assert_eq!(rig.breaker.metrics().late, 1);
}

#[test]
fn l1_a_late_failure_never_reopens_a_closed_circuit() {
    let rig = rig(Config::builder().consecutive_failures(1).success_threshold(1).build());
    let early = rig.breaker.try_acquire().expect("closed");
    rig.calls("F");
    rig.wait(30.0);
    rig.calls("S");
    early.failure();
    let metrics = rig.breaker.metrics();
    assert_eq!(metrics.state, State::Closed);
    assert_eq!((metrics.window.requests, metrics.consecutive_failures, metrics.late), (0, 0, 1));
}

#[test]
fn l1_a_late_probe_frees_no_permit_of_the_present_round() {
    let rig = rig(Config::builder().consecutive_failures(1).half_open_max_calls(2).open_timeout(s(5.0)).build());
    rig.calls("F");
    rig.wait(5.0);
    let old = rig.breaker.try_acquire().expect("a probe");
    rig.calls("F");
    rig.wait(5.0);
    let present = [rig.breaker.try_acquire().expect("first"), rig.breaker.try_acquire().expect("second")];
    drop(old);
    rig.calls("X");
    drop(present);
    rig.calls("S");
}

#[test]
fn l1_a_late_slow_call_enters_no_window() {
    let rig = rig(Config::builder()
        .consecutive_failures(1)
        .slow_call_duration(s(1.0))
        .slow_call_rate(1.0)
        .minimum_requests(1)
        .build());
    let early = rig.breaker.try_acquire().expect("closed");
    rig.calls("F");
    rig.wait(2.0);
    early.success();
    let metrics = rig.breaker.metrics();
    assert_eq!((metrics.slow, metrics.late, metrics.window.slow), (1, 1, 0));
    assert_eq!(rig.events().len(), 1);
}

#[test]
fn l1_a_permit_from_before_a_reset_is_late() {
    let rig = rig(Config::builder().consecutive_failures(1).build());
    let early = rig.breaker.try_acquire().expect("closed");
    rig.calls("F");
    rig.breaker.reset();
    early.failure();
    assert_eq!(rig.state(), State::Closed);
    assert_eq!(rig.breaker.metrics().late, 1);
}
