//! What call wrappers build on: `peek` without a permit, outcomes without an admission, classifiers as types.

use std::sync::Arc;
use std::time::Duration;

use breaker_core::{ByResult, Classify, Config, Mode, Outcome, RejectionReason, State, classify_error, classify_fn};
use breaker_tests::{Rig, rig, s};

fn two() -> Rig {
    rig(Config::builder().failure_threshold(2).success_threshold(1).open_timeout(s(5.0)).build())
}

/// Returns why a call would be rejected, or `None`.
fn peek(rig: &Rig) -> Option<(RejectionReason, Option<Duration>)> {
    rig.breaker.peek().err().map(|rejection| (rejection.reason, rejection.retry_after))
}

#[test]
fn a_peek_tells_what_a_call_would_get_and_changes_nothing() {
    let rig = two();
    assert_eq!(peek(&rig), None);
    rig.calls("FF");
    rig.wait(1.0);
    assert_eq!(peek(&rig), Some((RejectionReason::Open, Some(s(4.0)))));
    rig.wait(4.0);
    let before = rig.breaker.metrics();
    assert_eq!(peek(&rig), None, "a probe would be admitted");
    assert_eq!((rig.breaker.metrics(), rig.events().len()), (before, 1), "nothing has changed");
    let probe = rig.breaker.try_acquire().expect("a probe");
    assert_eq!(peek(&rig), Some((RejectionReason::HalfOpen, None)));
    drop(probe);
    assert_eq!(peek(&rig), None);
    rig.breaker.set_mode(Mode::ForcedOpen);
    assert_eq!(peek(&rig), Some((RejectionReason::ForcedOpen, None)));
    assert_eq!(rig.breaker.metrics().rejections, 0);
    rig.assert_identity();
}

#[test]
fn a_peek_sees_a_lease_that_is_over_and_shadow_rejects_nothing() {
    let config = Config::builder().failure_threshold(2).success_threshold(1).open_timeout(s(5.0));
    let rig = rig(config.half_open_timeout(s(2.0)).build());
    rig.calls("FF");
    rig.wait(5.0);
    let _probe = rig.breaker.try_acquire().expect("a probe");
    rig.wait(3.0);
    assert_eq!(peek(&rig), Some((RejectionReason::Open, Some(s(4.0)))), "open since the lease ended, a second ago");
    rig.wait(4.0);
    assert_eq!(peek(&rig), None);
    let shadowed = two();
    shadowed.breaker.set_mode(Mode::Shadow);
    shadowed.calls("FF");
    assert_eq!((shadowed.state(), peek(&shadowed)), (State::Open, None));
}

#[test]
fn a_recorded_outcome_counts_as_a_call_and_opens() {
    let rig = rig(Config::builder()
        .failure_rate(0.5)
        .minimum_requests(4)
        .slow_call_duration(s(1.0))
        .slow_call_rate(1.0)
        .build());
    rig.breaker.record(Outcome::Success, s(0.25));
    rig.breaker.record(Outcome::Ignore, s(0.25));
    rig.breaker.record(Outcome::Success, s(2.0));
    rig.breaker.record(Outcome::Failure, s(0.5));
    let metrics = rig.breaker.metrics();
    assert_eq!((metrics.requests, metrics.successes, metrics.failures, metrics.ignored), (4, 2, 1, 1));
    assert_eq!((metrics.slow, metrics.window.requests, metrics.in_flight), (1, 3, 0));
    let times = metrics.response_time;
    assert_eq!((times.count, times.sum, times.max), (3, s(2.75), Some(s(2.0))), "no matter how old the breaker is");
    rig.breaker.record(Outcome::Failure, s(0.5));
    assert_eq!(rig.state(), State::Open);
    rig.assert_identity();
}

#[test]
fn a_recorded_outcome_decides_nothing_while_the_circuit_is_not_closed() {
    let rig = two();
    rig.calls("FF");
    rig.breaker.record(Outcome::Success, s(0.1));
    rig.breaker.record(Outcome::OpenFor(s(100.0)), s(0.1));
    assert_eq!(rig.breaker.metrics().retry_after, Some(s(5.0)));
    rig.wait(5.0);
    let probe = rig.breaker.try_acquire().expect("a probe");
    rig.breaker.record(Outcome::Success, s(0.1));
    rig.breaker.record(Outcome::Failure, s(0.1));
    assert_eq!(rig.state(), State::HalfOpen);
    probe.success();
    let metrics = rig.breaker.metrics();
    assert_eq!((metrics.state, metrics.requests, metrics.late), (State::Closed, 7, 0));
    rig.breaker.record(Outcome::OpenFor(s(100.0)), s(0.1));
    assert_eq!((rig.state(), rig.breaker.metrics().retry_after), (State::Open, Some(s(100.0))));
    rig.assert_identity();
}

