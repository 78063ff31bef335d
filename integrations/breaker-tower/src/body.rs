//! Calls whose outcome is known when the body of the response ends.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use breaker_core::{CallError, Classify, Outcome, Permit, PolledPermit};
use http::{HeaderMap, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::classify::Judge;
use crate::error::{BoxError, Error};

/// Decides the outcome of a call at the end of the body.
pub trait Follow {
    /// Returns the outcome of a body that ended without an error, with these trailers.
    fn at_end(&self, trailers: Option<&HeaderMap>) -> Outcome;
}

/// Decides the outcome of a call at the headers, if they are enough.
pub trait AtHeaders<B, E> {
    /// Returns the outcome, or `None` if the body has to be followed.
    fn at_headers(&self, result: &Result<Response<B>, E>) -> Option<Outcome>;
}

/// A classifier that follows the body. Returned by
/// [`follow_body`](crate::CircuitBreakerLayer::follow_body), which describes it.
#[derive(Clone, Copy, Debug, Default)]
pub struct FollowBody<C>(pub(crate) C);

impl<B, E, C: Classify<Result<Response<B>, E>>> AtHeaders<B, E> for FollowBody<C> {
    fn at_headers(&self, result: &Result<Response<B>, E>) -> Option<Outcome> {
        let outcome = self.0.classify(result);
        // A response that is no success is known to be none.
        (result.is_err() || outcome != Outcome::Success).then_some(outcome)
    }
}

/// A body that ends decides that the call was a success.
#[derive(Clone, Copy, Debug, Default)]
pub struct Complete;

impl Follow for Complete {
    fn at_end(&self, _: Option<&HeaderMap>) -> Outcome {
        Outcome::Success
    }
}

impl<B, E, C> Judge<Response<B>, E> for FollowBody<C>
where
    B: Body,
    C: Classify<Result<Response<B>, E>> + Clone,
{
    type Response = Response<Followed<B, Complete>>;
    type Future<F>
        = FollowedFuture<F, Self, Complete>
    where
        F: Future<Output = Result<Response<B>, E>>;

    fn run<F: Future<Output = Result<Response<B>, E>>>(&self, permit: Permit, future: F) -> Self::Future<F> {
        FollowedFuture::new(permit, future, self.clone(), Complete)
    }

    fn pass(response: Response<B>) -> Self::Response {
        response.map(Followed::ended)
    }
}

pin_project! {
    /// A call up to the headers of its response, whose body continues it.
    #[must_use = "futures do nothing unless they are polled"]
    pub struct FollowedFuture<F, C, R> {
        permit: Option<PolledPermit>,
        classifier: C,
        rest: R,
        #[pin]
        future: Option<F>,
    }
}

impl<F, C, R> FollowedFuture<F, C, R> {
    pub(crate) fn new(permit: Permit, future: F, classifier: C, rest: R) -> Self {
        Self { permit: Some(permit.polled()), classifier, rest, future: Some(future) }
    }
}

impl<F, B, E, C, R> Future for FollowedFuture<F, C, R>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
    C: AtHeaders<B, E>,
    R: Follow + Clone,
{
    type Output = Result<Response<Followed<B, R>>, CallError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let (Some(permit), Some(mut future)) = (this.permit.as_mut(), this.future.as_mut().as_pin_mut()) else {
            panic!("call polled after completion")
        };
        // User code runs inside the permit's poll, so that its panic is a failure of the call.
        let (classifier, rest) = (&*this.classifier, &*this.rest);
        let polled = ready!(permit.poll(cx, |cx| {
            let result = ready!(future.as_mut().poll(cx));
            let outcome = classifier.at_headers(&result).or_else(|| match &result {
                // Nobody polls a body that is empty.
                Ok(response) => response.body().is_end_stream().then(|| rest.at_end(None)),
                Err(_) => None,
            });
            Poll::Ready((result, outcome))
        }));
        this.future.set(None);
        let mut permit = this.permit.take();
        let (result, outcome) = polled.map_err(CallError::Breaker)?;
        let response = result.map_err(CallError::Inner);
        if let Some(outcome) = outcome
            && let Some(permit) = permit.take()
        {
            permit.record(outcome);
        }
        let rest = this.rest.clone();
        Poll::Ready(
            response.map(|response| response.map(|body| Followed { permit, rest: Some(rest), body: Some(body) })),
        )
    }
}

impl<F, C, R> fmt::Debug for FollowedFuture<F, C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FollowedFuture").field("permit", &self.permit).finish_non_exhaustive()
    }
}

pin_project! {
    /// The body of a response, whose end decides the outcome of the call. An error of it is a failure. If it is dropped
    /// before its end, the call is abandoned, which is neutral.
    pub struct Followed<B, R = Complete> {
        // `None` once the outcome of the call is recorded.
        permit: Option<PolledPermit>,
        rest: Option<R>,
        #[pin]
        body: Option<B>,
    }
}

impl<B, R> Followed<B, R> {
    /// Wraps a body that decides nothing.
    pub(crate) fn ended(body: B) -> Self {
        Self { permit: None, rest: None, body: Some(body) }
    }
}

impl<B: Default, R> Default for Followed<B, R> {
    fn default() -> Self {
        Self::ended(B::default())
    }
}

/// What a polled body is, and the outcome of the call if it is known now.
type Polled<B> = (Option<Result<Frame<<B as Body>::Data>, <B as Body>::Error>>, Option<Outcome>);

fn poll_part<B: Body, R: Follow>(mut body: Pin<&mut B>, rest: &R, cx: &mut Context<'_>) -> Poll<Polled<B>> {
    let frame = ready!(body.as_mut().poll_frame(cx));
    let outcome = match &frame {
        None => Some(rest.at_end(None)),
        Some(Err(_)) => Some(Outcome::Failure),
        Some(Ok(frame)) => match frame.trailers_ref() {
            // Nothing follows trailers.
            Some(trailers) => Some(rest.at_end(Some(trailers))),
            // A reader that knows this doesn't poll again.
            None => body.is_end_stream().then(|| rest.at_end(None)),
        },
    };
    Poll::Ready((frame, outcome))
}

impl<B, R> Body for Followed<B, R>
where
    B: Body,
    B::Error: Into<BoxError>,
    R: Follow,
{
    type Data = B::Data;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, Error>>> {
        let mut this = self.project();
        let Some(mut body) = this.body.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let (Some(permit), Some(rest)) = (this.permit.as_mut(), this.rest.as_ref()) else {
            return body.poll_frame(cx).map(|frame| frame.map(|frame| frame.map_err(Error::inner_error)));
        };
        match ready!(permit.poll(cx, |cx| poll_part(body.as_mut(), rest, cx))) {
            Err(timeout) => {
                this.permit.take();
                this.body.set(None);
                Poll::Ready(Some(Err(timeout.into())))
            }
            Ok((frame, outcome)) => {
                if let Some(outcome) = outcome
                    && let Some(permit) = this.permit.take()
                {
                    permit.record(outcome);
                }
                Poll::Ready(frame.map(|frame| frame.map_err(Error::inner_error)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl<B, R> fmt::Debug for Followed<B, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Followed").field("permit", &self.permit).finish_non_exhaustive()
    }
}
