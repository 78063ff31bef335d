//! Rules as pure functions from counts and limits to a verdict. Every comparison is "at least", on exact counts.

use super::cause::Cause;
use super::limits::{Limits, Rules};

/// Counts of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) requests: u64,
    pub(crate) failures: u64,
    pub(crate) slow: u64,
}

/// How many calls may come before a verdict can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    /// Limit for all calls.
    pub(crate) calls: u64,
    /// Limit for calls that failed or were slow.
    pub(crate) bad: u64,
}

impl Counts {
    /// Multiplies all counts.
    pub(crate) fn times(self, count: u64) -> Self {
        let Self { requests, failures, slow } = self;
        Self { requests: requests * count, failures: failures * count, slow: slow * count }
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, Self { requests, failures, slow }| Self {
            requests: sum.requests + requests,
            failures: sum.failures + failures,
            slow: sum.slow + slow,
        })
    }
}

/// Returns the rule that opens the circuit, if any, with all known counts of the window. For verdicts under the lock.
pub(crate) fn decide(counts: Counts, in_a_row: u64, limits: &Limits) -> Option<Cause> {
    let mut cause = verdict(counts, in_a_row, &limits.rules())?;
    if let Cause::FailureThreshold { requests, .. } = &mut cause
        && limits.places_successes()
    {
        *requests = Some(counts.requests);
    }
    Some(cause)
}

/// Returns the rule that opens the circuit, if any.
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
        return Some(Cause::FailureThreshold { failures, requests: None, threshold });
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

/// Returns `part / whole`, or `None` if `whole` is 0.
#[allow(clippy::cast_precision_loss, reason = "counts beyond 2^53 are out of any window's reach")]
pub(crate) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The quotient is rounded to the nearest `f64`, and so was the threshold when its decimals were parsed: 7 of 100
/// reaches 0.07. (The product 0.07 × 100 would not.)
fn reaches(part: u64, whole: u64, threshold: f64) -> bool {
    share(part, whole).is_some_and(|share| share >= threshold)
}

/// Returns how many more calls can't change a verdict, in any order: calls in total, and bad ones among them. The
/// numbers may be too low, but never too high. `u64::MAX` means no limit. Valid until a slice leaves the window.
pub(crate) fn headroom(counts: Counts, rules: &Rules) -> Room {
    let Counts { requests, failures, slow } = counts;
    let threshold = rules.failure_threshold.map(|threshold| {
        let bad = u64::from(threshold).saturating_sub(failures + 1);
        room(requests, failures, rules.minimum_for_threshold, |_| bad)
    });
    let rate = |part: u64| {
        move |rate: f64| {
            room(requests, part, rules.minimum_for_rates, |minimum| rate_room(part, requests, minimum, rate))
        }
    };
    let rates = [rules.failure_rate.map(rate(failures)), rules.slow_call_rate.map(rate(slow))];
    let none = Room { calls: u64::MAX, bad: u64::MAX };
    rates
        .into_iter()
        .chain([threshold])
        .flatten()
        .fold(none, |room, other| Room { calls: room.calls.min(other.calls), bad: room.bad.min(other.bad) })
}

/// Returns the room of a rule. `bad` is how many more calls of `part` keep it from firing as soon as its minimum is
/// reached.
fn room(requests: u64, part: u64, minimum: u32, bad: impl Fn(u64) -> u64) -> Room {
    let minimum = u64::from(minimum);
    let (missing, bad) = (minimum.saturating_sub(requests), bad(minimum));
    // While the minimum isn't reached, either limit is enough. That of all calls costs each call, so it is chosen only
    // if the other one would be used up sooner with the present share of bad calls.
    if missing > 0 && bad * requests < missing * part {
        Room { calls: missing - 1, bad: u64::MAX }
    } else {
        Room { calls: u64::MAX, bad }
    }
}

/// Returns how many more calls of `part` keep its share below `rate`, if there are no other calls than those that the
/// minimum needs: x < (rate·whole − part)/(1 − rate) if it is reached, otherwise x < rate·minimum − part.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "rounded down, less a part in a million and one call: too few is slower, never wrong"
)]
fn rate_room(part: u64, whole: u64, minimum: u64, rate: f64) -> u64 {
    // No count reaches 2^63, and a signed number is converted by one instruction instead of five.
    let [part, enough] = [part, whole.max(minimum)].map(|count| count as i64 as f64);
    let room = rate * enough - part;
    let room = if whole < minimum { room } else { room / (1.0 - rate).max(1e-6) };
    ((room * (1.0 - 1e-6)) as i64).saturating_sub(1).max(0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::limits::tests::NONE;

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
                let Room { calls, bad: room } = headroom(counts(requests, 0), &limits.rules());
                assert_eq!(calls, u64::MAX, "the minimum is reached");
                let after = counts(requests + room, room);
                assert_eq!(verdict(after, 0, &limits.rules()), None, "{percent} % of {requests}, {room} more");
            }
        }
        let limits = Limits { failure_rate: Some(0.5), ..NONE };
        assert!(headroom(counts(1_000_000, 100_000), &limits.rules()).bad > 790_000);
    }

    #[test]
    fn a_rule_that_waits_for_its_minimum_limits_bad_calls_unless_they_would_be_used_up_sooner() {
        let limits = Limits { failure_rate: Some(0.5), minimum_requests: Some(1_000), ..NONE };
        let room = |requests, failures| headroom(counts(requests, failures), &limits.rules());
        for (requests, failures, bad) in [(0, 0, 498), (999, 0, 498), (900, 100, 398), (600, 290, 208)] {
            assert_eq!(room(requests, failures), Room { calls: u64::MAX, bad }, "{failures} of {requests}");
        }
        for (requests, failures) in [(1, 1), (400, 300), (999, 998)] {
            let calls = 1_000 - requests - 1;
            assert_eq!(room(requests, failures), Room { calls, bad: u64::MAX }, "{failures} of {requests}");
        }
    }

    #[test]
    fn the_headroom_of_a_threshold_leaves_one_failure_to_the_verdict() {
        let limits = Limits { failure_threshold: Some(10), ..NONE };
        assert_eq!(headroom(counts(100, 2), &limits.rules()).bad, 7);
        assert_eq!(headroom(counts(100, 9), &limits.rules()).bad, 0);
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
