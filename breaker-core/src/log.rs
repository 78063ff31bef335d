//! Logs through `tracing`; without that feature, nothing. Target `circuit_breaker`.

use crate::error::Rejection;
use crate::event::Event;

#[cfg(feature = "tracing")]
mod imp {
    use super::{Event, Rejection};
    use crate::engine::word::State;
    use crate::event::EventKind;

    pub(crate) fn event(event: &Event) {
        let service = event.service;
        match &event.kind {
            EventKind::Transition { from, to: to @ State::Open, cause } => {
                tracing::warn!(target: "circuit_breaker", service, %from, %to, rule = %cause, "circuit opened");
            }
            EventKind::Transition { from, to, cause } => {
                tracing::info!(target: "circuit_breaker", service, %from, %to, rule = %cause, "circuit changed state");
            }
            EventKind::ModeChanged { from, to } => {
                tracing::info!(target: "circuit_breaker", service, %from, %to, "mode changed");
            }
            EventKind::Reconfigured => tracing::info!(target: "circuit_breaker", service, "reconfigured"),
            EventKind::Conflict(conflict) => {
                tracing::warn!(target: "circuit_breaker", service, %conflict, "conflicting configuration");
            }
        }
    }

    pub(crate) fn refused(rejection: impl FnOnce() -> Rejection) {
        let rejection = rejection();
        tracing::debug!(
            target: "circuit_breaker",
            service = rejection.service,
            reason = rejection.reason.as_str(),
            retry_after = ?rejection.retry_after,
            "call refused"
        );
    }

    pub(crate) fn fallback(service: &str, succeeded: bool) {
        tracing::debug!(target: "circuit_breaker", service, succeeded, "fallback ran");
    }

    pub(crate) fn listener_panicked(event: &Event) {
        tracing::error!(target: "circuit_breaker", service = event.service, %event, "a listener panicked");
    }
}

#[cfg(not(feature = "tracing"))]
mod imp {
    use super::{Event, Rejection};

    pub(crate) fn event(_: &Event) {}

    #[inline]
    pub(crate) fn refused(_: impl FnOnce() -> Rejection) {}

    #[inline]
    pub(crate) fn fallback(_: &str, _: bool) {}

    pub(crate) fn listener_panicked(_: &Event) {}
}

pub(crate) use imp::{event, fallback, listener_panicked, refused};
