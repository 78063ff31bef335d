//! The futures of a call. Written by hand: `async` functions would move the result more often, which costs more than the
//! breaker does.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::future::BoxFuture;
use object_store::Result;
use pin_project_lite::pin_project;

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

pin_project! {
    /// A call whose answer is changed.
    pub(crate) struct Then<C, F> {
        #[pin]
        pub(crate) call: C,
        pub(crate) then: F,
    }
}

impl<T, C: Future<Output = Result<T>>, F: Fn(&mut T)> Future for Then<C, F> {
    type Output = Result<T>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // In place, so that nothing is moved.
        let mut polled = this.call.poll(cx);
        if let Poll::Ready(Ok(answer)) = &mut polled {
            (this.then)(answer);
        }
        polled
    }
}
