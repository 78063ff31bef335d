//! Counts and limits in, verdict out: pure. Every comparison is "at least", on exact counts.

use std::fmt;
use std::time::Duration;

/// The limits of a configuration, in the engine's units (nanoseconds, counts).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limits {
    pub(crate) failure_threshold: Option<u32>,
    pub(crate) consecutive_failures: Option<u32>,
    pub(crate) failure_rate: Option<f64>,
    pub(crate) slow_call_duration: Option<u64>,
    pub(crate) slow_call_rate: Option<f64>,
    /// As the user set it; `None` leaves the rules to their defaults.
    pub(crate) minimum_requests: Option<u32>,
    pub(crate) window: WindowLength,
    pub(crate) open_timeout: u64,
    pub(crate) open_timeout_multiplier: f64,
    pub(crate) open_timeout_max: u64,
    pub(crate) open_timeout_jitter: f64,
    pub(crate) success_threshold: u32,
    pub(crate) half_open_max_calls: u32,
    pub(crate) half_open_timeout: u64,
    pub(crate) response_times: bool,
}

/// How long the window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WindowLength {
    /// Nanoseconds.
    Time(u64),
    Calls(u32),
}

/// What a window holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) requests: u64,
    pub(crate) failures: u64,
    pub(crate) slow: u64,
}

/// Why a circuit changed its state, with the numbers that decided.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Cause {
    /// The window held at least `failure_threshold` failures.
    FailureThreshold {
        /// Failures in the window.
        failures: u64,
        /// The limit that they reached.
        threshold: u32,
    },
    /// At least `consecutive_failures` calls in a row failed.
    ConsecutiveFailures {
        /// Failures in a row.
        failures: u64,
        /// The limit that they reached.
        threshold: u32,
    },
    /// The share of failures in the window reached `failure_rate`.
    FailureRate {
        /// Failures in the window.
        failures: u64,
        /// Calls in the window.
        requests: u64,
        /// The limit that their share reached.
        threshold: f64,
    },
    /// The share of slow calls in the window reached `slow_call_rate`.
    SlowCallRate {
        /// Slow calls in the window.
        slow: u64,
        /// Calls in the window.
        requests: u64,
        /// The limit that their share reached.
        threshold: f64,
    },
    /// A call's outcome was `Outcome::OpenFor`.
    OpenFor {
        /// How long the circuit stays open.
        open_for: Duration,
    },
    /// The open time is over, and a call came to probe.
    OpenTimeoutElapsed,
    /// `success_threshold` probes succeeded.
    ProbesSucceeded {
        /// Probes that succeeded.
        successes: u64,
    },
    /// A probe failed.
    ProbeFailed,
    /// A probe was slow, and slow calls are a rule.
    ProbeSlow,
    /// A probe had not ended after `half_open_timeout`.
    ProbeTimedOut,
    /// A health check failed.
    HealthCheckFailed,
    /// A health check succeeded while the circuit was open: it probes at once.
    HealthCheckPassed,
    /// `reset()` was called.
    Reset,
    /// The mode `ForcedClosed` closed it.
    Forced,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FailureThreshold { failures, threshold } => {
                write!(f, "{failures} failures in the window (failure_threshold = {threshold})")
            }
            Self::ConsecutiveFailures { failures, threshold } => {
                write!(f, "{failures} failures in a row (consecutive_failures = {threshold})")
            }
            Self::FailureRate { failures, requests, threshold } => {
                write!(f, "{failures} of {requests} calls failed (failure_rate = {threshold})")
            }
            Self::SlowCallRate { slow, requests, threshold } => {
                write!(f, "{slow} of {requests} calls were slow (slow_call_rate = {threshold})")
            }
            Self::OpenFor { open_for } => write!(f, "a call asked to stay away for {open_for:?}"),
            Self::OpenTimeoutElapsed => f.write_str("the open time is over"),
            Self::ProbesSucceeded { successes } => write!(f, "{successes} probes succeeded"),
            Self::ProbeFailed => f.write_str("a probe failed"),
            Self::ProbeSlow => f.write_str("a probe was slow"),
            Self::ProbeTimedOut => f.write_str("a probe did not end within half_open_timeout"),
            Self::HealthCheckFailed => f.write_str("a health check failed"),
            Self::HealthCheckPassed => f.write_str("a health check succeeded"),
            Self::Reset => f.write_str("reset by hand"),
            Self::Forced => f.write_str("forced closed by hand"),
        }
    }
}

impl Limits {
    /// The part of the limits that a verdict needs.
    pub(crate) fn rules(&self) -> Rules {
        let default_minimum = match self.window {
            WindowLength::Calls(calls) => calls.min(10),
            WindowLength::Time(_) => 10,
        };
        Rules {
            failure_threshold: self.failure_threshold,
            consecutive_failures: self.consecutive_failures,
            failure_rate: self.failure_rate,
            slow_call_rate: self.slow_call_rate,
            minimum_for_rates: self.minimum_requests.unwrap_or(default_minimum),
            minimum_for_threshold: self.minimum_requests.unwrap_or(1),
        }
    }