#[test]
fn a_recorded_outcome_obeys_the_shadow_and_costs_no_clock_where_calls_are_not_timed() {
    let rig = rig(Config::builder().failure_threshold(2).response_times(false).build());
    rig.breaker.set_mode(Mode::Shadow);
    for _ in 0..3 {
        rig.breaker.record(Outcome::Failure, s(1.0));
    }
    let metrics = rig.breaker.metrics();
    assert_eq!((metrics.state, metrics.failures, metrics.would_reject), (State::Open, 3, 0));
    assert_eq!(metrics.response_time.count, 0);
}

#[test]
fn a_fallback_of_a_wrapper_counts() {
    let rig = two();
    rig.breaker.count_fallback(true);
    rig.breaker.count_fallback(false);
    rig.breaker.count_fallback(true);
    let metrics = rig.breaker.metrics();
    assert_eq!((metrics.fallback_successes, metrics.fallback_failures, metrics.requests), (2, 1, 0));
}

#[test]
fn classifiers_are_types_closures_and_functions() {
    fn by_status(result: &Result<u16, String>) -> Outcome {
        match result {
            Ok(429) => Outcome::OpenFor(Duration::from_secs(1)),
            Ok(500..) | Err(_) => Outcome::Failure,
            Ok(_) => Outcome::Success,
        }
    }
    fn judge(classifier: &impl Classify<Result<u16, String>>) -> [Outcome; 3] {
        [Ok(200), Ok(503), Err("reset".to_owned())].map(|result| classifier.classify(&result))
    }
    let by_code = [Outcome::Success, Outcome::Failure, Outcome::Failure];
    assert_eq!(judge(&classify_fn(by_status)), by_code);
    let shared: Arc<dyn Classify<Result<u16, String>> + Send + Sync> = Arc::new(classify_fn(by_status));
    assert_eq!((judge(&shared), judge(&&*shared)), (by_code, by_code));
    assert_eq!(judge(&ByResult), [Outcome::Success, Outcome::Success, Outcome::Failure]);
    assert_eq!(judge(&classify_fn(Outcome::of)), judge(&ByResult));
    let limit = 300;
    let closure = classify_fn(move |result: &Result<u16, String>| match result {
        Ok(code) if *code < limit => Outcome::Success,
        _ => Outcome::Ignore,
    });
    assert_eq!(judge(&closure), [Outcome::Success, Outcome::Ignore, Outcome::Ignore]);
}

#[test]
fn the_longest_time_is_not_slow_where_no_call_is() {
    let rig = two();
    rig.breaker.record(Outcome::Success, Duration::MAX);
    let metrics = rig.breaker.metrics();
    assert_eq!((metrics.slow, metrics.window.slow, metrics.response_time.count), (0, 0, 1));
}

#[test]
fn errors_alone_can_be_judged_whatever_the_results_hold() {
    let by_text = classify_error(|text: &String| if text == "gone" { Outcome::Ignore } else { Outcome::Failure });
    let boxed: Box<dyn Classify<Result<u8, String>>> = Box::new(by_text);
    assert_eq!(by_text.classify(&Ok::<&str, String>("row")), Outcome::Success);
    assert_eq!(boxed.classify(&Err("gone".to_owned())), Outcome::Ignore);
    assert_eq!(boxed.classify(&Err("reset".to_owned())), Outcome::Failure);
}

#[test]
fn a_rejection_becomes_the_error_of_a_call() {
    fn call(rig: &Rig) -> Result<(), breaker_core::CallError<String>> {
        rig.breaker.try_acquire()?.success();
        Ok(())
    }
    let rig = two();
    assert_eq!(call(&rig), Ok(()));
    rig.calls("FF");
    assert!(call(&rig).is_err_and(|error| error.breaker().is_some()));
}
