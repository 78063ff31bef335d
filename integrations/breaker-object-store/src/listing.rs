//! Listings as calls.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_core::stream::BoxStream;
use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStore, Result};

use crate::error::rejected;
use crate::fallback::Fallback;
use crate::guard::Guard;
use crate::judged::Judged;

/// What is listed.
pub(crate) struct Listing {
    pub(crate) prefix: Option<Path>,
    pub(crate) offset: Option<Path>,
}

impl Listing {
    fn start(&self, store: &dyn ObjectStore) -> BoxStream<'static, Result<ObjectMeta>> {
        match &self.offset {
            Some(offset) => store.list_with_offset(self.prefix.as_ref(), offset),
            None => store.list(self.prefix.as_ref()),
        }
    }
}

/// A listing that is admitted when it is first polled, and moves to the fallback if the store doesn't begin to answer.
pub(crate) struct Listed<S> {
    pub(crate) guard: Guard,
    pub(crate) store: Arc<S>,
    pub(crate) fallback: Option<Fallback>,
    pub(crate) listing: Listing,
    pub(crate) state: State,
}

pub(crate) enum State {
    Idle,
    Running(Judged<ObjectMeta>),
    /// The fallback lists, in place of this error until its first item.
    Fallback(BoxStream<'static, Result<ObjectMeta>>, Option<Error>),
    Ended,
}

impl<S: ObjectStore> Listed<S> {
    /// The state after the store did not begin to answer: the fallback's listing, or the error.
    fn failed(&self, error: Error) -> Result<State> {
        match &self.fallback {
            Some(fallback) if self.guard.is_out(&error) => {
                Ok(State::Fallback(self.listing.start(&*fallback.store), Some(error)))
            }
            _ => Err(error),
        }
    }

    fn start(&self) -> Result<State> {
        match self.guard.breaker().try_acquire_idle() {
            Ok(mut permit) => {
                let stream = permit.enter(|| self.listing.start(&*self.store));
                Ok(State::Running(Judged::new(&self.guard, permit, stream)))
            }
            Err(rejection) => self.failed(rejected(rejection)),
        }
    }
}

impl<S: ObjectStore> Stream for Listed<S> {
    type Item = Result<ObjectMeta>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            let next = match &mut this.state {
                State::Idle => this.start(),
                State::Running(stream) => {
                    let is_first = !stream.has_begun();
                    match ready!(Pin::new(stream).poll_next(cx)) {
                        Some(Err(error)) if is_first && this.fallback.is_some() => this.failed(error),
                        item => return Poll::Ready(item),
                    }
                }
                State::Fallback(stream, error) => {
                    let item = ready!(stream.as_mut().poll_next(cx));
                    let Some(error) = error.take() else { return Poll::Ready(item) };
                    let is_answer = !matches!(item, Some(Err(_)));
                    this.guard.breaker().count_fallback(is_answer);
                    if is_answer {
                        return Poll::Ready(item);
                    }
                    Err(error)
                }
                State::Ended => return Poll::Ready(None),
            };
            match next {
                Ok(state) => this.state = state,
                Err(error) => {
                    this.state = State::Ended;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}