    /// Whether calls are measured.
    pub(crate) fn is_timed(&self) -> bool {
        self.response_times || self.slow_call_duration.is_some()
    }

    /// Whether successes have their place in the window.
    pub(crate) fn places_successes(&self) -> bool {
        self.is_timed() || self.rules().success_can_trip() || matches!(self.window, WindowLength::Calls(_))
    }

    /// Whether a slow probe is as bad as a failed one.
    pub(crate) fn slow_is_a_rule(&self) -> bool {
        self.slow_call_rate.is_some()
    }
}

/// When the circuit opens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rules {
    pub(crate) failure_threshold: Option<u32>,
    pub(crate) consecutive_failures: Option<u32>,
    pub(crate) failure_rate: Option<f64>,
    pub(crate) slow_call_rate: Option<f64>,
    /// Calls that the window must hold before a rate is judged.
    pub(crate) minimum_for_rates: u32,
    /// Calls that the window must hold before failures are held against `failure_threshold`.
    pub(crate) minimum_for_threshold: u32,
}

impl Rules {
    /// Whether a success may complete the grounds for opening.
    pub(crate) fn success_can_trip(&self) -> bool {
        self.has_rate() || (self.failure_threshold.is_some() && self.minimum_for_threshold > 1)
    }

    /// Whether any rule looks at the window at all.
    pub(crate) fn window_can_trip(&self) -> bool {
        self.has_rate() || self.failure_threshold.is_some()
    }

    /// The most calls that any rule waits for before it judges.
    pub(crate) fn minimum(&self) -> u64 {
        let rates = if self.has_rate() { self.minimum_for_rates } else { 1 };
        u64::from(rates.max(self.minimum_for_threshold))
    }

    /// The fewest calls of which a share is shown.
    pub(crate) fn minimum_shown(&self) -> u64 {
        u64::from(if self.has_rate() { self.minimum_for_rates } else { self.minimum_for_threshold })
    }

    fn has_rate(&self) -> bool {
        self.failure_rate.is_some() || self.slow_call_rate.is_some()
    }

    /// As words that callers can read without a lock; `from_bits` undoes it.
    pub(crate) fn to_bits(self) -> [u64; 5] {
        let count = |limit: Option<u32>| limit.map_or(u64::MAX, u64::from);
        let rate = |limit: Option<f64>| limit.map_or(u64::MAX, f64::to_bits);
        let minimums = u64::from(self.minimum_for_rates) << 32 | u64::from(self.minimum_for_threshold);
        [
            count(self.failure_threshold),
            count(self.consecutive_failures),
            rate(self.failure_rate),
            rate(self.slow_call_rate),
            minimums,
        ]
    }

    #[expect(clippy::cast_possible_truncation, reason = "two halves of a word")]
    pub(crate) fn from_bits([threshold, in_a_row, rate, slow_rate, minimums]: [u64; 5]) -> Self {
        let count = |bits: u64| u32::try_from(bits).ok();
        // No rate is NaN, and the bits of "none" are one.
        let share = |bits: u64| (bits != u64::MAX).then(|| f64::from_bits(bits));
        Self {
            failure_threshold: count(threshold),
            consecutive_failures: count(in_a_row),
            failure_rate: share(rate),
            slow_call_rate: share(slow_rate),
            minimum_for_rates: (minimums >> 32) as u32,
            minimum_for_threshold: minimums as u32,
        }
    }
}

/// The rule that opens the circuit, if one does.
pub(crate) fn verdict(counts: Counts, in_a_row: u64, rules: &Rules) -> Option<Cause> {
    let Counts { requests, failures, slow } = counts;
    if let Some(threshold) = rules.consecutive_failures
        && in_a_row >= u64::from(threshold)
    {
        return Some(Cause::ConsecutiveFailures { failures: in_a_row, threshold });
    }
    if let Some(threshold) = rules.failure_threshold
        && requests >= u64::from(rules.minimum_for_threshold)
        && failures >= u64::from(threshold)
    {
        return Some(Cause::FailureThreshold { failures, threshold });
    }
    if requests < u64::from(rules.minimum_for_rates) {
        return None;
    }
    if let Some(threshold) = rules.failure_rate
        && reaches(failures, requests, threshold)
    {
        return Some(Cause::FailureRate { failures, requests, threshold });
    }
    if let Some(threshold) = rules.slow_call_rate
        && reaches(slow, requests, threshold)
    {
        return Some(Cause::SlowCallRate { slow, requests, threshold });
    }
    None
}

