//! The futures of a guarded request. Written by hand: `async` functions would move them more often, which costs more than
//! the breaker does.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use breaker_core::CallError;
use pin_project_lite::pin_project;
use redis::{RedisError, RedisFuture};

use crate::error::CacheCircuitBreakerError;

/// A request that is sent when it is first polled.
pub(crate) enum Request<'a, T, S> {
    Unsent(S),
    Sent(RedisFuture<'a, T>),
    /// While `S` runs, and from then on if it panics.
    Sending,
}

impl<'a, T, S: FnOnce() -> RedisFuture<'a, T>> Request<'a, T, S> {
    pub(crate) fn new(send: S) -> Self {
        Self::Unsent(send)
    }
}

impl<'a, T, S: FnOnce() -> RedisFuture<'a, T> + Unpin> Future for Request<'a, T, S> {
    type Output = Result<T, RedisError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Self::Sent(answer) = &mut *self {
            return answer.as_mut().poll(cx);
        }
        let Self::Unsent(send) = mem::replace(&mut *self, Self::Sending) else {
            panic!("request polled after a panic")
        };
        let mut answer = send();
        let polled = answer.as_mut().poll(cx);
        *self = Self::Sent(answer);
        polled
    }
}

pin_project! {
    /// A call through the breaker, whose error becomes that of redis.
    pub(crate) struct Call<C> {
        #[pin]
        pub(crate) call: C,
    }
}

impl<T, C: Future<Output = Result<T, CallError<RedisError>>>> Future for Call<C> {
    type Output = Result<T, RedisError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().call.poll(cx) {
            Poll::Ready(Ok(answer)) => Poll::Ready(Ok(answer)),
            Poll::Ready(Err(CallError::Inner(error))) => Poll::Ready(Err(error)),
            Poll::Ready(Err(CallError::Breaker(error))) => {
                Poll::Ready(Err(CacheCircuitBreakerError::from(error).into()))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}
