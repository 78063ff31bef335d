//! The collector of a registry's breakers.

use std::fmt;

use breaker_core::Registry;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use crate::families;
use crate::register::{RegisterError, register};
use crate::samples::Families;

/// The metrics of all breakers of a registry, for a [`prometheus_client::registry::Registry`].
///
/// It reads a snapshot of each breaker whenever the metrics are encoded, and otherwise does nothing: calls pay nothing
/// for it. Breakers that are created later appear in the next scrape. Clones read the same registry.
///
/// ```
/// use breaker_core::{Config, Registry};
/// use breaker_prometheus::{BreakerCollector, Format};
///
/// let breakers = Registry::new();
/// let search = breakers.get_or_create("search", Config::default());
/// let mut metrics = prometheus_client::registry::Registry::default();
/// BreakerCollector::new(&breakers).register(&mut metrics)?;
///
/// let _ = search.call(|| Ok::<_, String>("found"));
/// let text = Format::Text.encode(&metrics)?;
/// assert!(text.contains("circuit_breaker_requests_total{service=\"search\",outcome=\"success\"} 1\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct BreakerCollector {
    registry: Registry,
}

impl BreakerCollector {
    /// Creates a collector of this registry's breakers.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        Self { registry: registry.clone() }
    }

    /// Adds the collector to a registry of metrics.
    ///
    /// To see which metrics the registry has, it encodes them once. It doesn't see what is registered elsewhere: in a
    /// registry of which this one is a sub-registry, and in a sub-registry that you add later.
    ///
    /// # Errors
    /// If the registry or one of its sub-registries already has one of the collector's metrics, with the same name or
    /// after a prefix; or if one of its metrics can't be encoded. Nothing is added then. (prometheus-client's own
    /// [`register_collector`](prometheus_client::registry::Registry::register_collector) accepts a second collector,
    /// and every scrape then has each metric twice.)
    ///
    /// ```
    /// use breaker_prometheus::BreakerCollector;
    ///
    /// let mut metrics = prometheus_client::registry::Registry::default();
    /// BreakerCollector::default().register(&mut metrics)?;
    /// let error = BreakerCollector::default().register(&mut metrics).unwrap_err();
    /// assert!(error.to_string().starts_with("the registry already has a metric `circuit_breaker_requests_total`"));
    /// # Ok::<(), breaker_prometheus::RegisterError>(())
    /// ```
    pub fn register(self, metrics: &mut prometheus_client::registry::Registry) -> Result<(), RegisterError> {
        register(self, metrics)
    }
}

impl Default for BreakerCollector {
    /// Creates a collector of [`Registry::global`], where annotated functions have their breakers.
    fn default() -> Self {
        Self::new(Registry::global())
    }
}

impl Collector for BreakerCollector {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let snapshot = self.registry.metrics();
        families::write(&mut Families::new(encoder, &snapshot.services, "service"))
    }
}