/// `part` of `whole`, or `None` of nothing.
#[allow(clippy::cast_precision_loss, reason = "counts beyond 2^53 are out of any window's reach")]
pub(crate) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The quotient is rounded to the nearest double, and so was the threshold when its decimals were read: 7 of 100
/// reaches 0.07. (A product, 0.07 × 100, would not.)
fn reaches(part: u64, whole: u64, threshold: f64) -> bool {
    share(part, whole).is_some_and(|share| share >= threshold)
}

/// Failures (and slow calls) that may still come, whatever else comes, before a verdict can change; never too many.
/// Only meaningful once the window holds `minimum()` calls, and until a slice leaves it.
pub(crate) fn headroom(counts: Counts, rules: &Rules) -> u64 {
    let Counts { requests, failures, slow } = counts;
    let threshold = rules.failure_threshold.map(|t| u64::from(t).saturating_sub(failures + 1));
    let rate = rules.failure_rate.map(|rate| rate_room(failures, requests, rate));
    let slow_rate = rules.slow_call_rate.map(|rate| rate_room(slow, requests, rate));
    [threshold, rate, slow_rate].into_iter().flatten().min().unwrap_or(u64::MAX)
}

/// How many more of `part` keep `part / whole` below `rate`, if nothing else comes: x < (rate·whole − part)/(1 − rate).
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "rounded down, less a part in a million and one call: too few is slower, never wrong"
)]
fn rate_room(part: u64, whole: u64, rate: f64) -> u64 {
    let room = (rate * whole as f64 - part as f64) / (1.0 - rate).max(1e-6);
    ((room * (1.0 - 1e-6)) as u64).saturating_sub(1)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const NONE: Limits = Limits {
        failure_threshold: None,
        consecutive_failures: None,
        failure_rate: None,
        slow_call_duration: None,
        slow_call_rate: None,
        minimum_requests: None,
        window: WindowLength::Time(60_000_000_000),
        open_timeout: 30,
        open_timeout_multiplier: 1.0,
        open_timeout_max: 600,
        open_timeout_jitter: 0.0,
        success_threshold: 2,
        half_open_max_calls: 2,
        half_open_timeout: 30,
        response_times: true,
    };

    fn counts(requests: u64, failures: u64) -> Counts {
        Counts { requests, failures, slow: 0 }
    }

    #[test]
    fn a_rate_is_reached_exactly_for_every_two_digit_share() {
        for percent in 1..=100_u32 {
            let limits = Limits { failure_rate: Some(f64::from(percent) / 100.0), ..NONE };
            let failures = u64::from(percent);
            assert!(verdict(counts(100, failures), 0, &limits.rules()).is_some(), "{percent} of 100");
            assert!(verdict(counts(100, failures - 1), 0, &limits.rules()).is_none(), "{} of 100", percent - 1);
        }
    }

    #[test]
    fn the_headroom_never_reaches_the_limit_and_is_not_wasteful() {
        for percent in [1, 10, 33, 50, 99, 100] {
            let limits = Limits { failure_rate: Some(f64::from(percent) / 100.0), ..NONE };
            for requests in [10, 1_000, 1_000_000] {
                let room = headroom(counts(requests, 0), &limits.rules());
                let after = counts(requests + room, room);
                assert_eq!(verdict(after, 0, &limits.rules()), None, "{percent} % of {requests}, {room} more");
            }
        }
        let limits = Limits { failure_rate: Some(0.5), ..NONE };
        assert!(headroom(counts(1_000_000, 100_000), &limits.rules()) > 790_000);
    }

    #[test]
    fn the_headroom_of_a_threshold_leaves_one_failure_to_the_verdict() {
        let limits = Limits { failure_threshold: Some(10), ..NONE };
        assert_eq!(headroom(counts(100, 2), &limits.rules()), 7);
        assert_eq!(headroom(counts(100, 9), &limits.rules()), 0);
    }

    #[test]
    fn rules_survive_as_words() {
        let some =
            Limits { failure_threshold: Some(u32::MAX), failure_rate: Some(0.5), minimum_requests: Some(7), ..NONE };
        for rules in [NONE.rules(), some.rules()] {
            assert_eq!(Rules::from_bits(rules.to_bits()), rules);
        }
    }

    #[test]
    fn a_threshold_waits_for_minimum_requests_only_where_it_is_set() {
        let limits = Limits { failure_threshold: Some(2), ..NONE };
        assert!(verdict(counts(2, 2), 0, &limits.rules()).is_some());
        let limits = Limits { minimum_requests: Some(5), ..limits };
        assert!(verdict(counts(4, 4), 0, &limits.rules()).is_none());
        assert!(verdict(counts(5, 2), 0, &limits.rules()).is_some());
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod exhaustive;
