//! The future of a guarded request. Written by hand: `async` functions would move it more often, which costs more than the
//! breaker does.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use redis::{RedisError, RedisFuture};

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
        if !matches!(*self, Self::Sent(_)) {
            let Self::Unsent(send) = mem::replace(&mut *self, Self::Sending) else {
                panic!("request polled after a panic")
            };
            *self = Self::Sent(send());
        }
        let Self::Sent(answer) = &mut *self else { unreachable!("it was sent above") };
        answer.as_mut().poll(cx)
    }
}
