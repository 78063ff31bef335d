//! Deletions as calls.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_core::stream::BoxStream;
use object_store::path::Path;
use object_store::{ObjectStore, Result};

use crate::error::rejected;
use crate::guard::Guard;
use crate::judged::Judged;
use crate::marked::{marked, unmarked};

/// Deletions that are admitted with their first location: the caller may take its time to find it.
pub(crate) struct Deleted<S> {
    pub(crate) guard: Guard,
    pub(crate) store: Arc<S>,
    pub(crate) state: State,
}

pub(crate) enum State {
    Waiting(Option<BoxStream<'static, Result<Path>>>),
    Running(Judged<Path>),
    Ended,
}

impl<S: ObjectStore> Deleted<S> {
    fn start(&self, first: Path, rest: BoxStream<'static, Result<Path>>) -> Result<State> {
        let mut permit = self.guard.breaker().try_acquire_idle().map_err(rejected)?;
        let locations = Box::pin(Locations { first: Some(first), rest });
        let stream = permit.enter(|| self.store.delete_stream(locations));
        Ok(State::Running(Judged::new(&self.guard, permit, stream)))
    }
}

impl<S: ObjectStore> Stream for Deleted<S> {
    type Item = Result<Path>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            let next = match &mut this.state {
                State::Running(stream) => {
                    let item = ready!(Pin::new(stream).poll_next(cx));
                    return Poll::Ready(item.map(|item| item.map_err(unmarked)));
                }
                State::Waiting(locations) => {
                    let Some(waiting) = locations else { return Poll::Ready(None) };
                    match (ready!(waiting.as_mut().poll_next(cx)), locations.take()) {
                        (Some(Ok(first)), Some(rest)) => this.start(first, rest),
                        (Some(Err(error)), rest) => {
                            *locations = rest;
                            return Poll::Ready(Some(Err(error)));
                        }
                        _ => return Poll::Ready(None),
                    }
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

/// The caller's locations, with its errors marked, because they are not the store's.
struct Locations {
    first: Option<Path>,
    rest: BoxStream<'static, Result<Path>>,
}

impl Stream for Locations {
    type Item = Result<Path>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        self.rest.as_mut().poll_next(cx).map(|item| item.map(|item| item.map_err(marked)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (first, (least, most)) = (usize::from(self.first.is_some()), self.rest.size_hint());
        (least.saturating_add(first), most.and_then(|most| most.checked_add(first)))
    }
}
