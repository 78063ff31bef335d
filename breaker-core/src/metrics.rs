//! The read-only snapshot of a breaker. Reading it costs its reader, never a call.

mod buckets;
mod from_snapshot;

use std::time::Duration;

pub use buckets::ResponseTimeBuckets;

use crate::engine::state::{Mode, State};
#[cfg(feature = "serde")]
use crate::seconds;

/// Everything that a breaker counts, at one moment.
///
/// `requests = successes + failures + ignored + abandoned + rejections + in_flight`, in every snapshot. Counters are
/// cumulative since the breaker was made and never go back; what slides is under [`window`](Self::window). More fields may
/// come, here and in its parts. As JSON (feature `serde`), fields have these names, and durations are seconds.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Metrics {
    /// The breaker's name.
    pub service: &'static str,
    /// The effective state: an open circuit past its open time reads half-open.
    pub state: State,
    /// Who decides.
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
    /// The same, by reason.
    pub rejections_by_reason: Rejections,
    /// Calls whose error was ignored.
    pub ignored: u64,
    /// Calls whose caller dropped them before they ended.
    pub abandoned: u64,
    /// Calls that took at least `slow_call_duration`.
    pub slow: u64,
    /// Results that came after the state had changed, and so decided nothing.
    pub late: u64,
    /// Calls that are running. Read while others begin and end, it may count those that end meanwhile, never too few.
    pub in_flight: u64,
    /// Fallbacks that gave a value.
    pub fallback_successes: u64,
    /// Fallbacks that gave an error or panicked.
    pub fallback_failures: u64,
    /// Calls that the mode [`Mode::Shadow`] let through and [`Mode::Automatic`] would have rejected.
    pub would_reject: u64,
    /// Changes of state so far.
    pub transitions: Transitions,
    /// Events that listeners of this breaker missed because their queues were full, counted for each listener. A stream
    /// counts its own: [`EventStream::missed`](crate::EventStream::missed).
    pub dropped_events: u64,
    /// How long calls took that ended as a success or a failure.
    pub response_time: ResponseTime,
    /// The sliding window.
    pub window: WindowMetrics,
    /// Successes as a share of successes and failures, since the breaker was made; `None` before the first.
    pub success_rate: Option<f64>,
    /// Failures as a share of successes and failures, since the breaker was made; `None` before the first.
    pub failure_rate: Option<f64>,
    /// Failures since the last success. Exact over all threads where the key `consecutive_failures` is set. Otherwise each
    /// thread counts failures since its own last success, which costs nothing, and this is the longest such run: an idle
    /// thread keeps its run until it succeeds or the state changes.
    pub consecutive_failures: u64,
    /// Since when the state is what it is.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize"))]
    pub time_in_state: Duration,
    /// How long the breaker has been in each state, all in all.
    pub time_per_state: TimePerState,
    /// Open: how long until it probes.
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
    /// The circuit was half-open, and all probe permits were out.
    pub half_open: u64,
    /// The circuit was forced open.
    pub forced_open: u64,
}

/// Changes of state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Transitions {
    /// Openings.
    pub closed_to_open: u64,
    /// Open times that ended with a probe.
    pub open_to_half_open: u64,
    /// Recoveries.
    pub half_open_to_closed: u64,
    /// Failed recoveries.
    pub half_open_to_open: u64,
    /// Closed by hand while open.
    pub open_to_closed: u64,
}

/// How long a breaker has been in each state since it was made; together, its age. It counts what its users see: an open
/// circuit past its open time is half-open, one that is forced open is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TimePerState {
    /// Closed.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize"))]
    pub closed: Duration,
    /// Open.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize"))]
    pub open: Duration,
    /// Half-open.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize"))]
    pub half_open: Duration,
}

/// How long calls took. Percentiles are within 5 % between 64 ns and 137 s; one that falls on a call longer than
/// that is the maximum. A call that `response_times = false` left unmeasured isn't in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ResponseTime {
    /// Calls measured.
    pub count: u64,
    /// Their total.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize"))]
    pub sum: Duration,
    /// `sum / count`.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize_option"))]
    pub average: Option<Duration>,
    /// The shortest.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize_option"))]
    pub min: Option<Duration>,
    /// The longest.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize_option"))]
    pub max: Option<Duration>,
    /// Half of the calls took no longer.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize_option"))]
    pub p50: Option<Duration>,
    /// Nine of ten calls took no longer.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize_option"))]
    pub p90: Option<Duration>,
    /// 99 of 100 calls took no longer.
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds::serialize_option"))]
    pub p99: Option<Duration>,
    /// How many calls took at most so long, for a histogram.
    pub buckets: ResponseTimeBuckets,
}

/// What the sliding window holds.
///
/// With `response_times = false` and no rule that asks for a share, a success reads no clock, so a window by time
/// holds failures only: [`holds_successes`](Self::holds_successes) is false, and its rates are `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct WindowMetrics {
    /// Whether successes have a place in the window. Where they don't, `requests` are the failures alone, and no rate is
    /// shown.
    pub holds_successes: bool,
    /// Calls in the window.
    pub requests: u64,
    /// Of them, failures.
    pub failures: u64,
    /// Of them, slow calls.
    pub slow: u64,
    /// Failures as a share of requests; `None` while the window holds fewer than `minimum_requests` calls (unless said:
    /// what a rate is judged by where one is a rule, otherwise 1).
    pub failure_rate: Option<f64>,
    /// Slow calls as a share of requests; `None` as above, and while `slow_call_duration` is unset.
    pub slow_rate: Option<f64>,
}

impl Transitions {
    /// All together.
    pub fn total(&self) -> u64 {
        let Self { closed_to_open, open_to_half_open, half_open_to_closed, half_open_to_open, open_to_closed } = self;
        closed_to_open + open_to_half_open + half_open_to_closed + half_open_to_open + open_to_closed
    }
}
