//! Streams whose first item is the outcome of a call.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use breaker_core::{CallError, Permit, PermitStream};
use futures_core::Stream;
use futures_core::stream::BoxStream;
use object_store::Result;

use crate::error::of_call;
use crate::guard::Guard;

/// A stream of the store under its permit. The first item decides the outcome, because the consumer sets the pace of the
/// others. A failure after it is counted as a failed call of its own.
pub(crate) struct Judged<T> {
    guard: Guard,
    stream: PermitStream<BoxStream<'static, Result<T>>, Guard>,
    has_begun: bool,
}

impl<T> Judged<T> {
    pub(crate) fn new(guard: &Guard, permit: Permit, stream: BoxStream<'static, Result<T>>) -> Self {
        let stream = permit.stream_classified(stream, guard.clone());
        Self { guard: guard.clone(), stream, has_begun: false }
    }

    /// Whether an item has come: the store has begun to answer.
    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun
    }
}

impl<T> Stream for Judged<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(Pin::new(&mut self.stream).poll_next(cx));
        if let (true, Some(Err(CallError::Inner(error)))) = (self.has_begun, &item) {
            self.guard.fail_late(error);
        }
        self.has_begun = true;
        Poll::Ready(item.map(|item| item.map_err(of_call)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

/// The body of an object whose call was a success at the headers. Its error is counted as a failed call of its own.
pub(crate) struct Body {
    pub(crate) guard: Guard,
    pub(crate) stream: BoxStream<'static, Result<bytes::Bytes>>,
}

impl Stream for Body {
    type Item = Result<bytes::Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(self.stream.as_mut().poll_next(cx));
        if let Some(Err(error)) = &item {
            self.guard.fail_late(error);
        }
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

/// Stands for a body while that is wrapped. A box of it allocates nothing.
pub(crate) struct Empty;

impl Stream for Empty {
    type Item = Result<bytes::Bytes>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(None)
    }
}
