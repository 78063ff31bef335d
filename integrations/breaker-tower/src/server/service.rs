//! The service that a [`ServerLayer`](crate::ServerLayer) makes.

use std::borrow::Borrow;
use std::fmt;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::body::ServerBody;
use super::future::ServerFuture;
use crate::classify::Judge;
use crate::http::Http;
use crate::select::{Fixed, Select};
use crate::service::unready;

/// A server whose requests are calls of a circuit breaker. Made by a [`ServerLayer`](crate::ServerLayer). Clones share
/// the breaker.
pub struct ServerService<S, B = Fixed, C = Http> {
    inner: S,
    select: B,
    classifier: C,
    /// Whether the last `poll_ready` found that the breaker rejects calls, so the inner service wasn't asked.
    is_refusing: bool,
}

impl<S, B, C> ServerService<S, B, C> {
    pub(super) fn new(inner: S, select: B, classifier: C) -> Self {
        Self { inner, select, classifier, is_refusing: false }
    }

    /// Returns the inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }
}

impl<S, B, C, RequestBody, InnerBody, ResponseBody> Service<Request<RequestBody>> for ServerService<S, B, C>
where
    S: Service<Request<RequestBody>, Response = Response<InnerBody>>,
    B: Select<Request<RequestBody>>,
    C: Judge<Response<InnerBody>, S::Error, Response = Response<ResponseBody>>,
{
    type Response = Response<ServerBody<ResponseBody>>;
    type Error = S::Error;
    type Future = ServerFuture<C::Future<S::Future>>;

    /// Only looks at the breaker. A permit that was taken here would be held for as long as the caller keeps the
    /// service, and a probe would fail by its lease.
    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.is_refusing = self.select.known().is_some_and(|breaker| breaker.peek().is_err());
        if self.is_refusing { Poll::Ready(Ok(())) } else { self.inner.poll_ready(cx) }
    }

    #[inline]
    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        // The inner service takes the request, but a timeout names its path later. The path is shared, not copied.
        let path = request.uri().path_and_query().cloned();
        let breaker = self.select.select(&request);
        let breaker = breaker.borrow();
        if self.is_refusing {
            return ServerFuture::rejected(unready(breaker), path);
        }
        let mut permit = match breaker.try_acquire_idle() {
            Ok(permit) => permit,
            Err(rejection) => return ServerFuture::rejected(rejection, path),
        };
        // Not a clone of the inner service: this one is ready.
        let future = permit.enter(|| self.inner.call(request));
        ServerFuture::admitted(self.classifier.run(permit, future), path)
    }
}

/// A clone isn't ready before it is asked, like a clone of any service.
impl<S: Clone, B: Clone, C: Clone> Clone for ServerService<S, B, C> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.select.clone(), self.classifier.clone())
    }
}

impl<S: fmt::Debug, B: fmt::Debug, C> fmt::Debug for ServerService<S, B, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerService")
            .field("inner", &self.inner)
            .field("select", &self.select)
            .finish_non_exhaustive()
    }
}
