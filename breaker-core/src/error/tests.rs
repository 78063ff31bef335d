//! Messages and accessors of the errors.

use std::error::Error;
use std::time::Duration;

use super::human::round_up;
use super::*;

const fn rejected(reason: RejectionReason, retry_after: Option<Duration>) -> Rejection {
    Rejection { service: "db", reason, retry_after }
}

#[test]
fn reasons_are_spelled_as_in_metrics() {
    assert_eq!(RejectionReason::Open.to_string(), "open");
    assert_eq!(RejectionReason::HalfOpen.to_string(), "half_open");
    assert_eq!(RejectionReason::ForcedOpen.to_string(), "forced_open");
}

#[test]
fn rejections_name_the_service_the_reason_and_when_to_retry() {
    let cases = [
        (
            RejectionReason::Open,
            Some(Duration::from_secs(30)),
            "circuit breaker `db` is open: call rejected, retry in 30s",
        ),
        (RejectionReason::Open, Some(Duration::ZERO), "circuit breaker `db` is open: call rejected, retry now"),
        (
            RejectionReason::HalfOpen,
            None,
            "circuit breaker `db` is half-open and all its probes are in flight: call rejected",
        ),
        (RejectionReason::ForcedOpen, None, "circuit breaker `db` is forced open: call rejected"),
    ];
    for (reason, retry_after, text) in cases {
        assert_eq!(rejected(reason, retry_after).to_string(), text);
    }
}

#[test]
fn timeouts_name_the_service_and_the_limit() {
    let error = CircuitBreakerError::TimedOut { service: "db", timeout: Duration::from_millis(2_500) };
    assert_eq!(error.to_string(), "circuit breaker `db`: call timed out after 2s 500ms");
    assert_eq!((error.service(), error.retry_after()), ("db", None));
}

#[test]
fn a_rejection_keeps_its_text_and_numbers_in_every_wrapping() {
    let rejection = rejected(RejectionReason::Open, Some(Duration::from_millis(300)));
    let breaker = CircuitBreakerError::from(rejection.clone());
    assert_eq!((breaker.service(), breaker.retry_after()), ("db", Some(Duration::from_millis(300))));
    assert_eq!(breaker.to_string(), rejection.to_string());
    let call: CallError<std::fmt::Error> = breaker.clone().into();
    assert_eq!(call.to_string(), "circuit breaker `db` is open: call rejected, retry in 300ms");
    assert_eq!(call.breaker(), Some(&breaker));
    assert_eq!(call.into_inner(), None);
}

#[test]
fn the_reason_is_the_source_of_a_rejection_in_every_wrapping_and_no_text_is_there_twice() {
    let rejection = rejected(RejectionReason::HalfOpen, None);
    let breaker = CircuitBreakerError::from(rejection.clone());
    let call: CallError<std::fmt::Error> = breaker.clone().into();
    let nested: CallError<CallError<std::fmt::Error>> = CallError::Inner(call.clone());
    let all: [&dyn Error; 4] = [&rejection, &breaker, &call, &nested];
    for error in all {
        let source = error.source().expect("the reason");
        assert_eq!(source.downcast_ref(), Some(&RejectionReason::HalfOpen));
        assert_ne!(source.to_string(), error.to_string());
        assert!(source.source().is_none());
    }
    assert!(CircuitBreakerError::timed_out("db", Duration::from_secs(1)).source().is_none());
}

#[test]
fn a_call_error_shows_the_inner_error_and_its_source() {
    let inner = ConfigError::from(ConfigFault::new("window", 0, "must be at least 1 call", "write 100"));
    let call = CallError::Inner(inner.clone());
    assert_eq!(call.to_string(), inner.to_string());
    assert!(call.source().is_none());
    assert_eq!(call.breaker(), None);
    assert_eq!(call.into_inner(), Some(inner));
}

