#![forbid(unsafe_code)]
// The README's examples need these features; without them it stays in the docs, but its examples aren't run.
#![cfg_attr(
    any(not(doctest), all(feature = "macros", feature = "tokio", feature = "test-util")),
    doc = include_str!("../../README.md")
)]

extern crate self as breaker_core;

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
compile_error!(
    "breaker-core needs a monotonic clock, and this target has none: on wasm32-unknown-unknown `std::time::Instant` \
     panics when it is read; build for a target that has one"
);

mod breaker;
mod by_name;
mod bypass;
mod call;
mod clock;
mod config;
mod deprecated;
mod dispatch;
mod engine;
mod error;
mod event;
mod fallback;
mod health;
mod hub;
mod log;
mod metrics;
mod outcome;
mod permit;
mod registry;
#[cfg(feature = "serde")]
mod seconds;
mod settings;
mod site;
mod sync;
mod timer;
mod unwind;

#[doc(hidden)]
pub mod __private;

pub use breaker::CircuitBreaker;
#[cfg(feature = "test-util")]
pub use breaker::fault::Fault;
pub use breaker::modes::IsolationGuard;
/// Runs each call of a function under the circuit breaker of a service.
///
/// ```
/// use breaker_core::{CircuitBreakerError, Mode, Registry, circuit_breaker};
///
/// #[derive(Debug, PartialEq)]
/// enum StoreError {
///     NotFound,
///     Unavailable,
/// }
///
/// impl From<CircuitBreakerError> for StoreError {
///     fn from(_: CircuitBreakerError) -> Self {
///         Self::Unavailable
///     }
/// }
///
/// #[circuit_breaker(
///     service = "store",
///     failure_rate = 0.5,
///     failure_if = |error| *error != StoreError::NotFound,
///     fallback = from_cache,
/// )]
/// fn read(key: &str) -> Result<String, StoreError> {
///     if key == "a" { Ok("fresh".to_owned()) } else { Err(StoreError::NotFound) }
/// }
///
/// fn from_cache(key: &str, error: StoreError) -> Result<String, StoreError> {
///     Ok(format!("{key} from the cache, because of {error:?}"))
/// }
///
/// assert_eq!(read("a").as_deref(), Ok("fresh"));
/// assert_eq!(read("b"), Err(StoreError::NotFound));
/// Registry::global().get("store").unwrap().set_mode(Mode::ForcedOpen);
/// assert_eq!(read("a").as_deref(), Ok("a from the cache, because of Unavailable"));
/// ```
#[cfg(feature = "macros")]
pub use breaker_macros::circuit_breaker;
pub use bypass::{Bypass, bypass, bypass_sync};
pub use call::{PermitFuture, PermitStream};
pub use clock::Clock;
#[cfg(feature = "test-util")]
pub use clock::ManualClock;
#[cfg(breaker_counts)]
#[doc(hidden)]
pub use clock::ticks;
pub use config::Config;
pub use config::builder::ConfigBuilder;
#[cfg(feature = "tokio")]
#[expect(deprecated, reason = "who uses an old name is told, not who exports it")]
pub use deprecated::BackgroundLoop;
#[expect(deprecated, reason = "who uses an old name is told, not who exports it")]
pub use deprecated::{CheckHealth, Explained, Layer, Said, Total};
#[cfg(breaker_counts)]
#[doc(hidden)]
pub use engine::assume as assume_slot;
pub use error::{CallError, CircuitBreakerError, ConfigError, ConfigFault, Rejection, RejectionReason};
pub use event::{
    BadConfiguration, Cause, ConfiguredValue, Conflict, ConflictKind, Event, EventKind, Mode, PlacedFault, State,
};
pub use health::{HealthCheckResult, HealthReport, HealthStatus, ServiceHealth};
pub use hub::EventStream;
pub use metrics::{Metrics, Rejections, ResponseTime, ResponseTimeBuckets, TimePerState, Transitions, WindowMetrics};
pub use outcome::{ByResult, Classify, ClassifyError, ClassifyFn, Outcome, classify_error, classify_fn};
pub use permit::Permit;
#[cfg(feature = "tokio")]
pub use registry::TaskGuard;
#[cfg(feature = "test-util")]
pub use registry::scope::{Scope, carried::ScopedFuture};
pub use registry::{Registry, RegistryMetrics, TotalMetrics};
pub use settings::{
    Criticality, ExplainedValue, Explanation, Origin, OverriddenValue, Preset, Settings, SettingsLayer,
    SourcedSettings, Window,
};
