//! Circuit breaker for async Rust: annotate a function.
//!
//! A circuit breaker counts how the calls of a service end. After too many failures it *opens*: calls are rejected
//! without running, or answered by a fallback. After [`open_timeout`](ConfigBuilder::open_timeout) it is *half-open*
//! and admits a few calls as *probes*. If they succeed, it *closes*.
//!
//! ```
//! # #[cfg(feature = "macros")] mod example {
//! use breaker_core::{CircuitBreakerError, circuit_breaker};
//!
//! # #[derive(Debug)]
//! enum StoreError {
//!     Unreachable,
//!     Breaker(CircuitBreakerError),
//! }
//!
//! // A rejection or a timeout must fit into the function's error.
//! impl From<CircuitBreakerError> for StoreError {
//!     fn from(error: CircuitBreakerError) -> Self {
//!         StoreError::Breaker(error)
//!     }
//! }
//!
//! #[circuit_breaker(
//!     service = "s3",
//!     failure_threshold = 5,
//!     request_timeout = "2s",
//!     fallback = from_cache,
//! )]
//! async fn fetch(key: &str) -> Result<Vec<u8>, StoreError> {
//!     // Call the service here.
//!     Err(StoreError::Unreachable)
//! }
//!
//! // The same parameters, then the error that the caller would get without a fallback.
//! async fn from_cache(key: &str, error: StoreError) -> Result<Vec<u8>, StoreError> {
//!     if key == "logo" { Ok(Vec::new()) } else { Err(error) }
//! }
//! # }
//! ```
//!
//! All annotated functions with the same `service` share one breaker, which is in the global [`Registry`] before the
//! first call.
//!
//! # Where to find what
//!
//! | to | use |
//! |---|---|
//! | protect a function | [`#[circuit_breaker]`](macro@circuit_breaker), whose page lists all keys |
//! | protect a closure or a future | [`CircuitBreaker::call`], [`CircuitBreaker::call_async`], built from a [`Config`] |
//! | protect a call that is neither | [`CircuitBreaker::try_acquire`], which gives a [`Permit`] |
//! | decide what a failure is | [`Outcome`] and [`Classify`] |
//! | handle a rejection or a timeout | [`CircuitBreakerError`], [`Rejection`], [`CallError`] |
//! | find a breaker by the name of its service | [`Registry::global`] and [`Registry::get`] |
//! | read metrics, events and health | [`Registry::metrics`], [`Registry::on_event`], [`Registry::health`] |
//! | run health checks | [`Registry::health_check`] |
//! | change the configuration at run time | [`Registry::apply`] with [`Settings`]; for files, the crate breaker-config |
//! | see where a value comes from | [`Registry::explain`] and [`Registry::conflicts`] |
//! | force a circuit open, or observe without rejecting | [`CircuitBreaker::set_mode`] with a [`Mode`] |
//! | reach a service whose circuit is open | [`bypass`](bypass()) and [`bypass_sync`] |
//! | test without sleeping, in parallel | `Registry::scope`, `Scope::inject` and `Clock::manual`, with the feature `test-util` |
//!
//! # States
//!
//! - [`State::Closed`]: every call runs and is counted. Any trip rule opens the circuit: consecutive failures, the
//!   number or the share of failures in the sliding window, the share of slow calls. Without a trip rule, 5 consecutive
//!   failures or half of at least 20 calls in 60 s open it.
//! - [`State::Open`]: every call is rejected until the open timeout is over.
//! - [`State::HalfOpen`]: [`half_open_max_calls`](ConfigBuilder::half_open_max_calls) probes run concurrently; all
//!   other calls are rejected. [`success_threshold`](ConfigBuilder::success_threshold) successful probes close the
//!   circuit; one failed probe opens it again. A dropped probe is neutral; one that hangs counts as failed at the end
//!   of [`half_open_timeout`](ConfigBuilder::half_open_timeout).
//!
//! An error is a failure unless a classifier decides otherwise. A panic counts as a failure and keeps unwinding. A
//! future that is dropped before it ends is neutral. A late result, which arrives after the state has changed, is
//! counted but does not affect the circuit.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `macros` | yes | the attribute |
//! | `tokio` | yes | health checks, the log of metrics, tokio's paused time in tests. Without it there is no tokio in the tree, and a `request_timeout` works in any executor |
//! | `serde` | no | `Settings` to and from text; metrics, events, health report and explanations as JSON, durations in seconds |
//! | `tracing` | no | logs |
//! | `test-util` | no | for tests: the manual clock, a registry for each test, injected errors and timeouts |

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

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

/// The examples of the README.
#[cfg(all(doctest, feature = "macros"))]
#[doc = include_str!("../README.md")]
struct Readme;

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
pub use call::{PermitFuture, PermitStream, PolledPermit};
pub use clock::Clock;
#[cfg(feature = "test-util")]
pub use clock::ManualClock;
#[cfg(breaker_counts)]
#[doc(hidden)]
pub use clock::ticks;
pub use config::Config;
pub use config::builder::ConfigBuilder;
#[cfg(feature = "tokio")]
#[expect(deprecated, reason = "the warning is for users of an old name, not for this re-export")]
pub use deprecated::BackgroundLoop;
#[expect(deprecated, reason = "the warning is for users of an old name, not for this re-export")]
pub use deprecated::{CheckHealth, Explained, Layer, Said, Total};
#[cfg(breaker_counts)]
#[doc(hidden)]
pub use engine::assume as assume_slot;
pub use error::{CallError, CircuitBreakerError, ConfigError, ConfigFault, Rejection, RejectionReason};
pub use event::{
    BadConfiguration, Cause, ConfigChange, ConfiguredValue, Conflict, ConflictKind, Event, EventKind, Mode,
    PlacedFault, State,
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
