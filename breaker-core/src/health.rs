//! How the services are, for a health endpoint.

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

/// How all services of a registry are. More fields may come, here and in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct HealthReport {
    /// All together.
    pub status: HealthStatus,
    /// Each, in the order of their names.
    pub services: Vec<ServiceHealth>,
}

/// How one service is, by its circuit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ServiceHealth {
    /// The service.
    pub service: &'static str,
    /// Its circuit's effective state. In the mode `Shadow`, what the circuit would do: it rejects nothing, and the report
    /// is as if it were closed.
    pub state: State,
    /// Who decides.
    pub mode: Mode,
    /// Whether the program can do its work without it.
    pub criticality: Criticality,
    /// How its health check went last; `None` if none is registered, if it was stopped, or before the first has ended.
    pub check: Option<HealthCheckResult>,
}

/// How all are together.
///
/// An endpoint that a load balancer or an orchestrator asks should tell `Down` only where taking the process out of
/// service helps; restarting a process because its database is down helps nobody. More kinds may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum HealthStatus {
    /// Every circuit is closed.
    Up,
    /// A circuit is open or half-open: its callers get fallbacks or errors. No critical service is open.
    Degraded,
    /// The circuit of a critical service is open.
    Down,
}

impl HealthStatus {
    /// The status as JSON has it: `"up"`, `"degraded"` or `"down"`.
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
