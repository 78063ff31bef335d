//! The checked configuration of one breaker.

mod as_settings;
mod assemble;
pub(crate) mod builder;
mod presets;

use std::time::Duration;

use crate::settings::{Criticality, Settings, Window};

/// All that a breaker has to know, checked and complete. It is made by [`Config::builder`], by a preset, or by
/// [`Settings::resolve`].
///
/// ```
/// use breaker_core::Config;
/// use std::time::Duration;
///
/// let config = Config::builder()
///     .failure_rate(0.5)
///     .window(100) // the last 100 calls; or a `Duration`
///     .open_timeout(Duration::from_secs(10))
///     .build()?;
/// assert_eq!(config.failure_rate(), Some(0.5));
/// assert_eq!(config.failure_threshold(), None); // 5, were there no other trip rule
/// # Ok::<(), breaker_core::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Config {
    /// What it was made of: sources that are laid over it beat this, not the defaults that nobody has written.
    said: Settings,
    failure_threshold: Option<u32>,
    consecutive_failures: Option<u32>,
    failure_rate: Option<f64>,
    slow_call_duration: Option<Duration>,
    slow_call_rate: Option<f64>,
    minimum_requests: Option<u32>,
    window: Window,
    open_timeout: Duration,
    open_timeout_multiplier: f64,
    open_timeout_max: Duration,
    open_timeout_jitter: f64,
    success_threshold: u32,
    half_open_max_calls: u32,
    half_open_timeout: Duration,
    request_timeout: Option<Duration>,
    fail_fast: bool,
    response_times: bool,
    enable_health_check: bool,
    health_check_interval: Duration,
    health_check_timeout: Duration,
    health_check_failures: u32,
    criticality: Criticality,
    metrics_log_interval: Duration,
}

impl Config {
    /// Failures inside the window that open the circuit; `None`: this rule is off. Default: 5 (or the window's length, if
    /// that is fewer calls), unless another trip rule is set.
    pub const fn failure_threshold(&self) -> Option<u32> {
        self.failure_threshold
    }

    /// Failures in a row that open the circuit; `None`, the default: this rule is off.
    pub const fn consecutive_failures(&self) -> Option<u32> {
        self.consecutive_failures
    }

    /// Share of failures among the calls in the window that opens the circuit, above 0 and at most 1; `None`, the
    /// default: this rule is off.
    pub const fn failure_rate(&self) -> Option<f64> {
        self.failure_rate
    }

    /// A call that takes at least this long is slow; `None`, the default: no call is.
    pub const fn slow_call_duration(&self) -> Option<Duration> {
        self.slow_call_duration
    }

    /// Share of slow calls among the calls in the window that opens the circuit, above 0 and at most 1; `None`, the
    /// default: this rule is off. If set, so is [`slow_call_duration`](Self::slow_call_duration).
    pub const fn slow_call_rate(&self) -> Option<f64> {
        self.slow_call_rate
    }

    /// How many calls the window has to hold before any windowed rule is evaluated, if that was set. If not (`None`,
    /// the default), each kind of rule has its own: [`minimum_for_rates`](Self::minimum_for_rates) and
    /// [`minimum_for_threshold`](Self::minimum_for_threshold).
    pub const fn minimum_requests(&self) -> Option<u32> {
        self.minimum_requests
    }

    /// How many calls the window has to hold before `failure_rate` and `slow_call_rate` are evaluated: what was set;
    /// otherwise 10, or the length of a window of fewer than 10 calls.
    pub const fn minimum_for_rates(&self) -> u32 {
        match (self.minimum_requests, self.window) {
            (Some(minimum), _) => minimum,
            (None, Window::Calls(calls)) if calls < 10 => calls,
            (None, _) => 10,
        }
    }

    /// How many calls the window has to hold before `failure_threshold` is evaluated: what was set, otherwise 1.
    pub const fn minimum_for_threshold(&self) -> u32 {
        match self.minimum_requests {
            Some(minimum) => minimum,
            None => 1,
        }
    }

    /// What the windowed rules look back on: a span of time or a number of calls (1 to 16384). Default: 60 s.
    pub const fn window(&self) -> Window {
        self.window
    }

    /// How long the circuit stays open before it probes. Default: 30 s (or `open_timeout_max`, if that was set
    /// shorter).
    pub const fn open_timeout(&self) -> Duration {
        self.open_timeout
    }

    /// By how much the open time is multiplied each time a probe fails, at least 1. Default: 1, it stays the same.
    pub const fn open_timeout_multiplier(&self) -> f64 {
        self.open_timeout_multiplier
    }

    /// The longest that the open time can become; never shorter than `open_timeout`. Default: the longer of 10 min and
    /// `open_timeout`.
    pub const fn open_timeout_max(&self) -> Duration {
        self.open_timeout_max
    }

    /// Each open time is shortened by a random share of up to this much, 0 to 1. Default: 0, it is exact.
    pub const fn open_timeout_jitter(&self) -> f64 {
        self.open_timeout_jitter
    }

    /// Successful probes that close the circuit. Default: 2.
    pub const fn success_threshold(&self) -> u32 {
        self.success_threshold
    }

    /// Probes that may be in flight at once while the circuit is half-open. Default: `success_threshold`.
    pub const fn half_open_max_calls(&self) -> u32 {
        self.half_open_max_calls
    }

    /// The lease of a probe: one that has not ended by then has failed. Default: the longer of `open_timeout` and
    /// `request_timeout`.
    pub const fn half_open_timeout(&self) -> Duration {
        self.half_open_timeout
    }

    /// An async call that takes this long is cancelled, and counted as a failure and as a timeout; `None`, the default:
    /// calls may take as long as they like. One that a preset brings gives way to a longer `slow_call_duration`.
    pub const fn request_timeout(&self) -> Option<Duration> {
        self.request_timeout
    }

    /// Whether a rejected or failed call without a fallback gives its error. If not, annotated functions give
    /// `Ok(Default::default())` instead. Default: true.
    pub const fn fail_fast(&self) -> bool {
        self.fail_fast
    }

    /// Whether the time of every call is measured. Default: true.
    pub const fn response_times(&self) -> bool {
        self.response_times
    }

    /// Whether a registered health check drives the state. Default: false.
    pub const fn enable_health_check(&self) -> bool {
        self.enable_health_check
    }

    /// The time from one health check to the next. Default: 15 s.
    pub const fn health_check_interval(&self) -> Duration {
        self.health_check_interval
    }

    /// A health check that takes this long has failed; never longer than the interval. Default: 5 s, or the interval if
    /// that is shorter.
    pub const fn health_check_timeout(&self) -> Duration {
        self.health_check_timeout
    }

    /// Failed health checks in a row that open the circuit, at least 1. Default: 1.
    pub const fn health_check_failures(&self) -> u32 {
        self.health_check_failures
    }

    /// Whether the program can do its work without the service: in the health report an optional service that is open
    /// makes the whole degraded, never down. Default: critical.
    pub const fn criticality(&self) -> Criticality {
        self.criticality
    }

    /// How often `Registry::log_metrics` logs what the service counts. Default: 60 s.
    pub const fn metrics_log_interval(&self) -> Duration {
        self.metrics_log_interval
    }
}

#[cfg(test)]
mod tests;
