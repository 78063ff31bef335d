//! The service that the layer makes.

use std::borrow::Borrow;
use std::task::{Context, Poll};
use std::time::Duration;

use breaker_core::{CircuitBreaker, Rejection, RejectionReason};
use tower_service::Service;

use crate::backpressure::{Backpressure, Readiness};
use crate::classify::Judge;
use crate::error::{Error, InnerError};
use crate::fallback::{Answering, Fallback};
use crate::future::ResponseFuture;
use crate::parts::Parts;
use crate::select::Select;

/// A service behind a circuit breaker. Made by a [`CircuitBreakerLayer`](crate::CircuitBreakerLayer). Clones share the
/// breaker.
///
/// While the circuit rejects calls, it is ready at once, without asking the inner service, and its calls return the
/// rejection; with [`backpressure`](crate::CircuitBreakerLayer::backpressure), it isn't ready.
#[derive(Debug)]
pub struct CircuitBreakerService<S, B, C, F> {
    inner: S,
    parts: Parts<B, C, F>,
    readiness: Readiness,
    waiting: Backpressure,
}

impl<S, B, C, F> CircuitBreakerService<S, B, C, F> {
    pub(crate) fn new(inner: S, parts: Parts<B, C, F>) -> Self {
        Self { inner, parts, readiness: Readiness::Inner, waiting: Backpressure::default() }
    }

    /// Returns the inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns the inner service. Calls made with it bypass the breaker.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Returns the inner service.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

/// A clone isn't ready before it is asked, like a clone of any service.
impl<S: Clone, B: Clone, C: Clone, F: Clone> Clone for CircuitBreakerService<S, B, C, F> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.parts.clone())
    }
}

/// The future of a call of this service.
type Call<S, Request, C, F> = ResponseFuture<
    <C as Judge<<S as Service<Request>>::Response, <S as Service<Request>>::Error>>::Future<
        <S as Service<Request>>::Future,
    >,
    Answering<
        <F as Fallback<Request, <S as Service<Request>>::Response>>::Future,
        <S as Service<Request>>::Response,
        <C as Judge<<S as Service<Request>>::Response, <S as Service<Request>>::Error>>::Response,
    >,
>;

impl<S, Request, B, C, F> Service<Request> for CircuitBreakerService<S, B, C, F>
where
    S: Service<Request>,
    S::Error: InnerError,
    B: Select<Request>,
    C: Judge<S::Response, S::Error>,
    F: Fallback<Request, S::Response>,
{
    type Response = C::Response;
    type Error = Error;
    type Future = Call<S, Request, C, F>;

    /// Only looks at the breaker. A permit that was taken here would be held for as long as the caller keeps the
    /// service, and a probe would fail by its lease.
    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if let Some(breaker) = self.parts.select.known() {
            // One test for a service that was ready, and stays so.
            if breaker.peek().is_err() || self.readiness != Readiness::Inner {
                self.readiness = self.waiting.readiness(breaker, self.parts.backpressure, cx);
                match self.readiness {
                    Readiness::Inner => {}
                    Readiness::Refusing => return Poll::Ready(Ok(())),
                    Readiness::Waiting => return Poll::Pending,
                }
            }
        }
        self.inner.poll_ready(cx).map_err(|error| Error::inner_error(error.into_box()))
    }

    #[inline]
    fn call(&mut self, request: Request) -> Self::Future {
        let breaker = self.parts.select.select(&request);
        let breaker = breaker.borrow();
        if self.readiness != Readiness::Inner {
            return refuse::<S, Request, C, F>(&self.parts.fallback, breaker, request, unready(breaker));
        }
        let mut permit = match breaker.try_acquire_idle() {
            Ok(permit) => permit,
            Err(rejection) => return refuse::<S, Request, C, F>(&self.parts.fallback, breaker, request, rejection),
        };
        // Not a clone of the inner service: this one is ready.
        let future = permit.enter(|| self.inner.call(request));
        ResponseFuture::admitted(self.parts.classifier.run(permit, future))
    }
}

/// Rejects a call, because `poll_ready` has found that the breaker does.
#[cold]
pub(crate) fn unready(breaker: &CircuitBreaker) -> Rejection {
    // Counts the rejection. If the circuit has begun to admit calls since then, the permit is given back: the inner
    // service wasn't asked whether it is ready.
    match breaker.try_acquire_idle() {
        Err(rejection) => rejection,
        Ok(_) => Rejection::new(breaker.service(), RejectionReason::Open).with_retry_after(Duration::ZERO),
    }
}

#[cold]
fn refuse<S, Request, C, F>(
    fallback: &F,
    breaker: &CircuitBreaker,
    request: Request,
    rejection: Rejection,
) -> Call<S, Request, C, F>
where
    S: Service<Request>,
    C: Judge<S::Response, S::Error>,
    F: Fallback<Request, S::Response>,
{
    match fallback.answer(request, rejection) {
        Ok(answer) => ResponseFuture::answered(Answering::new(answer, C::pass, breaker.clone())),
        Err(rejection) => ResponseFuture::rejected(rejection.into()),
    }
}