#[test]
fn a_call_error_becomes_an_error_of_the_code_that_has_a_place_for_the_breakers() {
    let rejection = Rejection::new("s3", RejectionReason::Open);
    let rejected: CircuitBreakerError = rejection.clone().into();
    assert!(rejected.is_rejected() && !rejected.is_timeout());
    assert_eq!(CallError::<CircuitBreakerError>::from(rejection).flatten(), rejected);
    let timeout = CircuitBreakerError::timed_out("s3", Duration::from_secs(1));
    assert_eq!(CallError::<CircuitBreakerError>::Inner(timeout.clone()).flatten(), timeout);
}

/// Each impl of the error requires only those bounds on `E` that it uses.
#[test]
fn the_inner_error_may_be_anything() {
    struct Opaque;
    assert!(CallError::Inner(Opaque).into_inner().is_some());
}

#[test]
fn one_fault_is_one_line_that_names_the_service() {
    let fault = ConfigFault::new("open_timeout", "0s", "must be longer than zero", "write 30s");
    let error = ConfigError::from(fault.clone());
    assert_eq!(
        error.to_string(),
        "invalid circuit breaker configuration: open_timeout = 0s: must be longer than zero; write 30s"
    );
    let error = error.for_service("db");
    assert_eq!(error.service(), Some("db"));
    assert_eq!(error.faults(), [fault]);
    assert!(error.to_string().starts_with("invalid circuit breaker configuration of `db`: open_timeout"));
}

#[test]
fn no_fault_is_no_error() {
    assert_eq!(ConfigError::check([]), Ok(()));
}

#[test]
fn durations_are_exact() {
    let cases = [
        (Duration::ZERO, "0s"),
        (Duration::from_nanos(1), "1ns"),
        (Duration::from_micros(1_500), "1ms 500us"),
        (Duration::from_secs(90), "90s"),
        (Duration::from_secs(120), "2m"),
        (Duration::from_secs(3_661), "1h 1m 1s"),
        (Duration::from_secs(86_400), "1d"),
        (Duration::MAX, "213503982334601d 7h 15s 999ms 999us 999ns"),
    ];
    for (duration, text) in cases {
        assert_eq!(Human(duration).to_string(), text);
    }
}

#[test]
fn what_has_passed_is_rounded_down() {
    for (nanos, rounded) in [(0, 0), (1_999, 1_000), (1_999_999, 1_000_000), (3_999_999_999, 3_000_000_000)] {
        assert_eq!(human::round_down(Duration::from_nanos(nanos)), Duration::from_nanos(rounded));
    }
}

#[test]
fn retry_after_is_rounded_up() {
    let cases = [
        (Duration::ZERO, Duration::ZERO),
        (Duration::from_nanos(1), Duration::from_millis(1)),
        (Duration::from_micros(999_999), Duration::from_secs(1)),
        (Duration::from_secs(1), Duration::from_secs(1)),
        (Duration::new(29, 1), Duration::from_secs(30)),
        (Duration::MAX, Duration::MAX),
    ];
    for (exact, rounded) in cases {
        assert_eq!(round_up(exact), rounded);
    }
}

#[test]
fn a_time_to_retry_after_is_rounded_up_to_whole_seconds_and_never_zero() {
    let cases = [(0, 1), (1, 1), (999_999_999, 1), (1_000_000_000, 1), (1_000_000_001, 2), (11_200_000_000, 12)];
    for (nanos, seconds) in cases {
        let rejection = rejected(RejectionReason::Open, Some(Duration::from_nanos(nanos)));
        assert_eq!(rejection.retry_after_secs(), Some(seconds), "{nanos} ns");
        assert_eq!(CircuitBreakerError::from(rejection).retry_after_secs(), Some(seconds), "{nanos} ns");
    }
    let longest = rejected(RejectionReason::Open, Some(Duration::MAX));
    assert_eq!(longest.retry_after_secs(), Some(u64::MAX));
    assert_eq!(rejected(RejectionReason::ForcedOpen, None).retry_after_secs(), None);
    assert_eq!(CircuitBreakerError::timed_out("db", Duration::from_secs(2)).retry_after_secs(), None);
}
