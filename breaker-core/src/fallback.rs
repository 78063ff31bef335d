//! Runs and counts fallbacks.

use std::future::{Future, IntoFuture, Ready, ready};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::breaker::CircuitBreaker;
use crate::dispatch::errors::AsDebug;
use crate::log::answered::ErrorText;
use crate::site::asked::Asked;

/// A run of a fallback, while its code runs. It is only dropped if the code panics, which counts as a failed fallback.
#[derive(Debug)]
pub struct FallbackRun<'a> {
    breaker: &'a CircuitBreaker,
    /// The error that the fallback handles.
    error: ErrorText,
}

impl<'a> FallbackRun<'a> {
    /// Starts a run, just before the fallback is called with this error.
    ///
    /// The error is passed by value and returned, because a borrowed one would be kept in an async caller's future.
    #[inline]
    pub fn new<E>(asked: impl Asked<'a>, error: E, as_debug: AsDebug<E>) -> (Self, E) {
        (Self { breaker: asked.breaker(), error: ErrorText::of(as_debug(&error)) }, error)
    }

    /// Counts the result of the fallback, and returns it for the caller.
    #[inline]
    pub fn end<R: Counted>(self, result: R) -> R {
        let (breaker, error) = self.returned();
        breaker.end_fallback(result.is_good(), &error);
        result
    }

    /// Waits for the result of an async function's fallback, which returns the result itself or a future of it.
    #[inline]
    pub fn answer<R, K, F, O>(self, output: O) -> Answer<'a, R, F>
    where
        R: Counted,
        O: FallbackOutput<R, K, F>,
    {
        output.into_answer(self)
    }

    /// Ends the run without counting, because the code has returned.
    #[inline]
    fn returned(mut self) -> (&'a CircuitBreaker, ErrorText) {
        let parts = (self.breaker, mem::take(&mut self.error));
        mem::forget(self);
        parts
    }
}

impl Drop for FallbackRun<'_> {
    fn drop(&mut self) {
        self.breaker.end_fallback(false, &self.error);
    }
}

type PollCounted<R, F> = fn(&CircuitBreaker, &mut ErrorText, Pin<&mut F>, &mut Context<'_>) -> Poll<R>;

pin_project! {
    /// The future of a fallback's result. Dropped before it is ready, the fallback counts neither as succeeded nor as
    /// failed.
    ///
    /// It is a concrete type, because an opaque type would capture the types of `answer`. When the compiler checks
    /// whether the caller's future is `Send`, it replaces each lifetime in them by a different one, and then finds no
    /// `FallbackOutput` (rust-lang/rust#92415). Its `Future` impl has no bound, so that a fallback of a wrong type
    /// causes one error.
    pub struct Answer<'a, R, F> {
        breaker: &'a CircuitBreaker,
        error: ErrorText,
        poll: PollCounted<R, F>,
        #[pin]
        future: F,
    }
}

impl<'a, R: Counted, F: Future<Output = R>> Answer<'a, R, F> {
    #[inline]
    fn new(run: FallbackRun<'a>, into_future: impl FnOnce() -> F) -> Self {
        let future = into_future();
        let (breaker, error) = run.returned();
        Self { breaker, error, poll: poll_counted, future }
    }
}

impl<R, F> Future for Answer<'_, R, F> {
    type Output = R;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        let this = self.project();
        (this.poll)(this.breaker, this.error, this.future, cx)
    }
}

fn poll_counted<F: Future<Output: Counted>>(
    breaker: &CircuitBreaker,
    error: &mut ErrorText,
    future: Pin<&mut F>,
    cx: &mut Context<'_>,
) -> Poll<F::Output> {
    let run = FallbackRun { breaker, error: mem::take(error) };
    let polled = future.poll(cx);
    (_, *error) = run.returned();
    if let Poll::Ready(result) = &polled {
        breaker.end_fallback(result.is_good(), error);
    }
    polled
}

/// A result of a fallback that is counted.
pub trait Counted {
    /// `Result::is_ok`.
    fn is_good(&self) -> bool;
}

impl<T, E> Counted for Result<T, E> {
    #[inline]
    fn is_good(&self) -> bool {
        self.is_ok()
    }
}

/// Calls a closure. Passing it as an argument here lets the compiler infer the type of its parameter.
#[inline]
pub fn apply<E, A>(closure: impl FnOnce(E) -> A, error: E) -> A {
    closure(error)
}

/// Marks a fallback that returns the result itself.
#[derive(Debug)]
pub struct Now;

/// Marks a fallback that returns a future.
#[derive(Debug)]
pub struct Later;

/// The types that a fallback of an async function may return. `K` distinguishes the two impls.
///
/// `F` is the future. If it were an associated type, the compiler would resolve it first, and the error message would
/// only mention futures.
#[diagnostic::on_unimplemented(
    message = "the fallback must return what the function returns: `{R}`, or a future of it",
    label = "this returns `{Self}`"
)]
pub trait FallbackOutput<R, K, F> {
    /// Returns the future of the result, which `run` counts.
    fn into_answer(self, run: FallbackRun<'_>) -> Answer<'_, R, F>;
}

impl<R: Counted> FallbackOutput<R, Now, Ready<R>> for R {
    #[inline]
    fn into_answer(self, run: FallbackRun<'_>) -> Answer<'_, R, Ready<R>> {
        Answer::new(run, || ready(self))
    }
}

#[diagnostic::do_not_recommend]
impl<R: Counted, O: IntoFuture<Output = R>> FallbackOutput<R, Later, O::IntoFuture> for O {
    #[inline]
    fn into_answer(self, run: FallbackRun<'_>) -> Answer<'_, R, O::IntoFuture> {
        Answer::new(run, || self.into_future())
    }
}

/// Clones a parameter for the fallback, when the call is admitted.
#[inline]
pub fn keep<T: Keep>(parameter: &T) -> T {
    parameter.keep()
}

/// A parameter that both the function and its fallback can own.
#[diagnostic::on_unimplemented(
    message = "the fallback takes this parameter by value, but `{Self}` is not `Clone`",
    label = "the function has moved it when the fallback runs",
    note = "take it by reference, make it `Clone`, or use a closure that doesn't name it: `fallback = |error| …`"
)]
pub trait Keep {
    /// `Clone::clone`.
    #[must_use]
    fn keep(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> Keep for T {
    #[inline]
    fn keep(&self) -> Self {
        self.clone()
    }
}
