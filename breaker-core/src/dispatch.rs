//! The trait through which generated code decides the outcome of a result. It also holds the compiler's messages for
//! return types that don't fit.

pub(crate) mod errors;
mod injected;
mod strategy;

use crate::call::Ended;
#[cfg(feature = "test-util")]
use crate::call::injection::into_plain;
use crate::outcome::Outcome;
use crate::permit::{BorrowedPermit, PanicGuard};
use crate::site::asked::Asked;

use injected::Injected;
pub use injected::{injectable, not_injectable};
use strategy::Strategy;
pub use strategy::{Convert, Degrade, Next, map, map_to};

/// The permit in generated code. It borrows its breaker, so that no reference count changes.
pub type Permit<'a> = BorrowedPermit<'a>;

/// Runs a plain function under its permit. A panic in it counts as a failure.
#[inline]
pub fn call<R>(permit: Permit<'_>, function: impl FnOnce() -> R) -> Ended<'_, R> {
    match Running::new(permit) {
        Ok(running) => {
            let result = function();
            running.end(result)
        }
        Err(ended) => ended,
    }
}

/// Without `test-util`, nothing is injected.
#[cfg(not(feature = "test-util"))]
#[expect(clippy::unnecessary_wraps, reason = "as with `test-util`")]
#[inline]
fn into_plain<R>(permit: Permit<'_>) -> Result<Permit<'_>, Ended<'_, R>> {
    Ok(permit)
}

/// Like [`call`], for a call that was not admitted yet.
#[expect(clippy::inline_always, reason = "otherwise its result is returned through memory")]
#[inline(always)]
pub fn ask_and_call<'a, R>(asked: impl Asked<'a>, function: impl FnOnce() -> R) -> Ended<'a, R> {
    match asked.breaker().borrow_permit() {
        Ok(permit) => call(permit, function),
        Err(rejection) => Ended::Rejected(rejection.into()),
    }
}

/// A plain function that is running. Used for functions under `#[track_caller]`, which can't be called from a closure,
/// because the closure would be the caller. A panic counts as a failure here, too.
pub struct Running<'a>(PanicGuard<'a>);

impl<'a> Running<'a> {
    /// Starts just before the function is called.
    ///
    /// # Errors
    ///
    /// The end of the call that a test injects in place of the function.
    #[inline]
    pub fn new<R>(permit: Permit<'a>) -> Result<Self, Ended<'a, R>> {
        Ok(Self(into_plain(permit)?.guard()))
    }

    /// Ends just after the function has returned.
    #[inline]
    pub fn end<R>(self, result: R) -> Ended<'a, R> {
        Ended::Done(result, self.0.end())
    }
}

/// Records the outcome that the classifier returns. A panic in the classifier counts as a failure.
#[inline]
fn judged<R>(result: &R, permit: Permit<'_>, judge: impl FnOnce(&R) -> Outcome) -> Outcome {
    let guard = permit.guard();
    let outcome = judge(result);
    guard.end().record(outcome);
    outcome
}

