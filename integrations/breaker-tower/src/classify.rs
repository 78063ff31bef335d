//! How a response becomes the outcome of a call.

use std::future::Future;

use breaker_core::{CallError, Classify, Permit, PermitFuture};

/// Runs a call under its permit, and decides its outcome.
///
/// Implemented for every classifier of breaker-core, [`Classify<Result<Response, Error>>`](Classify): the outcome is
/// known when the inner service responds. [`FollowBody`](crate::FollowBody) and [`Grpc`](crate::Grpc) decide when the
/// body of the response ends, so the caller gets another type of body.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't classify the results of this service, `Result<{Response}, {Error}>`",
    label = "this classifier doesn't implement `breaker_core::Classify<Result<{Response}, {Error}>>`",
    note = "`Http`, `Grpc` and `.follow_body()` need a service that responds with `http::Response<_>`; for other services \
            use `ByResult` or `breaker_core::classify_fn(|result: &Result<_, _>| …)`",
    note = "a classifier must be `Clone`: put one that isn't into an `Arc`"
)]
pub trait Judge<Response, Error> {
    /// What the caller gets for a response of the inner service.
    type Response;

    /// The call: its future, which owns the permit.
    type Future<F>: Future<Output = Result<Self::Response, CallError<Error>>>
    where
        F: Future<Output = Result<Response, Error>>;

    /// Runs the future of the inner service.
    fn run<F: Future<Output = Result<Response, Error>>>(&self, permit: Permit, future: F) -> Self::Future<F>;

    /// Converts the response of a fallback, which isn't classified.
    fn pass(response: Response) -> Self::Response;
}

#[diagnostic::do_not_recommend]
impl<C, Response, Error> Judge<Response, Error> for C
where
    C: Classify<Result<Response, Error>> + Clone,
{
    type Response = Response;
    type Future<F>
        = PermitFuture<F, C>
    where
        F: Future<Output = Result<Response, Error>>;

    #[inline]
    fn run<F: Future<Output = Result<Response, Error>>>(&self, permit: Permit, future: F) -> Self::Future<F> {
        permit.run_classified(future, self.clone())
    }

    fn pass(response: Response) -> Response {
        response
    }
}
