//! The futures of a call. Written by hand: `async` functions would move the result more often, which costs more than the
//! breaker does.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::future::BoxFuture;
use object_store::Result;
use pin_project_lite::pin_project;

/// A request that the store gets when it is first polled.
pub(crate) enum Request<'a, T, O, S> {
    /// The options are taken once. A function that contained them would be moved with them.
    Unsent(Option<O>, S),
    Sent(BoxFuture<'a, Result<T>>),
}

impl<T, O, S> Request<'_, T, O, S> {
    #[inline]
    pub(crate) fn new(options: O, send: S) -> Self {
        Self::Unsent(Some(options), send)
    }
}

impl<'a, T, O: Unpin, S: Fn(O) -> BoxFuture<'a, Result<T>> + Unpin> Future for Request<'a, T, O, S> {
    type Output = Result<T>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Self::Unsent(options, send) = &mut *self {
            let options = options.take().expect("not polled after a panic");
            *self = Self::Sent(send(options));
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
