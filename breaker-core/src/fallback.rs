//! How a fallback is called and counted.

use std::future::{Future, IntoFuture, Ready, ready};

use crate::site::Site;

/// One run of a fallback. A panic in it counts as its failure, and goes on.
#[derive(Debug)]
pub struct FallbackRun {
    site: Option<&'static Site>,
}

impl FallbackRun {
    /// Just before the fallback is called.
    #[inline]
    #[must_use]
    pub fn new(site: &'static Site) -> Self {
        Self { site: Some(site) }
    }

    /// Counts its result, which is what the caller gets.
    #[inline]
    pub fn end<T, E>(mut self, result: Result<T, E>) -> Result<T, E> {
        self.count(result.is_ok());
        result
    }

    #[inline(never)]
    fn count(&mut self, ok: bool) {
        if let Some(site) = self.site.take() {
            site.breaker().count_fallback(ok);
        }
    }
}

impl Drop for FallbackRun {
    #[inline(never)]
    fn drop(&mut self) {
        // One that is merely dropped, because its caller went away, has neither succeeded nor failed.
        if std::thread::panicking() {
            self.count(false);
        }
    }
}

/// Calls a closure; being an argument here tells it the type of its own.
#[inline]
pub fn apply<E, A>(closure: impl FnOnce(E) -> A, error: E) -> A {
    closure(error)
}

/// Waits for what a fallback gives: the result itself, or a future of it.
#[inline]
pub fn answer<R, K, A: Answer<R, K>>(answer: A) -> impl Future<Output = R> {
    // Opaque, so that a fallback of another type is one error, not a second one about what its future gives.
    answer.answer()
}

/// The fallback gives the result itself.
#[derive(Debug)]
pub struct Now;

/// The fallback gives a future.
#[derive(Debug)]
pub struct Later;

/// What a fallback of an async function may give; `K` keeps its two implementations apart.
#[diagnostic::on_unimplemented(
    message = "the fallback must give what the function gives: `{R}`, or a future of it",
    label = "this gives `{Self}`"
)]
pub trait Answer<R, K> {
    /// Gives the result when it is there.
    type Future: Future<Output = R>;

    /// The future of the result.
    fn answer(self) -> Self::Future;
}

impl<R> Answer<R, Now> for R {
    type Future = Ready<R>;

    #[inline]
    fn answer(self) -> Ready<R> {
        ready(self)
    }
}

impl<R, F: IntoFuture<Output = R>> Answer<R, Later> for F {
    type Future = F::IntoFuture;

    #[inline]
    fn answer(self) -> F::IntoFuture {
        self.into_future()
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
