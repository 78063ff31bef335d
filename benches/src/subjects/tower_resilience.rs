//! tower-resilience: a tower service with consecutive failures or a failure rate, and each call timed, under an async
//! mutex.
//!
//! Its time window keeps a record of each call and walks through all of them at each call, so it can't be measured at
//! millions of calls a second. Its window by count is the default and the cheaper one.

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tower::{Layer as _, Service};
use tower_resilience_circuitbreaker::{
    CircuitBreaker, CircuitBreakerError, CircuitBreakerHandle, CircuitBreakerLayer, CircuitState, DefaultClassifier,
};

use super::{Guarded, Purpose};
use crate::work::{CallResult, Failed, Stream, poll};

pub(super) struct Future {
    layer: CircuitBreakerLayer<DefaultClassifier>,
    handle: CircuitBreakerHandle<DefaultClassifier>,
}

pub(super) fn future(purpose: Purpose) -> Future {
    let builder = CircuitBreakerLayer::builder();
    let builder = match purpose {
        Purpose::Closed => builder.failure_rate_threshold(0.9).sliding_window_size(100),
        Purpose::Defaults => builder,
        Purpose::Waiting => {
            builder.failure_rate_threshold(0.9).sliding_window_size(100).minimum_number_of_calls(usize::MAX)
        }
        Purpose::Rejected => builder.consecutive_failures(1).wait_duration_in_open(Duration::from_secs(3_600)),
        Purpose::Probing => {
            builder.consecutive_failures(1).wait_duration_in_open(Duration::ZERO).permitted_calls_in_half_open(1 << 40)
        }
        Purpose::Cycling => builder.consecutive_failures(1).wait_duration_in_open(Duration::ZERO),
    };
    let (layer, handle) = builder.build_with_handle().expect("the bench's configuration is right");
    Future { layer, handle }
}

/// The inner service.
pub(super) struct Work<S>(PhantomData<fn() -> S>);

impl<S> Clone for Work<S> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}

impl<S: Stream> Service<u64> for Work<S> {
    type Response = u64;
    type Error = Failed;
    type Future = Ready<Result<u64, Failed>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        Poll::Ready(Ok(()))
    }

    #[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
    #[inline(always)]
    fn call(&mut self, n: u64) -> Self::Future {
        ready(S::work(n))
    }
}

impl<S: Stream> Guarded<S> for Future {
    /// Each thread has a service of its own, as tower requires. The circuit behind it is shared.
    type Local<'a> = CircuitBreaker<Work<S>, DefaultClassifier>;

    fn local(&self) -> Self::Local<'_> {
        self.layer.layer(Work(PhantomData))
    }

    #[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
    #[inline(always)]
    fn call(service: &mut Self::Local<'_>, n: u64) -> CallResult {
        let ready = service.poll_ready(&mut Context::from_waker(Waker::noop()));
        assert!(ready.is_ready(), "where a circuit doesn't hold calls back, it is ready at once");
        call_result(&poll(service.call(n)))
    }

    fn closed(&self) -> Option<bool> {
        Some(self.handle.state() == CircuitState::Closed)
    }
}

#[expect(clippy::inline_always, reason = "in the measured loop, and the same for all")]
#[inline(always)]
fn call_result(result: &Result<u64, CircuitBreakerError<Failed>>) -> CallResult {
    match result {
        Ok(value) => CallResult::Done(*value),
        Err(CircuitBreakerError::Inner(_)) => CallResult::Failed,
        Err(_) => CallResult::Rejected,
    }
}
