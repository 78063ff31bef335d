//! The future of a call.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use breaker_core::CallError;
use pin_project_lite::pin_project;

use crate::error::{Error, InnerError};

pin_project! {
    /// A call through a [`CircuitBreakerService`](crate::CircuitBreakerService): admitted, rejected, or answered by a
    /// fallback. If it is dropped before it ends, the call is abandoned, which is neutral.
    #[must_use = "futures do nothing unless they are polled"]
    pub struct ResponseFuture<F, A> {
        #[pin]
        state: State<F, A>,
    }
}

pin_project! {
    // Two variants, so that a call needs one test: the call has a niche for the other one.
    #[project = Projected]
    enum State<F, A> {
        Admitted {
            #[pin]
            call: F,
        },
        Refused {
            #[pin]
            answer: Refused<A>,
        },
    }
}

pin_project! {
    #[project = ProjectedRefused]
    enum Refused<A> {
        Rejected {
            error: Option<Error>,
        },
        Answered {
            #[pin]
            answer: A,
        },
    }
}

impl<F, A> ResponseFuture<F, A> {
    #[inline]
    pub(crate) fn admitted(call: F) -> Self {
        Self { state: State::Admitted { call } }
    }

    pub(crate) fn rejected(error: Error) -> Self {
        Self { state: State::Refused { answer: Refused::Rejected { error: Some(error) } } }
    }

    pub(crate) fn answered(answer: A) -> Self {
        Self { state: State::Refused { answer: Refused::Answered { answer } } }
    }
}

impl<F, A, T, E> Future for ResponseFuture<F, A>
where
    F: Future<Output = Result<T, CallError<E>>>,
    E: InnerError,
    A: Future<Output = Result<T, Error>>,
{
    type Output = Result<T, Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            Projected::Admitted { call } => {
                let inner = |error: E| Error::inner_error(error.into_box());
                call.poll(cx).map(|result| result.map_err(|error| Error::of_call(error, inner)))
            }
            Projected::Refused { answer } => match answer.project() {
                ProjectedRefused::Rejected { error } => match error.take() {
                    Some(error) => Poll::Ready(Err(error)),
                    None => panic!("call polled after completion"),
                },
                ProjectedRefused::Answered { answer } => answer.poll(cx),
            },
        }
    }
}

impl<F: fmt::Debug, A> fmt::Debug for ResponseFuture<F, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            State::Admitted { call } => f.debug_tuple("Admitted").field(call).finish(),
            State::Refused { answer: Refused::Rejected { error } } => f.debug_tuple("Rejected").field(error).finish(),
            State::Refused { answer: Refused::Answered { .. } } => f.debug_tuple("Answered").finish_non_exhaustive(),
        }
    }
}
