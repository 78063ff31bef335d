//! Read-only snapshot of a breaker. Taking it adds no work to calls.

mod buckets;
mod from_snapshot;

use std::time::Duration;

pub use buckets::ResponseTimeBuckets;

use crate::engine::state::{Mode, State};
#[cfg(feature = "serde")]
use crate::seconds;

/// All counters of a breaker at one moment.
///
/// In every snapshot, `requests = successes + failures + ignored + abandoned + rejections + in_flight`. Counters are
/// cumulative since the breaker was created and never decrease; the sliding window is in [`window`](Self::window).
/// Later versions may add fields, here and in the nested types. As JSON (feature `serde`), fields have these names, and
/// durations are numbers of seconds.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Metrics {
    /// The breaker's name.
    pub service: &'static str,
    /// The effective state: an open circuit whose open timeout has passed reads as half-open.
    pub state: State,
    /// Whether the circuit decides on its own, or a mode overrides it.
    pub mode: Mode,
    /// Calls that asked for admission.
    pub requests: u64,
    /// Calls that succeeded.
    pub successes: u64,
    /// Calls that failed, panicked or timed out.
    pub failures: u64,
    /// Failures that were the breaker's own `request_timeout`.
    pub timeouts: u64,
    /// Calls that were rejected.
    pub rejections: u64,
    /// Rejected calls by reason.
    pub rejections_by_reason: Rejections,
    /// Calls whose outcome was ignored.
    pub ignored: u64,
    /// Calls whose caller dropped them before they ended.
    pub abandoned: u64,
    /// Calls that took at least `slow_call_duration`.
    pub slow: u64,
    /// Late results: they arrived after the state had changed, and affected no rule.
    pub late: u64,
    /// Calls in flight. If calls end while the snapshot is taken, it may still include them; it is never too low.
    pub in_flight: u64,
    /// Fallbacks that returned a value.
    pub fallback_successes: u64,
    /// Fallbacks that returned an error or panicked.
    pub fallback_failures: u64,
    /// Calls admitted in [`Mode::Shadow`] that [`Mode::Automatic`] would have rejected.
    pub would_reject: u64,
    /// Changes of state so far.
    pub transitions: Transitions,
    /// Events that listeners of this breaker missed because their queues were full, counted once for each listener.
    /// Streams count theirs separately: [`EventStream::missed`](crate::EventStream::missed).
    pub dropped_events: u64,
    /// Response times of calls that ended in a success or a failure.
    pub response_time: ResponseTime,
    /// The sliding window.
    pub window: WindowMetrics,
    /// Successes divided by successes plus failures, since the breaker was created; `None` before the first of either.
    pub success_rate: Option<f64>,
    /// Failures divided by successes plus failures, since the breaker was created; `None` before the first of either.
    pub failure_rate: Option<f64>,
    /// Failures since the last success. Exact across threads if `consecutive_failures` is set. Otherwise each thread
    /// counts the failures since its own last success, at no extra cost, and this is the highest of these counts: an
    /// idle thread keeps its count until it succeeds or the state changes.
    pub consecutive_failures: u64,
    /// Time since the last change of the effective state.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize"))]
    pub time_in_state: Duration,
    /// Total time in each state.
    pub time_per_state: TimePerState,
    /// While open, the remaining time until the circuit admits probes. `None` otherwise, and while forced open.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize_option"))]
    pub retry_after: Option<Duration>,
}

/// Rejected calls by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Rejections {
    /// The circuit was open.
    pub open: u64,
    /// The circuit was half-open, and all probe permits were in use.
    pub half_open: u64,
    /// The circuit was forced open.
    pub forced_open: u64,
}

/// State transitions by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Transitions {
    /// Times that the circuit opened from closed.
    pub closed_to_open: u64,
    /// Open periods that ended with a probe.
    pub open_to_half_open: u64,
    /// Times that probes closed the circuit.
    pub half_open_to_closed: u64,
    /// Times that probes opened the circuit again.
    pub half_open_to_open: u64,
    /// Times that an open circuit was closed by hand.
    pub open_to_closed: u64,
}

/// Total time in each state since the breaker was created; the sum is the breaker's age. As in [`Metrics::state`], an
/// open circuit whose open timeout has passed counts as half-open. A circuit that is forced open counts as open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TimePerState {
    /// Time closed.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize"))]
    pub closed: Duration,
    /// Time open.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize"))]
    pub open: Duration,
    /// Time half-open.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize"))]
    pub half_open: Duration,
}

/// Response times. Percentiles are accurate to 5 % between 64 ns and 137 s; a percentile above 137 s is reported as the
/// maximum. Calls that `response_times = false` leaves unmeasured are not included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ResponseTime {
    /// Number of measured calls.
    pub count: u64,
    /// Sum of their response times.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize"))]
    pub sum: Duration,
    /// `sum / count`.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize_option"))]
    pub average: Option<Duration>,
    /// The shortest response time.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize_option"))]
    pub min: Option<Duration>,
    /// The longest response time.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize_option"))]
    pub max: Option<Duration>,
    /// Median: half of the calls took at most this long.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize_option"))]
    pub p50: Option<Duration>,
    /// 90th percentile.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize_option"))]
    pub p90: Option<Duration>,
    /// 99th percentile.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize_option"))]
    pub p99: Option<Duration>,
    /// Cumulative histogram.
    pub buckets: ResponseTimeBuckets,
}

/// Contents of the sliding window.
///
/// With `response_times = false` and no rule on a rate, a success doesn't read the clock. A time-based window then
/// holds only failures: [`holds_successes`](Self::holds_successes) is false, and the rates are `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct WindowMetrics {
    /// Whether the window includes successes. If not, `requests` counts only failures, and the rates are `None`.
    pub holds_successes: bool,
    /// Calls in the window.
    pub requests: u64,
    /// Failed calls in the window.
    pub failures: u64,
    /// Slow calls in the window.
    pub slow: u64,
    /// Failures divided by requests; `None` while the window holds fewer than `minimum_requests` calls. If that key is
    /// unset, the minimum is the default of the rate rules where one is set, otherwise 1.
    pub failure_rate: Option<f64>,
    /// Slow calls divided by requests; `None` as above, and while `slow_call_duration` is unset.
    pub slow_rate: Option<f64>,
}

impl Transitions {
    /// Returns the sum of all transitions.
    pub fn total(&self) -> u64 {
        let Self { closed_to_open, open_to_half_open, half_open_to_closed, half_open_to_open, open_to_closed } = self;
        closed_to_open + open_to_half_open + half_open_to_closed + half_open_to_open + open_to_closed
    }
}
