//! Causes of state changes, and their text.

use std::fmt;
use std::time::Duration;

/// The reason for a change of state, with the numbers that decided it. Later versions may add causes, but no fields to
/// existing ones: other details of a change are in its event.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Cause {
    /// The window held at least `failure_threshold` failures.
    FailureThreshold {
        /// Failures in the window.
        failures: u64,
        /// Calls in the window, if it holds successes (`WindowMetrics::holds_successes`).
        requests: Option<u64>,
        /// The configured threshold.
        threshold: u32,
    },
    /// At least `consecutive_failures` calls failed in a row.
    ConsecutiveFailures {
        /// Consecutive failures.
        failures: u64,
        /// The configured threshold.
        threshold: u32,
    },
    /// The failure rate of the window reached `failure_rate`.
    FailureRate {
        /// Failures in the window.
        failures: u64,
        /// Calls in the window.
        requests: u64,
        /// The configured rate, between 0 and 1.
        threshold: f64,
    },
    /// The rate of slow calls in the window reached `slow_call_rate`.
    SlowCallRate {
        /// Slow calls in the window.
        slow: u64,
        /// Calls in the window.
        requests: u64,
        /// The configured rate, between 0 and 1.
        threshold: f64,
    },
    /// A call's outcome was `Outcome::OpenFor`.
    OpenFor {
        /// How long the circuit stays open.
        open_for: Duration,
    },
    /// The open timeout passed, and a call asked for admission or a health check failed.
    OpenTimeoutElapsed,
    /// `success_threshold` probes succeeded.
    ProbesSucceeded {
        /// Number of successful probes.
        successes: u64,
    },
    /// A probe failed.
    ProbeFailed,
    /// A probe was slow, and `slow_call_rate` is set.
    ProbeSlow,
    /// A probe did not end within `half_open_timeout`.
    ProbeTimedOut,
    /// `health_check_failures` health checks in a row failed.
    HealthCheckFailed,
    /// `health_check_successes` health checks in a row succeeded while the circuit was open, so it admits probes early.
    HealthCheckPassed,
    /// Without any call for a whole `health_check_interval`, health checks succeeded: together with successful probes,
    /// `success_threshold` of them.
    HealthChecksSucceeded {
        /// Number of successful health checks.
        checks: u64,
        /// Number of successful probes.
        probes: u64,
    },
    /// `reset()` was called.
    Reset,
    /// The mode `ForcedClosed` closed the circuit.
    Forced,
}

impl Cause {
    /// Returns the name of the cause without its numbers, as in JSON: `failure_rate`, `probe_failed` and so on.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::FailureThreshold { .. } => "failure_threshold",
            Self::ConsecutiveFailures { .. } => "consecutive_failures",
            Self::FailureRate { .. } => "failure_rate",
            Self::SlowCallRate { .. } => "slow_call_rate",
            Self::OpenFor { .. } => "open_for",
            Self::OpenTimeoutElapsed => "open_timeout_elapsed",
            Self::ProbesSucceeded { .. } => "probes_succeeded",
            Self::ProbeFailed => "probe_failed",
            Self::ProbeSlow => "probe_slow",
            Self::ProbeTimedOut => "probe_timed_out",
            Self::HealthCheckFailed => "health_check_failed",
            Self::HealthCheckPassed => "health_check_passed",
            Self::HealthChecksSucceeded { .. } => "health_checks_succeeded",
            Self::Reset => "reset",
            Self::Forced => "forced",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FailureThreshold { failures, requests: None, threshold } => {
                write!(f, "{failures} failures in the window (failure_threshold = {threshold})")
            }
            Self::FailureThreshold { failures, requests: Some(requests), threshold } => {
                let share = Percent(*failures, *requests);
                write!(
                    f,
                    "{failures} failures of {requests} calls in the window, {share} (failure_threshold = {threshold})"
                )
            }
            Self::ConsecutiveFailures { failures, threshold } => {
                write!(f, "{failures} consecutive failures (consecutive_failures = {threshold})")
            }
            Self::FailureRate { failures, requests, threshold } => {
                write!(f, "{failures} of {requests} calls failed (failure_rate = {threshold})")
            }
            Self::SlowCallRate { slow, requests, threshold } => {
                write!(f, "{slow} of {requests} calls were slow (slow_call_rate = {threshold})")
            }
            Self::OpenFor { open_for } => write!(f, "a call asked to open for {open_for:?}"),
            Self::OpenTimeoutElapsed => f.write_str("the open timeout is over"),
            Self::ProbesSucceeded { successes } => write!(f, "{successes} probes succeeded"),
            Self::ProbeFailed => f.write_str("a probe failed"),
            Self::ProbeSlow => f.write_str("a probe was slow"),
            Self::ProbeTimedOut => f.write_str("a probe did not end within its lease"),
            Self::HealthCheckFailed => f.write_str("a health check failed"),
            Self::HealthCheckPassed => f.write_str("a health check succeeded"),
            Self::HealthChecksSucceeded { checks, probes } => {
                if *probes > 0 {
                    write!(f, "{probes} {} and ", if *probes == 1 { "probe" } else { "probes" })?;
                }
                write!(f, "{checks} health {} succeeded", if *checks == 1 { "check" } else { "checks" })
            }
            Self::Reset => f.write_str("reset"),
            Self::Forced => f.write_str("forced closed"),
        }
    }
}

/// Formats a share as a percentage, with two decimals unless it is an integer: `0.02 %`.
struct Percent(u64, u64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(part, whole) = *self;
        let hundredths = (u128::from(part) * 10_000 + u128::from(whole) / 2) / u128::from(whole.max(1));
        match (hundredths / 100, hundredths % 100) {
            (0, 0) if part > 0 => f.write_str("under 0.01 %"),
            (percent, 0) => write!(f, "{percent} %"),
            (percent, rest) => write!(f, "{percent}.{rest:02} %"),
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_trip_by_failures_shows_their_share_where_it_is_known() {
        let text = |failures, requests| Cause::FailureThreshold { failures, requests, threshold: 5 }.to_string();
        assert_eq!(text(5, None), "5 failures in the window (failure_threshold = 5)");
        for (failures, requests, share) in [
            (5, 30_112, "0.02 %"),
            (5, 5, "100 %"),
            (5, 8, "62.50 %"),
            (5, 500, "1 %"),
            (5, 101_000, "under 0.01 %"),
            (5, 100_000, "0.01 %"),
            (u64::MAX, u64::MAX, "100 %"),
        ] {
            let expected = format!("5 failures of {requests} calls in the window, {share} (failure_threshold = 5)");
            assert_eq!(text(failures, Some(requests)).replacen(&failures.to_string(), "5", 1), expected);
        }
    }
}
