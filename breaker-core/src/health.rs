//! Health reports of services, for a health endpoint.

use std::fmt;

use crate::breaker::CircuitBreaker;
use crate::event::{Mode, State};
use crate::settings::Criticality;

#[cfg(feature = "tokio")]
mod check;
#[cfg(feature = "tokio")]
mod finding;
#[cfg(feature = "tokio")]
mod in_check;
mod results;

#[cfg(feature = "tokio")]
pub(crate) use check::Runner;
pub use results::HealthCheckResult;
pub(crate) use results::Results;
#[cfg(feature = "tokio")]
pub(crate) use results::Sheet;

/// The health of all services of a registry. More fields may be added, also to its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct HealthReport {
    /// The status of all services together.
    pub status: HealthStatus,
    /// The health of each service, in the order of their names.
    pub services: Vec<ServiceHealth>,
}

/// The health of one service, according to its circuit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ServiceHealth {
    /// The service.
    pub service: &'static str,
    /// The effective state of its circuit. In the mode `Shadow`, the circuit rejects nothing, so
    /// [`HealthReport::status`] treats it as closed, whatever its state.
    pub state: State,
    /// The mode in force.
    pub mode: Mode,
    /// Whether the program can work without the service.
    pub criticality: Criticality,
    /// The last result of its health check; `None` if no check is registered, if it was stopped, or before the first
    /// one has ended.
    pub check: Option<HealthCheckResult>,
}

/// The status of all services together.
///
/// A readiness or liveness endpoint should only report `Down` if taking the process out of service, or restarting it,
/// helps: a restart does not repair a database that is down. More variants may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum HealthStatus {
    /// Every circuit is closed.
    Up,
    /// At least one circuit is open or half-open, so callers may get fallbacks or errors, but no circuit of a critical
    /// service is open.
    Degraded,
    /// The circuit of a critical service is open.
    Down,
}

impl HealthStatus {
    /// Returns the status as JSON has it: `"up"`, `"degraded"` or `"down"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Down => "down",
        }
    }
}

impl fmt::Display for HealthStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl HealthReport {
    pub(crate) fn of(breakers: &[CircuitBreaker], results: &Results) -> Self {
        let services: Vec<_> = breakers.iter().map(|breaker| ServiceHealth::of(breaker, results)).collect();
        // A circuit in shadow rejects nothing.
        let mut troubled =
            services.iter().filter(|service| service.mode != Mode::Shadow && service.state != State::Closed);
        let is_down =
            |service: &ServiceHealth| service.state == State::Open && service.criticality == Criticality::Critical;
        let status = match troubled.clone().next() {
            None => HealthStatus::Up,
            Some(_) if troubled.any(is_down) => HealthStatus::Down,
            Some(_) => HealthStatus::Degraded,
        };
        Self { status, services }
    }
}

impl ServiceHealth {
    fn of(breaker: &CircuitBreaker, results: &Results) -> Self {
        Self {
            service: breaker.service(),
            state: breaker.state(),
            mode: breaker.mode(),
            criticality: breaker.config().criticality(),
            check: results.of(breaker.service(), breaker.clock().now()),
        }
    }
}
