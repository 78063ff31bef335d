//! Marks the thread as inside a health check while the check is polled.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::breaker::CircuitBreaker;
use crate::engine::frames::Frame;
use crate::engine::host::Host;

pin_project! {
    pub(crate) struct InCheck<F> {
        breaker: CircuitBreaker,
        #[pin]
        future: F,
    }
}

impl CircuitBreaker {
    /// Wraps a health check of this breaker's service: calls of this breaker that `future` makes run without admission
    /// and are not counted (C3). Calls of other breakers, and calls in spawned tasks, are ordinary calls.
    pub(crate) fn in_check<F: Future>(&self, future: F) -> InCheck<F> {
        InCheck { breaker: self.clone(), future }
    }
}

impl<F: Future> Future for InCheck<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _frame = Frame::check(this.breaker.host().engine()).guard();
        this.future.poll(cx)
    }
}
