// The README's examples need these features; without them it stays in the docs, but its examples aren't run.
#![cfg_attr(
    any(not(doctest), all(feature = "macros", feature = "tokio", feature = "test-util")),
    doc = include_str!("../../README.md")
)]

extern crate self as breaker_core;

mod breaker;
mod call;
mod clock;
mod config;
mod engine;
mod error;
mod event;
mod fallback;
mod health;
mod log;
mod metrics;
mod outcome;
mod permit;
mod protect;
mod registry;
mod settings;
mod site;
mod sync;

#[doc(hidden)]
pub mod __private;

pub use breaker::CircuitBreaker;
#[cfg(feature = "macros")]
pub use breaker_macros::circuit_breaker;
pub use clock::Clock;
#[cfg(feature = "test-util")]
pub use clock::ManualClock;
pub use config::{Config, ConfigBuilder};
pub use error::{CallError, CircuitBreakerError, ConfigError, ConfigFault, Rejection, RejectionReason};
pub use event::{Cause, Conflict, Event, EventKind, Mode, Said, State};
pub use health::{HealthReport, HealthStatus, ServiceHealth};
pub use metrics::{Metrics, Rejections, ResponseTime, Transitions, WindowMetrics};
pub use outcome::Outcome;
pub use permit::Permit;
pub use registry::{Registry, RegistryMetrics, Total};
pub use settings::{Preset, Settings, Window};
