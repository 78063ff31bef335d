//! How a fallback is called and counted.

use std::future::{Future, IntoFuture, Ready, ready};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::breaker::CircuitBreaker;
use crate::site::asked::Asked;

/// One run of a fallback, while its code runs. Dropped only by its panic, which counts as its failure.
#[derive(Debug)]
pub struct FallbackRun<'a> {
    breaker: &'a CircuitBreaker,
}

impl<'a> FallbackRun<'a> {
    /// Just before the fallback is called.
    #[inline]
    #[must_use]
    pub fn new(asked: impl Asked<'a>) -> Self {
        Self { breaker: asked.breaker() }
    }

    /// Counts its result, which is what the caller gets.
    #[inline]
    pub fn end<R: Counted>(self, result: R) -> R {
        self.breaker().count_fallback(result.is_good());
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
    fn breaker(self) -> &'a CircuitBreaker {
        let breaker = self.breaker;
        mem::forget(self);
        breaker
    }
}

impl Drop for FallbackRun<'_> {
    fn drop(&mut self) {
        self.breaker.count_fallback(false);
    }
}

type PollCounted<R, F> = fn(FallbackRun<'_>, Pin<&mut F>, &mut Context<'_>) -> Poll<R>;

pin_project! {
    /// A fallback that gives its result later. Dropped before that, it has neither succeeded nor failed.
    ///
    /// A concrete type, since an opaque one would name the types of `answer` again: the compiler takes each lifetime in
    /// them for a different one when it asks whether the caller's future is `Send`, and then finds no `FallbackOutput`
    /// (rust-lang/rust#92415). And its `Future` has no bound, so that a fallback of another type is one error.
    pub struct Answer<'a, R, F> {
        breaker: &'a CircuitBreaker,
        poll: PollCounted<R, F>,
        #[pin]
        future: F,
    }
}

impl<'a, R: Counted, F: Future<Output = R>> Answer<'a, R, F> {
    #[inline]
    fn new(run: FallbackRun<'a>, into_future: impl FnOnce() -> F) -> Self {
        let future = into_future();
        Self { breaker: run.breaker(), poll: poll_counted, future }
    }
}

impl<R, F> Future for Answer<'_, R, F> {
    type Output = R;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        let this = self.project();
        (this.poll)(FallbackRun::new(*this.breaker), this.future, cx)
    }
}

fn poll_counted<F: Future<Output: Counted>>(
    run: FallbackRun<'_>,
    future: Pin<&mut F>,
    cx: &mut Context<'_>,
) -> Poll<F::Output> {
    let polled = future.poll(cx);
    let breaker = run.breaker();
    if let Poll::Ready(result) = &polled {
        breaker.count_fallback(result.is_good());
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
