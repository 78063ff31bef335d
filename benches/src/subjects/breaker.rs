//! breaker: consecutive failures and the failure rate of the last calls, under a `parking_lot` read-write lock.
//!
//! It can't call plain functions.

use std::time::Duration;

use cb_breaker::{BackoffStrategy, CircuitBreaker, CircuitBreakerConfig, CircuitBreakerError};

use super::{Guarded, Purpose};
use crate::work::{CallResult, Stream, poll};

pub(super) struct Future(CircuitBreaker);

pub(super) fn future(purpose: Purpose) -> Future {
    let config = CircuitBreakerConfig::builder();
    if purpose == Purpose::Defaults {
        return Future(CircuitBreaker::new(config.build()));
    }
    let config = config.failure_rate_threshold(0.9).sliding_window_size(100);
    let config = match purpose {
        Purpose::Closed | Purpose::Defaults => config.consecutive_failures(u32::MAX),
        Purpose::Waiting => config.consecutive_failures(u32::MAX).minimum_calls(u32::MAX),
        Purpose::Rejected => config.consecutive_failures(1).backoff(BackoffStrategy::Fixed(Duration::from_secs(3_600))),
        Purpose::Probing => {
            config.consecutive_failures(1).success_threshold(u32::MAX).backoff(BackoffStrategy::Fixed(Duration::ZERO))
        }
        Purpose::Cycling => {
            config.consecutive_failures(1).success_threshold(1).backoff(BackoffStrategy::Fixed(Duration::ZERO))
        }
    };
    Future(CircuitBreaker::new(config.build()))
}

impl<S: Stream> Guarded<S> for Future {
    type Local<'a> = &'a CircuitBreaker;

    fn local(&self) -> &CircuitBreaker {
        &self.0
    }

    #[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
    #[inline(always)]
    fn call(breaker: &mut &CircuitBreaker, n: u64) -> CallResult {
        match poll(breaker.call(|| async move { S::work(n) })) {
            Ok(value) => CallResult::Done(value),
            Err(CircuitBreakerError::Failure(_)) => CallResult::Failed,
            Err(CircuitBreakerError::CircuitOpen | CircuitBreakerError::Rejected) => CallResult::Rejected,
        }
    }

    fn closed(&self) -> Option<bool> {
        Some(self.0.is_closed())
    }
}
