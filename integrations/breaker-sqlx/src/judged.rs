//! A stream of rows as a call.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use breaker_core::{CallError, PermitStream};
use futures_core::Stream;
use pin_project_lite::pin_project;
use sqlx_core::error::Error;

use crate::classify::Classifier;
use crate::error::{of_call, rejected};
use crate::guard::Guard;

pin_project! {
    /// A stream whose call is admitted when it is first polled. The first item decides the outcome, because the
    /// consumer sets the pace of the others. A failure after it is counted as a failed call of its own.
    pub(crate) struct Judged<S> {
        guard: Guard,
        has_outcome: bool,
        #[pin]
        state: State<S>,
    }
}

pin_project! {
    #[project = Projected]
    enum State<S> {
        Idle { stream: Option<S> },
        Running { #[pin] stream: PermitStream<S, Classifier> },
        Ended,
    }
}

impl<S> Judged<S> {
    pub(crate) fn new(guard: Guard, stream: S) -> Self {
        Self { guard, has_outcome: false, state: State::Idle { stream: Some(stream) } }
    }
}

impl<T, S: Stream<Item = Result<T, Error>>> Stream for Judged<S> {
    type Item = Result<T, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut this = self.project();
        loop {
            match this.state.as_mut().project() {
                Projected::Running { stream } => {
                    let item = ready!(stream.poll_next(cx));
                    if let (true, Some(Err(CallError::Inner(error)))) = (*this.has_outcome, &item) {
                        fail_late(this.guard, error);
                    }
                    *this.has_outcome = true;
                    return Poll::Ready(item.map(|item| item.map_err(of_call)));
                }
                Projected::Idle { stream } => {
                    let Some(stream) = stream.take() else { return Poll::Ready(None) };
                    match this.guard.breaker().try_acquire_idle() {
                        Ok(permit) => {
                            let stream = permit.stream_classified(stream, this.guard.classifier);
                            this.state.set(State::Running { stream });
                        }
                        Err(rejection) => {
                            this.state.set(State::Ended);
                            return Poll::Ready(Some(Err(rejected(rejection))));
                        }
                    }
                }
                Projected::Ended => return Poll::Ready(None),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.state {
            State::Ended => (0, Some(0)),
            State::Idle { .. } => (0, None),
            State::Running { stream } => stream.size_hint(),
        }
    }
}

/// Counts a failure of a stream whose call was a success: the database had begun to answer.
#[cold]
fn fail_late(guard: &Guard, error: &Error) {
    let outcome = guard.classifier.outcome_of(crate::classify::error(error));
    // Where calls are rejected, the failure is no news.
    if outcome.is_failure()
        && guard.breaker().peek().is_ok()
        && let Ok(permit) = guard.breaker().try_acquire_idle()
    {
        permit.record(outcome);
    }
}
