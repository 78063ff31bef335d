//! A stream that is made by a future, as sqlx makes those of its pool: a stream that owns the connection that it reads
//! from can't be written without it.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_core::future::BoxFuture;
use sqlx_core::error::Error;

/// The future is boxed, as sqlx's is: it takes kilobytes, and the stream is moved when its call is admitted.
pub(crate) struct Generated<'a, T> {
    slot: Slot<T>,
    future: Option<BoxFuture<'a, Result<(), Error>>>,
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

impl<'a, T> Generated<'a, T> {
    pub(crate) fn new<F: Future<Output = Result<(), Error>> + Send + 'a>(make: impl FnOnce(Slot<T>) -> F) -> Self {
        let slot = Arc::default();
        Self { future: Some(Box::pin(make(Slot(Arc::clone(&slot))))), slot: Slot(slot) }
    }
}

impl<T> Stream for Generated<'_, T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(future) = &mut self.future else { return Poll::Ready(None) };
        match future.as_mut().poll(cx) {
            Poll::Ready(end) => {
                self.future = None;
                Poll::Ready(end.err().map(Err))
            }
            Poll::Pending => match self.slot.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
                Some(item) => Poll::Ready(Some(Ok(item))),
                None => Poll::Pending,
            },
        }
    }
}
