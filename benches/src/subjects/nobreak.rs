//! nobreak: consecutive failures, under one `std` mutex that is locked twice per call.

use std::time::Duration;

use nobreak::{CircuitBreaker, CircuitError, CircuitState};

use super::{Guarded, Purpose};
use crate::work::{CallResult, Failed, Stream, poll};

pub(super) struct Plain(CircuitBreaker);

pub(super) struct Future(CircuitBreaker);

pub(super) fn plain(purpose: Purpose) -> Option<Plain> {
    breaker(purpose).map(Plain)
}

pub(super) fn future(purpose: Purpose) -> Option<Future> {
    breaker(purpose).map(Future)
}

fn breaker(purpose: Purpose) -> Option<CircuitBreaker> {
    let (failures, successes, open) = match purpose {
        Purpose::Closed => (usize::MAX, 2, Duration::from_secs(30)),
        Purpose::Rejected => (1, 2, Duration::from_secs(3_600)),
        Purpose::Probing => (1, usize::MAX, Duration::ZERO),
        Purpose::Cycling => (1, 1, Duration::ZERO),
        Purpose::Defaults => return Some(nobreak::builder().build()),
        // It has no minimum.
        Purpose::Waiting => return None,
    };
    let builder = nobreak::builder().with_failure_threshold(failures).with_success_threshold(successes);
    Some(builder.with_open_duration(open).build())
}

impl<S: Stream> Guarded<S> for Plain {
    type Local<'a> = &'a CircuitBreaker;

    fn local(&self) -> &CircuitBreaker {
        &self.0
    }

    #[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
    #[inline(always)]
    fn call(breaker: &mut &CircuitBreaker, n: u64) -> CallResult {
        call_result(&breaker.call(|| S::work(n)))
    }

    fn closed(&self) -> Option<bool> {
        Some(self.0.state() == CircuitState::Closed)
    }
}

impl<S: Stream> Guarded<S> for Future {
    type Local<'a> = &'a CircuitBreaker;

    fn local(&self) -> &CircuitBreaker {
        &self.0
    }

    #[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
    #[inline(always)]
    fn call(breaker: &mut &CircuitBreaker, n: u64) -> CallResult {
        call_result(&poll(breaker.call_async(|| async move { S::work(n) })))
    }

    fn closed(&self) -> Option<bool> {
        Some(self.0.state() == CircuitState::Closed)
    }
}

#[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
#[inline(always)]
fn call_result(result: &Result<u64, CircuitError<Failed>>) -> CallResult {
    match result {
        Ok(value) => CallResult::Done(*value),
        Err(CircuitError::Failed { .. }) => CallResult::Failed,
        Err(CircuitError::Open) => CallResult::Rejected,
    }
}
