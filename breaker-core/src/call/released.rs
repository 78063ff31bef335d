//! Drops a user's future as soon as it is ready.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::misuse::polled_after_its_end;

pin_project! {
    /// Drops the future while the call is still guarded. The drop may panic. If it happened where the future is
    /// awaited, such a panic would lose the result, with the permit in it, and the call would never end.
    pub struct Released<F> {
        #[pin]
        future: Option<F>,
    }
}

impl<F> Released<F> {
    #[inline]
    pub(crate) fn new(future: F) -> Self {
        Self { future: Some(future) }
    }
}

impl<F: Future> Future for Released<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else { polled_after_its_end() };
        let polled = future.poll(cx);
        if polled.is_ready() {
            this.future.set(None);
        }
        polled
    }
}
