//! Logs through `tracing`, with the target `circuit_breaker`; without that feature, logs nothing. A panic of a
//! subscriber is caught, so that the call, the event or the health check continues.
//!
//! Messages, levels and fields are listed in `docs/logging.md`; a test compares the two.

#[cfg(any(feature = "tokio", feature = "tracing"))]
use std::time::Duration;

use crate::error::Rejection;
use crate::event::Event;
#[cfg(feature = "tokio")]
use crate::metrics::Metrics;

pub(crate) mod answered;

#[cfg(feature = "tracing")]
mod imp {
    #[cfg(feature = "tokio")]
    use super::Metrics;
    use super::{Duration, Event, Rejection};
    use crate::engine::state::State;
    use crate::event::{Cause, EventKind, Listed};
    use crate::unwind::caught;

    pub(crate) fn event(event: &Event) {
        caught(|| {
            let service = event.service;
            match &event.kind {
                EventKind::Transition { from, to: to @ State::Open, cause } => {
                    tracing::warn!(target: "circuit_breaker", service, %from, %to, rule = %cause, "circuit opened");
                    warn_of_threshold(service, cause);
                }
                EventKind::Transition { from, to, cause } => {
                    tracing::info!(target: "circuit_breaker", service, %from, %to, rule = %cause, "circuit changed state");
                }
                EventKind::ModeChanged { from, to, until, isolated } => {
                    let ends_in_ms = until.map(|until| whole_millis(until.saturating_sub(event.at)));
                    tracing::info!(target: "circuit_breaker", service, %from, %to, ends_in_ms, isolated, "mode changed");
                }
                EventKind::RecoveryStalled { lasted } => warn_of_stall(service, *lasted),
                EventKind::Reconfigured { changes } => {
                    tracing::info!(target: "circuit_breaker", service, changes = %Listed(changes), "reconfigured");
                }
                EventKind::Conflict(conflict) => {
                    tracing::warn!(target: "circuit_breaker", service, %conflict, "conflicting configuration");
                }
                EventKind::BadConfiguration(problem) => {
                    tracing::error!(target: "circuit_breaker", service, %problem, "invalid configuration ignored");
                }
            }
        });
    }

    /// Warns if a count of failures opens the circuit although nearly all calls succeed: it is too low for this
    /// traffic.
    fn warn_of_threshold(service: Option<&str>, cause: &Cause) {
        if let Cause::FailureThreshold { failures, requests: Some(requests), .. } = *cause
            && failures.saturating_mul(100) < requests
        {
            tracing::warn!(
                target: "circuit_breaker",
                service,
                failures,
                requests,
                "failure_threshold opened the circuit although less than 1 % of the calls failed: \
                 to follow the share of failures, write failure_rate = 0.5 with minimum_requests = 20 and failure_threshold = off"
            );
        }
    }

    fn warn_of_stall(service: Option<&str>, lasted: Duration) {
        tracing::warn!(
            target: "circuit_breaker",
            service,
            lasted_ms = whole_millis(lasted),
            "circuit stays half-open: every probe was ignored, and ignored results never close it; \
             with failure_if, an error that is not a failure counts as a success"
        );
    }

    pub(crate) fn rejected(rejection: impl FnOnce() -> Rejection) {
        caught(|| {
            let rejection = rejection();
            tracing::debug!(
                target: "circuit_breaker",
                service = rejection.service,
                reason = rejection.reason.as_str(),
                retry_after_ms = rejection.retry_after.map(whole_millis),
                "call rejected"
            );
        });
    }

    /// `recovers`: whether the previous check that counts had failed.
    #[cfg(feature = "tokio")]
    pub(crate) fn health_check_succeeded(service: &str, took: Duration, recovers: bool) {
        let took_ms = millis(took);
        caught(|| {
            if recovers {
                tracing::info!(target: "circuit_breaker", service, took_ms, "health check recovered");
            } else {
                tracing::debug!(target: "circuit_breaker", service, took_ms, "health check succeeded");
            }
        });
    }

    /// `again`: whether the previous check that counts had failed, too.
    #[cfg(feature = "tokio")]
    pub(crate) fn health_check_failed(service: &str, took: Duration, error: &str, again: bool) {
        let took_ms = millis(took);
        caught(|| {
            if again {
                tracing::debug!(target: "circuit_breaker", service, took_ms, %error, "health check failed again");
            } else {
                tracing::warn!(target: "circuit_breaker", service, took_ms, %error, "health check failed");
            }
        });
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn health_check_rejected(service: &str, took: Duration, error: &str) {
        caught(|| {
            tracing::debug!(
                target: "circuit_breaker",
                service,
                took_ms = millis(took),
                %error,
                "health check rejected by a circuit breaker: not counted"
            );
        });
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn health_check_is_off(service: &str) {
        caught(|| {
            tracing::warn!(
                target: "circuit_breaker",
                service,
                "health check registered, but disabled: set enable_health_check = true"
            );
        });
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn metrics(metrics: &Metrics) {
        caught(|| {
            let time = &metrics.response_time;
            tracing::info!(
                target: "circuit_breaker",
                service = metrics.service,
                state = %metrics.state,
                mode = %metrics.mode,
                requests = metrics.requests,
                successes = metrics.successes,
                failures = metrics.failures,
                timeouts = metrics.timeouts,
                rejections = metrics.rejections,
                in_flight = metrics.in_flight,
                success_rate = metrics.success_rate.map(three_digits),
                failure_rate = metrics.failure_rate.map(three_digits),
                average_ms = time.average.map(millis),
                p99_ms = time.p99.map(millis),
                "metrics"
            );
        });
    }

    pub(crate) fn listener_panicked(event: &Event) {
        caught(|| {
            tracing::error!(target: "circuit_breaker", service = event.service, %event, "listener panicked");
        });
    }

    /// Returns milliseconds, rounded to the microsecond.
    #[cfg(feature = "tokio")]
    fn millis(duration: Duration) -> f64 {
        (duration.as_secs_f64() * 1e6).round() / 1e3
    }

    /// Returns milliseconds, rounded up, so that waiting for the logged time is always enough.
    fn whole_millis(duration: Duration) -> u64 {
        u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }

    #[cfg(feature = "tokio")]
    fn three_digits(rate: f64) -> f64 {
        (rate * 1e3).round() / 1e3
    }
}

#[cfg(not(feature = "tracing"))]
mod imp {
    #[cfg(feature = "tokio")]
    use super::{Duration, Metrics};
    use super::{Event, Rejection};

    pub(crate) fn event(_: &Event) {}

    #[inline]
    pub(crate) fn rejected(_: impl FnOnce() -> Rejection) {}

    #[cfg(feature = "tokio")]
    pub(crate) fn health_check_succeeded(_: &str, _: Duration, _: bool) {}

    #[cfg(feature = "tokio")]
    pub(crate) fn health_check_failed(_: &str, _: Duration, _: &str, _: bool) {}

    #[cfg(feature = "tokio")]
    pub(crate) fn health_check_rejected(_: &str, _: Duration, _: &str) {}

    #[cfg(feature = "tokio")]
    pub(crate) fn health_check_is_off(_: &str) {}

    #[cfg(feature = "tokio")]
    pub(crate) fn metrics(_: &Metrics) {}

    pub(crate) fn listener_panicked(_: &Event) {}
}

pub(crate) use imp::{event, listener_panicked, rejected};
#[cfg(feature = "tokio")]
pub(crate) use imp::{
    health_check_failed, health_check_is_off, health_check_rejected, health_check_succeeded, metrics,
};