/// The return type of an annotated function. `S` decides what a rejection becomes.
#[diagnostic::on_unimplemented(
    message = "a function under `#[circuit_breaker]` must return a `Result`, not `{Self}`",
    label = "this is not a `Result<T, E>`",
    note = "the breaker counts `Err` as a failure and `Ok` as a success, and rejects a call with an `Err`",
    note = "a function that returns its result later may be an `async fn`, or return `impl Future<Output = Result<T, E>>` or `Pin<Box<dyn Future<Output = Result<T, E>>>>`"
)]
pub trait Protect<E, S>: Sized {
    /// Records the outcome by `Ok` and `Err`.
    fn split(ended: Ended<'_, Self>, strategy: S, injected: Injected<E>) -> Next<Self, E>;

    /// Records the outcome by two predicates on errors. `ignore_if` takes precedence.
    fn split_by_error(
        ended: Ended<'_, Self>,
        ignore_if: impl FnOnce(&E) -> bool,
        failure_if: impl FnOnce(&E) -> bool,
        strategy: S,
        injected: Injected<E>,
    ) -> Next<Self, E>;

    /// Records the outcome that a function of the whole result returns.
    fn split_by_result(
        ended: Ended<'_, Self>,
        classify: impl FnOnce(&Self) -> Outcome,
        strategy: S,
        injected: Injected<E>,
    ) -> Next<Self, E>;

    /// Returns the result for the caller if there is no fallback.
    fn value(next: Next<Self, E>) -> Self;

    /// [`split`](Self::split) without a fallback.
    #[inline]
    fn finish(ended: Ended<'_, Self>, strategy: S, injected: Injected<E>) -> Self {
        Self::value(Self::split(ended, strategy, injected))
    }

    /// [`split_by_error`](Self::split_by_error) without a fallback.
    #[inline]
    fn finish_by_error(
        ended: Ended<'_, Self>,
        ignore_if: impl FnOnce(&E) -> bool,
        failure_if: impl FnOnce(&E) -> bool,
        strategy: S,
        injected: Injected<E>,
    ) -> Self {
        Self::value(Self::split_by_error(ended, ignore_if, failure_if, strategy, injected))
    }

    /// [`split_by_result`](Self::split_by_result) without a fallback.
    #[inline]
    fn finish_by_result(
        ended: Ended<'_, Self>,
        classify: impl FnOnce(&Self) -> Outcome,
        strategy: S,
        injected: Injected<E>,
    ) -> Self {
        Self::value(Self::split_by_result(ended, classify, strategy, injected))
    }
}

impl<T, E, S: Strategy<T, E>> Protect<E, S> for Result<T, E> {
    #[inline]
    fn split(ended: Ended<'_, Self>, strategy: S, injected: Injected<E>) -> Next<Self, E> {
        match ended {
            Ended::Done(Ok(value), permit) => {
                permit.record(Outcome::Success);
                Next::Return(Ok(value))
            }
            Ended::Done(Err(error), permit) => {
                let breaker = permit.breaker();
                permit.record(Outcome::Failure);
                strategy.failed(error, breaker)
            }
            Ended::Rejected(error) => strategy.rejected(error),
            Ended::Injected(error, permit) => Self::split(injected.done(error, permit), strategy, injected),
        }
    }

    #[inline]
    fn split_by_error(
        ended: Ended<'_, Self>,
        ignore_if: impl FnOnce(&E) -> bool,
        failure_if: impl FnOnce(&E) -> bool,
        strategy: S,
        injected: Injected<E>,
    ) -> Next<Self, E> {
        let classify = |result: &Self| match result {
            Err(error) if ignore_if(error) => Outcome::Ignore,
            Err(error) if failure_if(error) => Outcome::Failure,
            // An error that is not a failure counts as a success, because the service has answered.
            Ok(_) | Err(_) => Outcome::Success,
        };
        Self::split_by_result(ended, classify, strategy, injected)
    }

    #[inline]
    fn split_by_result(
        ended: Ended<'_, Self>,
        classify: impl FnOnce(&Self) -> Outcome,
        strategy: S,
        injected: Injected<E>,
    ) -> Next<Self, E> {
        match ended {
            Ended::Rejected(error) => strategy.rejected(error),
            Ended::Injected(error, permit) => {
                Self::split_by_result(injected.done(error, permit), classify, strategy, injected)
            }
            Ended::Done(result, permit) => {
                let breaker = permit.breaker();
                let outcome = judged(&result, permit, classify);
                match result {
                    Err(error) if outcome.is_failure() => strategy.failed(error, breaker),
                    result => Next::Return(result),
                }
            }
        }
    }

    #[inline]
    fn value(next: Next<Self, E>) -> Self {
        match next {
            Next::Return(result) => result,
            Next::Fallback(error) => Err(error),
        }
    }
}
