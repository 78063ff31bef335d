//! The same breakers under the metric names of Java's resilience4j.

use std::fmt;

use breaker_core::{Metrics, Mode, Registry, State};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::MetricType::Unknown;

use crate::register::{RegisterError, register};
use crate::samples::{Families, Family};

/// The metrics of all breakers of a registry under the names of resilience4j (feature `resilience4j`), for its boards
/// and alerts. It reads snapshots when it is encoded, as [`BreakerCollector`](crate::BreakerCollector) does, and both
/// can be in one registry.
///
/// The label `name` has the service. Names start with `resilience4j_circuitbreaker_`:
///
/// | metric | label | meaning |
/// |---|---|---|
/// | `state` | `state` | 1 for the current one of `closed`, `open`, `half_open`, `forced_open`, `disabled` (forced closed) and `metrics_only` (shadow), otherwise 0 |
/// | `calls_seconds_count` | `kind` | calls that ended: `successful`, `failed`, `ignored` |
/// | `calls_seconds_sum`, `calls_seconds_max` | | response times; see below |
/// | `not_permitted_calls_total` | `kind` | rejected calls: `not_permitted` |
/// | `buffered_calls` | `kind` | calls in the sliding window: `failed`, `successful` |
/// | `slow_calls` | | slow calls in the sliding window; see below |
/// | `failure_rate`, `slow_call_rate` | | in percent; -1 while the window holds too few calls |
///
/// Three metrics differ from resilience4j's. breaker-core doesn't measure response times and slow calls by outcome, so
/// `calls_seconds_sum`, `calls_seconds_max` and `slow_calls` have no label `kind`: leave it out in queries. The sum and
/// the maximum are those of successes and failures, and the maximum is that since the breaker was created.
#[derive(Clone, Debug)]
pub struct Resilience4jCollector {
    registry: Registry,
}

impl Resilience4jCollector {
    /// Creates a collector of this registry's breakers.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        Self { registry: registry.clone() }
    }

    /// Adds the collector to a registry of metrics, as
    /// [`BreakerCollector::register`](crate::BreakerCollector::register) does.
    ///
    /// # Errors
    /// As there.
    pub fn register(self, metrics: &mut prometheus_client::registry::Registry) -> Result<(), RegisterError> {
        register(self, metrics)
    }
}

impl Default for Resilience4jCollector {
    /// Creates a collector of [`Registry::global`].
    fn default() -> Self {
        Self::new(Registry::global())
    }
}

impl Collector for Resilience4jCollector {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let snapshot = self.registry.metrics();
        let mut families = Families::new(encoder, &snapshot.services, "name");
        calls(&mut families)?;
        window(&mut families)
    }
}

const STATES: [&str; 6] = ["closed", "open", "half_open", "forced_open", "disabled", "metrics_only"];

fn state(metrics: &Metrics) -> &'static str {
    match (metrics.mode, metrics.state) {
        (Mode::ForcedOpen, _) => "forced_open",
        (Mode::ForcedClosed, _) => "disabled",
        (Mode::Shadow, _) => "metrics_only",
        (_, State::Closed) => "closed",
        (_, State::Open) => "open",
        (_, State::HalfOpen) => "half_open",
    }
}

fn calls(families: &mut Families<'_, '_>) -> fmt::Result {
    families.write(
        &Family::gauge(
            "resilience4j_circuitbreaker_state",
            "State of the circuit: 1 for the current state, 0 for the others.",
        ),
        |m, samples| {
            let current = state(m);
            samples.gauges("state", STATES.map(|state| (state, u64::from(state == current))))
        },
    )?;
    // prometheus-client has no summaries, so the parts of one are metrics of an unknown type.
    let part = |name, help| Family { kind: Unknown, ..Family::gauge(name, help) };
    families.write(
        &part("resilience4j_circuitbreaker_calls_seconds_count", "Calls that ended, by kind."),
        |m, samples| {
            let kinds = [("successful", m.successes), ("failed", m.failures), ("ignored", m.ignored)];
            samples.gauges("kind", kinds)
        },
    )?;
    families
        .write(&part("resilience4j_circuitbreaker_calls_seconds_sum", "Sum of the response times."), |m, samples| {
            samples.gauge(m.response_time.sum.as_secs_f64())
        })?;
    let max = Family::gauge("resilience4j_circuitbreaker_calls_seconds_max", "Longest response time.");
    families.write(&max, |m, samples| m.response_time.max.map_or(Ok(()), |max| samples.gauge(max.as_secs_f64())))?;
    let rejected = Family::counter("resilience4j_circuitbreaker_not_permitted_calls", "Rejected calls.");
    families.write(&rejected, |m, samples| samples.counters("kind", [("not_permitted", m.rejections)]))
}

fn window(families: &mut Families<'_, '_>) -> fmt::Result {
    families.write(
        &Family::gauge("resilience4j_circuitbreaker_buffered_calls", "Calls in the sliding window, by kind."),
        |m, samples| {
            let successes = m.window.requests.saturating_sub(m.window.failures);
            samples.gauges("kind", [("failed", m.window.failures), ("successful", successes)])
        },
    )?;
    let slow = Family::gauge("resilience4j_circuitbreaker_slow_calls", "Slow calls in the sliding window.");
    families.write(&slow, |m, samples| samples.gauge(m.window.slow))?;
    let failures = Family::gauge(
        "resilience4j_circuitbreaker_failure_rate",
        "Failed calls in the sliding window, in percent; -1 while it holds too few.",
    );
    families.write(&failures, |m, samples| samples.gauge(percent(m.window.failure_rate)))?;
    let slow = Family::gauge(
        "resilience4j_circuitbreaker_slow_call_rate",
        "Slow calls in the sliding window, in percent; -1 while it holds too few.",
    );
    families.write(&slow, |m, samples| samples.gauge(percent(m.window.slow_rate)))
}

fn percent(rate: Option<f64>) -> f64 {
    rate.map_or(-1.0, |rate| rate * 100.0)
}
