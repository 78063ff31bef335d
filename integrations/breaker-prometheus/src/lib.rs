//! Metrics of breaker-core's circuit breakers for Prometheus and OpenMetrics, as a collector for prometheus-client.
#![doc = ""]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod accept;
mod collector;
mod families;
mod format;
mod register;
#[cfg(feature = "resilience4j")]
mod resilience4j;
mod samples;

pub use collector::BreakerCollector;
pub use format::Format;
pub use register::RegisterError;
#[cfg(feature = "resilience4j")]
pub use resilience4j::Resilience4jCollector;
