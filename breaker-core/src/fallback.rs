//! How a fallback is called and counted.

use std::future::{Future, IntoFuture, Ready, ready};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::breaker::CircuitBreaker;
use crate::dispatch::errors::AsDebug;
use crate::log::answered::ErrorText;
use crate::site::asked::Asked;

/// One run of a fallback, while its code runs. Dropped only by its panic, which counts as its failure.
#[derive(Debug)]
pub struct FallbackRun<'a> {
    breaker: &'a CircuitBreaker,
    /// What it answers.
    error: ErrorText,
}

impl<'a> FallbackRun<'a> {
    /// Just before the fallback is called with this error.
    ///
    /// The error goes through by value: one that is borrowed here would be kept in an async caller's future.
    #[inline]
    pub fn new<E>(asked: impl Asked<'a>, error: E, as_debug: AsDebug<E>) -> (Self, E) {
        (Self { breaker: asked.breaker(), error: ErrorText::of(as_debug(&error)) }, error)
    }

    /// Counts its result, which is what the caller gets.
    #[inline]
    pub fn end<R: Counted>(self, result: R) -> R {
        let (breaker, error) = self.returned();
        breaker.end_fallback(result.is_good(), &error);
        result
    }

    /// Waits for what the fallback of an async function gives: the result itself, or a future of it.
    #[inline]
    pub fn answer<R, K, F, O>(self, output: O) -> Answer<'a, R, F>
    where
        R: Counted,
        O: FallbackOutput<R, K, F>,
    {
        output.into_answer(self)
    }

    /// Its code has returned.
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
    /// A fallback that gives its result later. Dropped before that, it has neither succeeded nor failed.
    ///
    /// A concrete type, since an opaque one would name the types of `answer` again: the compiler takes each lifetime in
    /// them for a different one when it asks whether the caller's future is `Send`, and then finds no `FallbackOutput`
    /// (rust-lang/rust#92415). And its `Future` has no bound, so that a fallback of another type is one error.
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

/// A result that says whether the fallback has succeeded.
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

/// Calls a closure; being an argument here tells it the type of its own.
#[inline]
pub fn apply<E, A>(closure: impl FnOnce(E) -> A, error: E) -> A {
    closure(error)
}

/// The fallback gives the result itself.
#[derive(Debug)]
pub struct Now;

/// The fallback gives a future.
#[derive(Debug)]
pub struct Later;

/// What a fallback of an async function may give; `K` keeps its two implementations apart.
///
/// `F` is the future. As an associated type, it would be looked for first, and the error would speak of futures alone.
#[diagnostic::on_unimplemented(
    message = "the fallback must give what the function gives: `{R}`, or a future of it",
    label = "this gives `{Self}`"
)]
pub trait FallbackOutput<R, K, F> {
    /// The future of the result, counted by `run`.
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

/// A copy of a parameter for the fallback, made when the call is admitted.
#[inline]
pub fn keep<T: Keep>(parameter: &T) -> T {
    parameter.keep()
}

/// A parameter that both the function and its fallback can have.
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
