//! circuitbreaker-rs: consecutive failures and the failure rate since its start; each call is timed for a sink.
//!
//! Its other two policies never get any data, so they never open a circuit and are not measured.

use std::time::Duration;

use circuitbreaker_rs::{BreakerError, CircuitBreaker, DefaultPolicy, State};

use super::{Guarded, Purpose};
use crate::work::{CallResult, Failed, Stream, poll};

type Breaker = CircuitBreaker<DefaultPolicy, Failed>;

pub(super) struct Plain(Breaker);

pub(super) struct Future(Breaker);

pub(super) fn plain(purpose: Purpose) -> Plain {
    Plain(breaker(purpose))
}

pub(super) fn future(purpose: Purpose) -> Future {
    Future(breaker(purpose))
}

fn breaker(purpose: Purpose) -> Breaker {
    // No sink and no hooks: the defaults do nothing.
    let builder = Breaker::builder();
    let builder = match purpose {
        Purpose::Closed => builder.failure_threshold(0.9).consecutive_failures(u64::MAX),
        Purpose::Defaults => builder,
        Purpose::Waiting => builder.failure_threshold(0.9).consecutive_failures(u64::MAX).min_throughput(u64::MAX),
        Purpose::Rejected => builder.consecutive_failures(1).cooldown(Duration::from_secs(3_600)),
        Purpose::Probing => builder
            .consecutive_failures(1)
            .cooldown(Duration::ZERO)
            .probe_interval(u32::MAX)
            .consecutive_successes(u64::MAX),
        Purpose::Cycling => {
            builder.consecutive_failures(1).cooldown(Duration::ZERO).probe_interval(1).consecutive_successes(1)
        }
    };
    builder.build()
}

impl<S: Stream> Guarded<S> for Plain {
    type Local<'a> = &'a Breaker;

    fn local(&self) -> &Breaker {
        &self.0
    }

    #[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
    #[inline(always)]
    fn call(breaker: &mut &Breaker, n: u64) -> CallResult {
        call_result(&breaker.call(|| S::work(n)))
    }

    fn closed(&self) -> Option<bool> {
        Some(self.0.current_state() == State::Closed)
    }
}

impl<S: Stream> Guarded<S> for Future {
    type Local<'a> = &'a Breaker;

    fn local(&self) -> &Breaker {
        &self.0
    }

    #[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
    #[inline(always)]
    fn call(breaker: &mut &Breaker, n: u64) -> CallResult {
        call_result(&poll(breaker.call_async(|| async move { S::work(n) })))
    }

    fn closed(&self) -> Option<bool> {
        Some(self.0.current_state() == State::Closed)
    }
}

#[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
#[inline(always)]
fn call_result(result: &Result<u64, BreakerError<Failed>>) -> CallResult {
    match result {
        Ok(value) => CallResult::Done(*value),
        Err(BreakerError::Operation(_)) => CallResult::Failed,
        Err(BreakerError::Open | BreakerError::Internal(_)) => CallResult::Rejected,
    }
}
