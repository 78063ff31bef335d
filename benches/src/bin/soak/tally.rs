//! A thread's own counts of its calls to one breaker, by their results, and the comparison with the breaker's counts.

use std::ops::AddAssign;

use breaker_core::{CallError, CircuitBreakerError, Metrics, Rejection, RejectionReason};

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) calls: u64,
    pub(crate) successes: u64,
    pub(crate) failures: u64,
    pub(crate) ignored: u64,
    pub(crate) abandoned: u64,
    pub(crate) open: u64,
    pub(crate) half_open: u64,
    /// Results that no call of the soak can have.
    pub(crate) absurd: u64,
}

impl Tally {
    /// Counts a result as a success or failure, by `Ok` and `Err`.
    #[inline]
    pub(crate) fn judged<T, E>(&mut self, result: &Result<T, CallError<E>>) {
        match result {
            Ok(_) => self.successes += 1,
            Err(CallError::Inner(_)) => self.failures += 1,
            Err(CallError::Breaker(error)) => self.error(error),
        }
    }

    /// Counts a result whose outcome is ignored.
    #[inline]
    pub(crate) fn ignored<T, E>(&mut self, result: &Result<T, CallError<E>>) {
        match result {
            Ok(_) | Err(CallError::Inner(_)) => self.ignored += 1,
            Err(CallError::Breaker(error)) => self.error(error),
        }
    }

    #[cold]
    fn error(&mut self, error: &CircuitBreakerError) {
        match error {
            CircuitBreakerError::Rejected(rejection) => self.rejected(rejection),
            _ => self.absurd += 1,
        }
    }

    #[cold]
    pub(crate) fn rejected(&mut self, rejection: &Rejection) {
        match rejection.reason {
            RejectionReason::Open => self.open += 1,
            RejectionReason::HalfOpen => self.half_open += 1,
            _ => self.absurd += 1,
        }
    }

    /// Returns both counts of everything that a breaker counts and the threads can know.
    pub(crate) fn beside(&self, metrics: &Metrics) -> Vec<(&'static str, u64, u64)> {
        let ended = metrics.successes + metrics.failures + metrics.ignored + metrics.abandoned;
        vec![
            ("requests", self.calls, metrics.requests),
            ("successes", self.successes, metrics.successes),
            ("failures", self.failures, metrics.failures),
            ("ignored", self.ignored, metrics.ignored),
            ("abandoned", self.abandoned, metrics.abandoned),
            ("rejected, open", self.open, metrics.rejections_by_reason.open),
            ("rejected, half-open", self.half_open, metrics.rejections_by_reason.half_open),
            ("rejected", self.open + self.half_open, metrics.rejections),
            ("ended, rejected, in flight", metrics.requests, ended + metrics.rejections + metrics.in_flight),
            ("in flight", 0, metrics.in_flight),
            ("timeouts", 0, metrics.timeouts),
            ("absurd results", 0, self.absurd),
        ]
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.successes += other.successes;
        self.failures += other.failures;
        self.ignored += other.ignored;
        self.abandoned += other.abandoned;
        self.open += other.open;
        self.half_open += other.half_open;
        self.absurd += other.absurd;
    }
}
