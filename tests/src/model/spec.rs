//! A configuration of the reference model, and how a call ends.

use std::time::Duration;

use breaker_core::Config;

pub(super) const MS: u64 = 1_000_000;

/// A window, in milliseconds or calls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Length {
    /// The last milliseconds.
    Time(u64),
    /// The last calls.
    Calls(u32),
}

/// A configuration in integers: rates are fractions, durations are milliseconds.
#[derive(Clone, Debug)]
pub struct Spec {
    /// `failure_threshold`.
    pub threshold: Option<u32>,
    /// `consecutive_failures`.
    pub streak: Option<u32>,
    /// `failure_rate`.
    pub rate: Option<(u32, u32)>,
    /// `slow_call_duration` and `slow_call_rate`.
    pub slow: Option<(u64, (u32, u32))>,
    /// `response_times`; required by a rule about slow calls.
    pub timed: bool,
    /// `minimum_requests`.
    pub minimum: Option<u32>,
    /// `window`.
    pub window: Length,
    /// `open_timeout`.
    pub open: u64,
    /// Whether `open_timeout_multiplier` is 2.
    pub doubling: bool,
    /// `success_threshold`.
    pub successes: u32,
    /// `half_open_max_calls`.
    pub probes: u32,
    /// `half_open_timeout`; if it is not set, the lease is learned.
    pub lease: Option<u64>,
}

pub(super) fn share((part, whole): (u32, u32)) -> f64 {
    f64::from(part) / f64::from(whole)
}

pub(super) fn reaches(part: u64, whole: u64, (num, den): (u32, u32)) -> bool {
    part * u64::from(den) >= whole * u64::from(num)
}

impl Spec {
    pub(super) const OPEN_MAX: u64 = 60_000;
    /// `health_check_interval`.
    pub(super) const INTERVAL: u64 = 4_000;

    pub(super) fn config(&self) -> Config {
        let mut builder = Config::builder()
            .open_timeout(Duration::from_millis(self.open))
            .open_timeout_max(Duration::from_millis(Self::OPEN_MAX))
            .open_timeout_multiplier(if self.doubling { 2.0 } else { 1.0 })
            .response_times(self.is_timed())
            .success_threshold(self.successes)
            .half_open_max_calls(self.probes)
            .enable_health_check(true)
            .health_check_interval(Duration::from_millis(Self::INTERVAL))
            .health_check_timeout(Duration::from_millis(Self::INTERVAL))
            .health_check_failures(1);
        if let Some(lease) = self.lease {
            builder = builder.half_open_timeout(Duration::from_millis(lease));
        }
        builder = match self.window {
            Length::Time(ms) => builder.window(Duration::from_millis(ms)),
            Length::Calls(calls) => builder.window(calls),
        };
        if let Some(threshold) = self.threshold {
            builder = builder.failure_threshold(threshold);
        }
        if let Some(streak) = self.streak {
            builder = builder.consecutive_failures(streak);
        }
        if let Some(rate) = self.rate {
            builder = builder.failure_rate(share(rate));
        }
        if let Some((duration, rate)) = self.slow {
            builder = builder.slow_call_duration(Duration::from_millis(duration)).slow_call_rate(share(rate));
        }
        if let Some(minimum) = self.minimum {
            builder = builder.minimum_requests(minimum);
        }
        builder.build().expect("the generated configuration is valid")
    }

    pub(super) fn is_timed(&self) -> bool {
        self.timed || self.slow.is_some()
    }

    /// Whether the window holds successes. Without timed calls, it does only if a rule or the kind of window needs
    /// them.
    pub(super) fn places_successes(&self) -> bool {
        self.is_timed() || self.success_can_trip() || matches!(self.window, Length::Calls(_))
    }

    /// Returns the lease of a probe before anything is learned.
    pub(super) fn lease(&self) -> u64 {
        self.lease.unwrap_or(self.open) * MS
    }

    /// Adds the default rules if no trip rule is set: 5 consecutive failures, or half of at least 20 calls.
    pub(super) fn with_default_rules(self) -> Self {
        if self.threshold.is_some() || self.streak.is_some() || self.rate.is_some() || self.slow.is_some() {
            return self;
        }
        let minimum = if let Length::Calls(calls) = self.window { calls.min(20) } else { 20 };
        Self { streak: Some(5), rate: Some((1, 2)), minimum: self.minimum.or(Some(minimum)), ..self }
    }

    pub(super) fn minimum_for_rates(&self) -> u64 {
        let default = if let Length::Calls(calls) = self.window { calls.min(10) } else { 10 };
        u64::from(self.minimum.unwrap_or(default))
    }

    /// Returns the number of calls that a rate needs before metrics show it.
    pub(super) fn minimum_shown(&self) -> u64 {
        let rates = self.rate.is_some() || self.slow.is_some();
        if rates { self.minimum_for_rates() } else { u64::from(self.minimum.unwrap_or(1)) }
    }

    pub(super) fn success_can_trip(&self) -> bool {
        self.rate.is_some() || self.slow.is_some() || (self.threshold.is_some() && self.minimum.unwrap_or(1) > 1)
    }
}

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    /// A success.
    Success,
    /// A failure.
    Failure,
    /// Ignored.
    Ignored,
    /// The permit is dropped without an outcome.
    Dropped,
    /// A failure that opens the circuit for this many milliseconds.
    OpenFor(u64),
}
