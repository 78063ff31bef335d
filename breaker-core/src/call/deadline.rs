//! The deadline of a call that is pending. On the breaker's clock, and, inside a tokio runtime, on a timer of it.

#[cfg(feature = "tokio")]
use std::future::Future;
#[cfg(feature = "tokio")]
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::breaker::CircuitBreaker;
use crate::clock::nanos;

pub(super) struct Deadline {
    timeout: Duration,
    /// On the breaker's clock.
    at: u64,
    /// Wakes the task, and passes as tokio's time does: when that is paused, too.
    #[cfg(feature = "tokio")]
    sleep: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Deadline {
    /// Ready with the timeout once it has passed. To be asked whenever the call has been polled and is pending.
    pub(super) fn check(
        deadline: &mut Option<Box<Self>>,
        breaker: &CircuitBreaker,
        cx: &mut Context<'_>,
    ) -> Poll<Duration> {
        let deadline = match deadline {
            Some(deadline) => deadline,
            None => match breaker.request_timeout() {
                Some(timeout) => deadline.insert(Box::new(Self::new(timeout, breaker))),
                None => return Poll::Pending,
            },
        };
        deadline.poll(breaker, cx)
    }

    fn new(timeout: Duration, breaker: &CircuitBreaker) -> Self {
        Self {
            timeout,
            at: breaker.clock().now().saturating_add(nanos(timeout)),
            #[cfg(feature = "tokio")]
            sleep: tokio::runtime::Handle::try_current().ok().map(|_| Box::pin(tokio::time::sleep(timeout))),
        }
    }

    fn poll(&mut self, breaker: &CircuitBreaker, cx: &mut Context<'_>) -> Poll<Duration> {
        #[cfg(feature = "test-util")]
        if let Some(wakers) = breaker.clock().wakers() {
            wakers.register(cx.waker());
        }
        if breaker.clock().now() >= self.at {
            return Poll::Ready(self.timeout);
        }
        #[cfg(feature = "tokio")]
        if let Some(sleep) = &mut self.sleep
            && sleep.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(self.timeout);
        }
        let _ = cx;
        Poll::Pending
    }
}
