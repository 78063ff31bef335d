//! The limits of a configuration in the engine's units, and the rules among them.

/// The limits of a configuration, in the engine's units (nanoseconds, counts).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limits {
    pub(crate) failure_threshold: Option<u32>,
    pub(crate) consecutive_failures: Option<u32>,
    pub(crate) failure_rate: Option<f64>,
    pub(crate) slow_call_duration: Option<u64>,
    pub(crate) slow_call_rate: Option<f64>,
    /// As the user set it; `None` means the defaults of the rules.
    pub(crate) minimum_requests: Option<u32>,
    pub(crate) window: WindowLength,
    pub(crate) open_timeout: u64,
    pub(crate) open_timeout_multiplier: f64,
    pub(crate) open_timeout_max: u64,
    pub(crate) open_timeout_jitter: f64,
    pub(crate) success_threshold: u32,
    pub(crate) half_open_max_calls: u32,
    pub(crate) half_open_timeout: u64,
    /// The user has set no lease, so it grows if successful probes take longer.
    pub(crate) lease_learns: bool,
    pub(crate) response_times: bool,
    /// Consecutive failed health checks that open the circuit.
    pub(crate) health_check_failures: u32,
    /// Consecutive successful health checks that let an open circuit admit probes.
    pub(crate) health_check_successes: u32,
    pub(crate) health_check_interval: u64,
}

/// Length of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WindowLength {
    /// Nanoseconds.
    Time(u64),
    Calls(u32),
}

/// Returns how many calls the window must hold before a rate is judged. A count-based window of fewer `calls` never
/// holds the default.
pub(crate) const fn minimum_for_rates(minimum_requests: Option<u32>, calls: Option<u32>) -> u32 {
    const DEFAULT: u32 = 10;
    match (minimum_requests, calls) {
        (Some(minimum), _) => minimum,
        (None, Some(calls)) if calls < DEFAULT => calls,
        (None, _) => DEFAULT,
    }
}

/// Returns how many calls the window must hold before failures are compared with `failure_threshold`.
pub(crate) const fn minimum_for_threshold(minimum_requests: Option<u32>) -> u32 {
    match minimum_requests {
        Some(minimum) => minimum,
        None => 1,
    }
}

impl Limits {
    /// Returns the limits that a verdict needs.
    pub(crate) fn rules(&self) -> Rules {
        let calls = match self.window {
            WindowLength::Calls(calls) => Some(calls),
            WindowLength::Time(_) => None,
        };
        Rules {
            failure_threshold: self.failure_threshold,
            consecutive_failures: self.consecutive_failures,
            failure_rate: self.failure_rate,
            slow_call_rate: self.slow_call_rate,
            minimum_for_rates: minimum_for_rates(self.minimum_requests, calls),
            minimum_for_threshold: minimum_for_threshold(self.minimum_requests),
        }
    }

    /// Whether response times are measured.
    pub(crate) fn is_timed(&self) -> bool {
        self.response_times || self.slow_call_duration.is_some()
    }

    /// Whether successes are placed in the window.
    pub(crate) fn places_successes(&self) -> bool {
        self.is_timed() || self.rules().success_can_trip() || matches!(self.window, WindowLength::Calls(_))
    }

    /// Whether a window filled under `before` holds what these limits need: successes, and which calls were slow.
    pub(crate) fn can_be_judged_by_window_of(&self, before: &Self) -> bool {
        let has_slow = self.slow_call_rate.is_none() || self.slow_call_duration == before.slow_call_duration;
        has_slow && (before.places_successes() || !self.places_successes())
    }

    /// Whether a slow probe opens the circuit like a failed one.
    pub(crate) fn slow_is_a_rule(&self) -> bool {
        self.slow_call_rate.is_some()
    }
}

/// The rules that open the circuit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rules {
    pub(crate) failure_threshold: Option<u32>,
    pub(crate) consecutive_failures: Option<u32>,
    pub(crate) failure_rate: Option<f64>,
    pub(crate) slow_call_rate: Option<f64>,
    /// Calls that the window must hold before a rate is judged.
    pub(crate) minimum_for_rates: u32,
    /// Calls that the window must hold before failures are compared with `failure_threshold`.
    pub(crate) minimum_for_threshold: u32,
}

impl Rules {
    /// Whether a success may cause a rule to fire.
    pub(crate) fn success_can_trip(&self) -> bool {
        self.has_rate() || (self.failure_threshold.is_some() && self.minimum_for_threshold > 1)
    }

    /// Whether any rule uses the window.
    pub(crate) fn window_can_trip(&self) -> bool {
        self.has_rate() || self.failure_threshold.is_some()
    }

    /// Returns the highest number of calls that any rule waits for.
    pub(crate) fn minimum(&self) -> u64 {
        let rates = if self.has_rate() { self.minimum_for_rates } else { 1 };
        u64::from(rates.max(self.minimum_for_threshold))
    }

    /// Returns the lowest number of calls for which a rate is shown.
    pub(crate) fn minimum_shown(&self) -> u64 {
        u64::from(if self.has_rate() { self.minimum_for_rates } else { self.minimum_for_threshold })
    }

    fn has_rate(&self) -> bool {
        self.failure_rate.is_some() || self.slow_call_rate.is_some()
    }

    /// Returns the rules as words that callers read without a lock; reversed by `from_bits`.
    pub(crate) fn to_bits(self) -> [u64; 4] {
        // 0 stands for "not set": no limit of a count is 0.
        let pair = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
        let rate = |limit: Option<f64>| limit.map_or(u64::MAX, f64::to_bits);
        [
            pair(self.failure_threshold.unwrap_or(0), self.consecutive_failures.unwrap_or(0)),
            rate(self.failure_rate),
            rate(self.slow_call_rate),
            pair(self.minimum_for_rates, self.minimum_for_threshold),
        ]
    }

    /// Returns `consecutive_failures` from the first of these words; 0 if it is not set.
    #[expect(clippy::cast_possible_truncation, reason = "the lower half of a word")]
    pub(crate) fn consecutive_failures_of(counts: u64) -> u32 {
        counts as u32
    }

    #[expect(clippy::cast_possible_truncation, reason = "two halves of a word")]
    pub(crate) fn from_bits([counts, rate, slow_rate, minimums]: [u64; 4]) -> Self {
        let halves = |bits: u64| ((bits >> 32) as u32, bits as u32);
        let count = |limit: u32| (limit > 0).then_some(limit);
        // No rate is NaN, and `u64::MAX`, which stands for "not set", is the bits of a NaN.
        let share = |bits: u64| (bits != u64::MAX).then(|| f64::from_bits(bits));
        let (failure_threshold, consecutive_failures) = halves(counts);
        let (minimum_for_rates, minimum_for_threshold) = halves(minimums);
        Self {
            failure_threshold: count(failure_threshold),
            consecutive_failures: count(consecutive_failures),
            failure_rate: share(rate),
            slow_call_rate: share(slow_rate),
            minimum_for_rates,
            minimum_for_threshold,
        }
    }
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
        lease_learns: false,
        response_times: true,
        health_check_failures: 1,
        health_check_successes: 1,
        health_check_interval: 1,
    };

    #[test]
    fn rules_survive_as_words() {
        let some =
            Limits { failure_threshold: Some(u32::MAX), failure_rate: Some(0.5), minimum_requests: Some(7), ..NONE };
        for rules in [NONE.rules(), some.rules()] {
            assert_eq!(Rules::from_bits(rules.to_bits()), rules);
        }
    }
}
