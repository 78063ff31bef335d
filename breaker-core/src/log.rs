//! Logs through `tracing`; without that feature, nothing. Target `circuit_breaker`. A subscriber that panics harms nobody:
//! the call, the event or the health check that it logs goes on.

#[cfg(feature = "tokio")]
use std::time::Duration;

use crate::error::Rejection;
use crate::event::Event;
#[cfg(feature = "tokio")]
use crate::metrics::Metrics;

pub(crate) mod answered;

#[cfg(feature = "tracing")]
mod imp {
    #[cfg(feature = "tokio")]
    use super::{Duration, Metrics};
    use super::{Event, Rejection};
    use crate::engine::state::State;
    use crate::event::{Cause, EventKind};
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
                    tracing::info!(target: "circuit_breaker", service, %from, %to, until = until.map(debug), isolated, "mode changed");
                }
                EventKind::Reconfigured => tracing::info!(target: "circuit_breaker", service, "reconfigured"),
                EventKind::Conflict(conflict) => {
                    tracing::warn!(target: "circuit_breaker", service, %conflict, "conflicting configuration");
                }
                EventKind::BadConfiguration(problem) => {
                    tracing::error!(target: "circuit_breaker", service, %problem, "a bad configuration is not used");
                }
            }
        });
    }

    /// A count of failures that opens the circuit although nearly all calls succeed is too low for this traffic.
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

    pub(crate) fn rejected(rejection: impl FnOnce() -> Rejection) {
        caught(|| {
            let rejection = rejection();
            tracing::debug!(
                target: "circuit_breaker",
                service = rejection.service,
                reason = rejection.reason.as_str(),
                retry_after = rejection.retry_after.map(debug),
                "call rejected"
            );
        });
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn health_check(service: &str, took: Duration, error: Option<&str>) {
        caught(|| match error {
            None => tracing::debug!(target: "circuit_breaker", service, ?took, "health check succeeded"),
            Some(error) => tracing::warn!(target: "circuit_breaker", service, ?took, %error, "health check failed"),
        });
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn health_check_rejected(service: &str, took: Duration, error: &str) {
        caught(|| {
            tracing::debug!(
                target: "circuit_breaker",
                service,
                ?took,
                %error,
                "a circuit breaker rejected what the health check called, which says nothing about the service"
            );
        });
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn health_check_is_off(service: &str) {
        caught(|| {
            tracing::warn!(
                target: "circuit_breaker",
                service,
                "a health check is registered, but enable_health_check is false: it waits until that is true"
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
                success_rate = metrics.success_rate,
                failure_rate = metrics.failure_rate,
                // `debug` is in scope in here; what isn't there is left out.
                average = time.average.map(debug),
                p99 = time.p99.map(debug),
                "metrics"
            );
        });
    }

    pub(crate) fn listener_panicked(event: &Event) {
        caught(|| {
            tracing::error!(target: "circuit_breaker", service = event.service, %event, "a listener panicked");
        });
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
    pub(crate) fn health_check(_: &str, _: Duration, _: Option<&str>) {}

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
pub(crate) use imp::{health_check, health_check_is_off, health_check_rejected, metrics};
