//! A stream that is made by a future, as sqlx makes those of its pool: a stream that owns the connection that it reads
//! from can't be written without it.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;
use sqlx_core::error::Error;

pin_project! {
    pub(crate) struct Generated<T, F> {
        slot: Slot<T>,
        #[pin]
        future: Option<F>,
    }
}

/// Where the future leaves an item for the stream. No other thread has it at the same time.
pub(crate) struct Slot<T>(Arc<Mutex<Option<T>>>);

impl<T> Slot<T> {
    /// Gives an item to the reader of the stream, and waits until it asks for the next one.
    pub(crate) async fn give(&self, item: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(item);
        let mut is_given = false;
        // The stream polls again when its reader does, so nothing needs to wake it.
        poll_fn(|_| if std::mem::replace(&mut is_given, true) { Poll::Ready(()) } else { Poll::Pending }).await;
    }
}

impl<T, F: Future<Output = Result<(), Error>>> Generated<T, F> {
    pub(crate) fn new(make: impl FnOnce(Slot<T>) -> F) -> Self {
        let slot = Arc::default();
        Self { future: Some(make(Slot(Arc::clone(&slot)))), slot: Slot(slot) }
    }
}

impl<T, F: Future<Output = Result<(), Error>>> Stream for Generated<T, F> {
    type Item = Result<T, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        match future.poll(cx) {
            Poll::Ready(end) => {
                this.future.set(None);
                Poll::Ready(end.err().map(Err))
            }
            Poll::Pending => match this.slot.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
                Some(item) => Poll::Ready(Some(Ok(item))),
                None => Poll::Pending,
            },
        }
    }
}
