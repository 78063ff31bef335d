//! The future of a response.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use breaker_core::{CallError, CircuitBreakerError, Rejection};
use bytes::Bytes;
use http::Response;
use http::uri::PathAndQuery;
use pin_project_lite::pin_project;

use super::body::ServerBody;
use crate::problem::Problem;

pin_project! {
    /// The future of [`ServerService`](crate::ServerService): the response of the inner service, or the problem in its
    /// place. If it is dropped before it ends, the call is abandoned.
    #[must_use = "futures do nothing unless they are polled"]
    pub struct ServerFuture<F> {
        // For the problem's `instance`.
        path: Option<PathAndQuery>,
        #[pin]
        stage: Stage<F>,
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<F> {
        Admitted { #[pin] call: F },
        // `None` once it is answered.
        Rejected { rejection: Option<Rejection> },
    }
}

impl<F> ServerFuture<F> {
    #[inline]
    pub(super) fn admitted(call: F, path: Option<PathAndQuery>) -> Self {
        Self { path, stage: Stage::Admitted { call } }
    }

    #[cold]
    pub(super) fn rejected(rejection: Rejection, path: Option<PathAndQuery>) -> Self {
        Self { path, stage: Stage::Rejected { rejection: Some(rejection) } }
    }
}

impl<F, B, E> Future for ServerFuture<F>
where
    F: Future<Output = Result<Response<B>, CallError<E>>>,
{
    type Output = Result<Response<ServerBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let error = match this.stage.project() {
            StageProjection::Admitted { call } => match call.poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(response)) => return Poll::Ready(Ok(response.map(ServerBody::inner))),
                Poll::Ready(Err(CallError::Inner(error))) => return Poll::Ready(Err(error)),
                Poll::Ready(Err(CallError::Breaker(error))) => error,
            },
            StageProjection::Rejected { rejection } => {
                rejection.take().expect("a future is not polled after its end").into()
            }
        };
        Poll::Ready(Ok(answer(error, this.path.as_ref())))
    }
}

/// Answers in place of the inner service.
#[cold]
#[inline(never)]
fn answer<B: From<Bytes>>(error: CircuitBreakerError, path: Option<&PathAndQuery>) -> Response<B> {
    let mut response = Problem::new(&error).of_request(path).into_response();
    response.extensions_mut().insert(error);
    response
}

impl<F> fmt::Debug for ServerFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut future = f.debug_struct("ServerFuture");
        match &self.stage {
            Stage::Admitted { .. } => future.field("stage", &"Admitted"),
            Stage::Rejected { .. } => future.field("stage", &"Rejected"),
        };
        future.finish_non_exhaustive()
    }
}
