//! The metrics of all services of a registry.

use crate::metrics::Metrics;

/// The metrics of all services of a registry. More fields may be added.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RegistryMetrics {
    /// Sums over all services.
    pub total: TotalMetrics,
    /// The metrics of each service, in the order of their names.
    pub services: Vec<Metrics>,
    /// Events that listeners of the registry missed because their queues were full, counted for each listener. Events
    /// that a service's own listeners missed are in its [`Metrics::dropped_events`].
    pub dropped_events: u64,
}

/// Sums over all services; each field is as in [`Metrics`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is the sum of the field of the same name in `Metrics`, documented there")]
pub struct TotalMetrics {
    pub requests: u64,
    pub successes: u64,
    pub failures: u64,
    pub timeouts: u64,
    pub rejections: u64,
    pub ignored: u64,
    pub abandoned: u64,
    pub slow: u64,
    pub late: u64,
    pub in_flight: u64,
    pub fallback_successes: u64,
    pub fallback_failures: u64,
    pub would_reject: u64,
    pub transitions: u64,
}

impl RegistryMetrics {
    pub(super) fn of(services: Vec<Metrics>, dropped_events: u64) -> Self {
        let sum = |field: fn(&Metrics) -> u64| services.iter().map(field).sum();
        let total = TotalMetrics {
            requests: sum(|m| m.requests),
            successes: sum(|m| m.successes),
            failures: sum(|m| m.failures),
            timeouts: sum(|m| m.timeouts),
            rejections: sum(|m| m.rejections),
            ignored: sum(|m| m.ignored),
            abandoned: sum(|m| m.abandoned),
            slow: sum(|m| m.slow),
            late: sum(|m| m.late),
            in_flight: sum(|m| m.in_flight),
            fallback_successes: sum(|m| m.fallback_successes),
            fallback_failures: sum(|m| m.fallback_failures),
            would_reject: sum(|m| m.would_reject),
            transitions: sum(|m| m.transitions.total()),
        };
        Self { total, services, dropped_events }
    }

    /// Returns the metrics of one service.
    pub fn service(&self, name: &str) -> Option<&Metrics> {
        self.services.iter().find(|metrics| metrics.service == name)
    }
}
