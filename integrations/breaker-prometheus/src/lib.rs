//! Metrics of breaker-core's circuit breakers for Prometheus and OpenMetrics, as a collector for
//! [prometheus-client](prometheus_client).
//!
//! Register a [`BreakerCollector`] once. At each scrape, it reads a snapshot of each breaker; calls pay nothing for it.
//!
//! ```
//! use breaker_core::circuit_breaker;
//! use breaker_prometheus::{BreakerCollector, Format};
//!
//! #[circuit_breaker(service = "quotes")]
//! fn quote(symbol: &str) -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
//!     Ok(symbol.len())
//! }
//!
//! let mut metrics = prometheus_client::registry::Registry::default();
//! BreakerCollector::default().register(&mut metrics)?;
//!
//! let _ = quote("ACME");
//! let format = Format::of_accept("text/plain").unwrap();
//! assert_eq!(format.content_type(), "text/plain; version=0.0.4; charset=utf-8");
//! let text = format.encode(&metrics)?;
//! assert!(text.contains("circuit_breaker_requests_total{service=\"quotes\",outcome=\"success\"} 1\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Metrics
//!
//! All have the label `service`. Names, types, labels and buckets are stable.
//!
//! | metric | type | further labels | meaning |
//! |---|---|---|---|
//! | `circuit_breaker_requests_total` | counter | `outcome`: `success`, `failure`, `ignored`, `abandoned`, `rejected` | calls that ended; the sum over all outcomes is everything that asked for admission, except calls in flight |
//! | `circuit_breaker_rejections_total` | counter | `reason`: `open`, `half_open`, `forced_open` | rejected calls |
//! | `circuit_breaker_timeouts_total` | counter | | failures that were the breaker's own `request_timeout` |
//! | `circuit_breaker_fallbacks_total` | counter | `outcome`: `success`, `failure` | fallbacks that ran |
//! | `circuit_breaker_in_flight` | gauge | | calls in flight |
//! | `circuit_breaker_call_duration_seconds` | histogram | `le` | response times of calls that ended in a success or a failure |
//! | `circuit_breaker_state` | gauge | `state`: `closed`, `open`, `half_open` | 1 for the current state, 0 for the others |
//! | `circuit_breaker_transitions_total` | counter | `from`, `to` | changes of state |
//! | `circuit_breaker_state_seconds_total` | counter | `state` | time in each state |
//! | `circuit_breaker_failure_rate` | gauge | | share of failed calls in the sliding window, from 0 to 1 |
//! | `circuit_breaker_slow_call_rate` | gauge | | share of slow calls in the sliding window, from 0 to 1 |
//!
//! The two rates are absent while the window holds fewer calls than `minimum_requests`, the rate of slow calls also without a
//! `slow_call_duration`; they are never NaN. The histogram
//! has the same buckets for every service: 2^17 ns (131 µs), each power of two from 2^20 ns (1.05 ms) to 2^30 ns (1.07 s),
//! 2^32 ns (4.3 s), 2^35 ns (34 s), and infinity. Bounds are inclusive, and counts are exact.
//!
//! # Formats
//!
//! [`Format::Text`] and [`Format::OpenMetrics`] have the same samples. OpenMetrics also has units. [`Format::of_accept`]
//! chooses one, and [`negotiate`] one of these and others. prometheus-client's own encoders work, too.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `resilience4j` | no | a collector with the metric names of Java's resilience4j |

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![allow(clippy::doc_markdown, reason = "OpenMetrics is the name of a format, not an item")]

mod accept;
mod collector;
mod families;
mod format;
mod register;
#[cfg(feature = "resilience4j")]
mod resilience4j;
mod samples;

/// The examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use accept::negotiate;
pub use collector::BreakerCollector;
pub use format::Format;
pub use register::RegisterError;
#[cfg(feature = "resilience4j")]
pub use resilience4j::Resilience4jCollector;
