//! What answers a request that the breaker rejects.

use std::fmt;
use std::future::{Future, Pending};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use breaker_core::{CircuitBreaker, Rejection};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::error::{BoxError, Error};

/// Answers a request that the breaker rejects. Implemented by [`NoFallback`], [`FallbackFn`] and [`FallbackService`].
pub trait Fallback<Request, Response> {
    /// The error of the fallback.
    type Error: Into<BoxError>;
    /// The future of the answer.
    type Future: Future<Output = Result<Response, Self::Error>>;

    /// Starts to answer the request.
    ///
    /// # Errors
    /// Returns the rejection if there is no fallback.
    fn answer(&self, request: Request, rejection: Rejection) -> Result<Self::Future, Rejection>;
}

/// No fallback: the caller gets the rejection as an error.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFallback;

impl<Request, Response> Fallback<Request, Response> for NoFallback {
    type Error = Error;
    type Future = Pending<Result<Response, Error>>;

    #[inline]
    fn answer(&self, _: Request, rejection: Rejection) -> Result<Self::Future, Rejection> {
        Err(rejection)
    }
}

/// A fallback that is a closure. Made by [`fallback`](crate::CircuitBreakerLayer::fallback).
#[derive(Clone)]
pub struct FallbackFn<F>(pub(crate) F);

impl<F, Request, Response, E, Answer> Fallback<Request, Response> for FallbackFn<F>
where
    F: Fn(Request, Rejection) -> Answer,
    Answer: Future<Output = Result<Response, E>>,
    E: Into<BoxError>,
{
    type Error = E;
    type Future = Answer;

    fn answer(&self, request: Request, rejection: Rejection) -> Result<Answer, Rejection> {
        Ok((self.0)(request, rejection))
    }
}

impl<F> fmt::Debug for FallbackFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FallbackFn")
    }
}

/// A fallback that is a service. Made by [`fallback_service`](crate::CircuitBreakerLayer::fallback_service).
#[derive(Clone, Debug)]
pub struct FallbackService<S>(pub(crate) S);

impl<S, Request> Fallback<Request, S::Response> for FallbackService<S>
where
    S: Service<Request> + Clone,
    S::Error: Into<BoxError>,
{
    type Error = S::Error;
    type Future = ServiceCall<S, Request, S::Future>;

    fn answer(&self, request: Request, _: Rejection) -> Result<Self::Future, Rejection> {
        Ok(ServiceCall { waiting: Some((self.0.clone(), request)), call: None })
    }
}

pin_project! {
    /// Waits until a service is ready, and calls it.
    #[must_use = "futures do nothing unless they are polled"]
    pub struct ServiceCall<S, Request, F> {
        waiting: Option<(S, Request)>,
        #[pin]
        call: Option<F>,
    }
}

impl<S: Service<Request>, Request> Future for ServiceCall<S, Request, S::Future> {
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some((service, _)) = this.waiting {
            ready!(service.poll_ready(cx))?;
        }
        if let Some((mut service, request)) = this.waiting.take() {
            this.call.set(Some(service.call(request)));
        }
        match this.call.as_pin_mut() {
            Some(call) => call.poll(cx),
            None => panic!("call polled after completion"),
        }
    }
}

pin_project! {
    /// A fallback that runs.
    #[must_use = "futures do nothing unless they are polled"]
    pub struct Answering<F, R, T> {
        #[pin]
        answer: F,
        // From the response of the fallback to that of the layer.
        pass: fn(R) -> T,
        breaker: CircuitBreaker,
    }
}

impl<F, R, T> Answering<F, R, T> {
    pub(crate) fn new(answer: F, pass: fn(R) -> T, breaker: CircuitBreaker) -> Self {
        Self { answer, pass, breaker }
    }
}

impl<F, R, T, E> Future for Answering<F, R, T>
where
    F: Future<Output = Result<R, E>>,
    E: Into<BoxError>,
{
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.answer.poll(cx));
        this.breaker.count_fallback(answer.is_ok());
        Poll::Ready(answer.map(this.pass).map_err(Error::inner_error))
    }
}
