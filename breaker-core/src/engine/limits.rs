//! The limits of a configuration in the engine's units, and of these the rules that may open the circuit.

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
    /// Nobody has set the lease: it grows where good probes take longer.
    pub(crate) lease_learns: bool,
    pub(crate) response_times: bool,
    /// Health checks in a row that open the circuit.
    pub(crate) health_check_failures: u32,
    /// Health checks in a row that let an open circuit probe.
    pub(crate) health_check_successes: u32,
    pub(crate) health_check_interval: u64,
}

/// How long the window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WindowLength {
    /// Nanoseconds.
    Time(u64),
    Calls(u32),
}

/// How many calls the window has to hold before a share is judged; a window of fewer `calls` never holds more.
pub(crate) const fn minimum_for_rates(minimum_requests: Option<u32>, calls: Option<u32>) -> u32 {
    const DEFAULT: u32 = 10;
    match (minimum_requests, calls) {
        (Some(minimum), _) => minimum,
        (None, Some(calls)) if calls < DEFAULT => calls,
        (None, _) => DEFAULT,
    }
}

/// How many calls the window has to hold before failures are counted against `failure_threshold`.
pub(crate) const fn minimum_for_threshold(minimum_requests: Option<u32>) -> u32 {
    match minimum_requests {
        Some(minimum) => minimum,
        None => 1,
    }
}

impl Limits {
    /// The part of the limits that a verdict needs.
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

    /// Whether calls are measured.
    pub(crate) fn is_timed(&self) -> bool {
        self.response_times || self.slow_call_duration.is_some()
    }

    /// Whether successes have their place in the window.
    pub(crate) fn places_successes(&self) -> bool {
        self.is_timed() || self.rules().success_can_trip() || matches!(self.window, WindowLength::Calls(_))
    }

    /// Whether a window that was filled under `before` holds what these limits look at: successes, and which calls were
    /// slow.
    pub(crate) fn can_be_judged_by_window_of(&self, before: &Self) -> bool {
        let has_slow = self.slow_call_rate.is_none() || self.slow_call_duration == before.slow_call_duration;
        has_slow && (before.places_successes() || !self.places_successes())
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
    pub(crate) fn to_bits(self) -> [u64; 4] {
        // No limit of a count is 0.
        let pair = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
        let rate = |limit: Option<f64>| limit.map_or(u64::MAX, f64::to_bits);
        [
            pair(self.failure_threshold.unwrap_or(0), self.consecutive_failures.unwrap_or(0)),
            rate(self.failure_rate),
            rate(self.slow_call_rate),
            pair(self.minimum_for_rates, self.minimum_for_threshold),
        ]
    }

    /// `consecutive_failures` out of the first of these words, 0 if it is off.
    #[expect(clippy::cast_possible_truncation, reason = "the lower half of a word")]
    pub(crate) fn consecutive_failures_of(counts: u64) -> u32 {
        counts as u32
    }

    #[expect(clippy::cast_possible_truncation, reason = "two halves of a word")]
    pub(crate) fn from_bits([counts, rate, slow_rate, minimums]: [u64; 4]) -> Self {
        let halves = |bits: u64| ((bits >> 32) as u32, bits as u32);
        let count = |limit: u32| (limit > 0).then_some(limit);
        // No rate is NaN, and the bits of "none" are one.
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
