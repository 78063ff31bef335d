//! How the services are, for a health endpoint.

use crate::breaker::CircuitBreaker;
use crate::event::{Mode, State};

/// How all services of a registry are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HealthReport {
    /// All together.
    pub status: HealthStatus,
    /// Each, in the order of their names.
    pub services: Vec<ServiceHealth>,
}

/// How one service is, by its circuit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceHealth {
    /// The service.
    pub service: &'static str,
    /// Its circuit's effective state.
    pub state: State,
    /// Who decides.
    pub mode: Mode,
}

/// A process whose dependency is down is degraded, not dead: restarting it would help nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HealthStatus {
    /// Every circuit is closed.
    Up,
    /// A circuit is open or half-open: its callers get fallbacks or errors.
    Degraded,
}

impl HealthReport {
    pub(crate) fn of(breakers: &[CircuitBreaker]) -> Self {
        let services: Vec<_> = breakers
            .iter()
            .map(|breaker| ServiceHealth { service: breaker.service(), state: breaker.state(), mode: breaker.mode() })
            .collect();
        let degraded = services.iter().any(|service| service.state != State::Closed);
        Self { status: if degraded { HealthStatus::Degraded } else { HealthStatus::Up }, services }
    }
}
