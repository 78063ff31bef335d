//! A future that runs in a scope, on any thread.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::entered::Entered;
use crate::registry::Registry;

pin_project! {
    /// A future that is polled and dropped in a [`Scope`](crate::Scope), on any thread. Returned by
    /// [`Scope::instrument`](crate::Scope::instrument).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ScopedFuture<F> {
        // `None`: in the scope of the thread that polls it.
        registry: Option<&'static Registry>,
        #[pin]
        future: Option<F>,
    }

    impl<F> PinnedDrop for ScopedFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _entered = this.registry.map(Entered::new);
            this.future.set(None);
        }
    }
}

impl<F> ScopedFuture<F> {
    pub(in super::super) fn new(registry: Option<&'static Registry>, future: F) -> Self {
        Self { registry, future: Some(future) }
    }
}

impl<F: Future> Future for ScopedFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.registry.map(Entered::new);
        // `None` only while this is dropped.
        this.future.as_pin_mut().map_or(Poll::Pending, |future| future.poll(cx))
    }
}
