//! A future in a scope, on whatever thread it is polled.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::entered::Entered;
use crate::registry::Registry;

pin_project! {
    /// A future in a [`Scope`](crate::Scope), made by [`Scope::instrument`](crate::Scope::instrument): it is polled and
    /// dropped there, on any thread.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ScopedFuture<F> {
        // `None`: in the scope of whoever polls it.
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
        // It is there until this is dropped.
        this.future.as_pin_mut().map_or(Poll::Pending, |future| future.poll(cx))
    }
}
