//! The futures of a call. Written by hand: `async` functions would move the result more often, which costs more than the
//! breaker does.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use breaker_core::CallError;
use futures_core::future::BoxFuture;
use object_store::{Error, Result};
use pin_project_lite::pin_project;

use crate::error::of_call;

/// A request that the store gets when it is first polled.
pub(crate) enum Request<'a, T, S> {
    Unsent(S),
    Sent(BoxFuture<'a, Result<T>>),
    /// While `S` runs, and from then on if it panics.
    Sending,
}

impl<'a, T, S: FnOnce() -> BoxFuture<'a, Result<T>> + Unpin> Future for Request<'a, T, S> {
    type Output = Result<T>;

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
    /// A call through the breaker, whose error becomes that of the store.
    pub(crate) struct Call<C> {
        #[pin]
        pub(crate) call: C,
    }
}

impl<T, C: Future<Output = Result<T, CallError<Error>>>> Future for Call<C> {
    type Output = Result<T>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().call.poll(cx) {
            Poll::Ready(Ok(answer)) => Poll::Ready(Ok(answer)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(of_call(error))),
            Poll::Pending => Poll::Pending,
        }
    }
}

pin_project! {
    /// A call whose answer is changed.
    pub(crate) struct Then<C, F> {
        #[pin]
        pub(crate) call: C,
        pub(crate) then: F,
    }
}

impl<T, C: Future<Output = Result<T>>, F: Fn(T) -> T> Future for Then<C, F> {
    type Output = Result<T>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match this.call.poll(cx) {
            Poll::Ready(Ok(answer)) => Poll::Ready(Ok((this.then)(answer))),
            other => other,
        }
    }
}
