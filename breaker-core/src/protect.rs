//! The trait that generated code goes through: how a result is judged, what becomes of a refusal, and what the
//! compiler says where a type can't do that.

use crate::call::Ended;
use crate::error::CircuitBreakerError;
use crate::outcome::Outcome;
use crate::permit::BorrowedPermit;
use crate::site::Site;

/// What generated code holds: a permit of a breaker that lives as long as the program, so none is counted.
pub type Permit = BorrowedPermit<'static>;

/// What the caller gets.
#[derive(Debug)]
pub enum Next<R, E> {
    /// This.
    Return(R),
    /// What the fallback makes of this error; the error itself, if there is none.
    Fallback(E),
}

/// Runs a plain function under its permit; a panic in it is a failure.
#[inline]
pub fn call<R>(permit: Permit, function: impl FnOnce() -> R) -> Ended<R> {
    let guard = permit.guard();
    let result = function();
    Ended::Done(result, guard.end())
}

/// The same for one that has no permit yet.
#[expect(clippy::inline_always, reason = "its result would go through memory, piece by piece")]
#[inline(always)]
pub fn ask_and_call<R>(site: &'static Site, function: impl FnOnce() -> R) -> Ended<R> {
    match site.breaker().borrow_permit() {
        Ok(permit) => call(permit, function),
        Err(rejection) => Ended::Rejected(rejection.into()),
    }
}

/// The judge's verdict, recorded; a panic in it is a failure.
#[inline]
fn judged<R>(result: &R, permit: Permit, judge: impl FnOnce(&R) -> Outcome) -> Outcome {
    let guard = permit.guard();
    let outcome = judge(result);
    guard.end().record(outcome);
    outcome
}

/// The return type of an annotated function; `S` says what becomes of a refusal.
#[diagnostic::on_unimplemented(
    message = "a function under `#[circuit_breaker]` must return a `Result`, not `{Self}`",
    label = "this is not a `Result<T, E>`",
    note = "the breaker tells failures from successes by `Err` and `Ok`, and refuses a call with an `Err`",
    note = "a function that gives its result later may be an `async fn`, or return `impl Future<Output = Result<T, E>>` or `Pin<Box<dyn Future<Output = Result<T, E>>>>`"
)]
pub trait Protect<E, S>: Sized {
    /// Judges by `Ok` and `Err`.
    fn split(ended: Ended<Self>, strategy: S) -> Next<Self, E>;

    /// Judges errors by two questions; ignoring beats failing.
    fn split_by_error(
        ended: Ended<Self>,
        ignore_if: impl FnOnce(&E) -> bool,
        failure_if: impl FnOnce(&E) -> bool,
        strategy: S,
    ) -> Next<Self, E>;

    /// Judges by a function of the whole result.
    fn split_by_result(ended: Ended<Self>, classify: impl FnOnce(&Self) -> Outcome, strategy: S) -> Next<Self, E>;

    /// What the caller gets where there is no fallback.
    fn value(next: Next<Self, E>) -> Self;

    /// [`split`](Self::split) without a fallback.
    #[inline]
    fn finish(ended: Ended<Self>, strategy: S) -> Self {
        Self::value(Self::split(ended, strategy))
    }

    /// [`split_by_error`](Self::split_by_error) without a fallback.
    #[inline]
    fn finish_by_error(
        ended: Ended<Self>,
        ignore_if: impl FnOnce(&E) -> bool,
        failure_if: impl FnOnce(&E) -> bool,
        strategy: S,
    ) -> Self {
        Self::value(Self::split_by_error(ended, ignore_if, failure_if, strategy))
    }

    /// [`split_by_result`](Self::split_by_result) without a fallback.
    #[inline]
    fn finish_by_result(ended: Ended<Self>, classify: impl FnOnce(&Self) -> Outcome, strategy: S) -> Self {
        Self::value(Self::split_by_result(ended, classify, strategy))
    }
}

impl<T, E, S: Strategy<T, E>> Protect<E, S> for Result<T, E> {
    #[inline]
    fn split(ended: Ended<Self>, strategy: S) -> Next<Self, E> {
        match ended {
            Ended::Done(Ok(value), permit) => {
                permit.record(Outcome::Success);
                Next::Return(Ok(value))
            }
            Ended::Done(Err(error), permit) => {
                permit.record(Outcome::Failure);
                strategy.failed(error)
            }
            Ended::Rejected(error) => strategy.refused(error),
        }
    }

    #[inline]
    fn split_by_error(
        ended: Ended<Self>,
        ignore_if: impl FnOnce(&E) -> bool,
        failure_if: impl FnOnce(&E) -> bool,
        strategy: S,
    ) -> Next<Self, E> {
        let classify = |result: &Self| match result {
            Err(error) if ignore_if(error) => Outcome::Ignore,
            Err(error) if failure_if(error) => Outcome::Failure,
            // An error that is no failure: the service answered, if not what the caller hoped for.
            Ok(_) | Err(_) => Outcome::Success,
        };
        Self::split_by_result(ended, classify, strategy)
    }

    #[inline]
    fn split_by_result(ended: Ended<Self>, classify: impl FnOnce(&Self) -> Outcome, strategy: S) -> Next<Self, E> {
        match ended {
            Ended::Rejected(error) => strategy.refused(error),
            Ended::Done(result, permit) => {
                let outcome = judged(&result, permit, classify);
                match result {
                    Err(error) if outcome.is_failure() => strategy.failed(error),
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

/// What becomes of a refusal and of a failure.
pub trait Strategy<T, E>: Sized {
    /// The call was refused or cancelled.
    fn refused(self, error: CircuitBreakerError) -> Next<Result<T, E>, E>;

    /// The call has failed.
    #[inline]
    fn failed(self, error: E) -> Next<Result<T, E>, E> {
        Next::Fallback(error)
    }
}

/// A refusal becomes an `E` by `From`.
#[derive(Debug)]
pub struct Convert;

impl<T, E: CarriesRefusal> Strategy<T, E> for Convert {
    #[inline]
    fn refused(self, error: CircuitBreakerError) -> Next<Result<T, E>, E> {
        Next::Fallback(E::carry(error))
    }
}

/// A refusal becomes an `E` by `map_error`.
#[derive(Debug)]
pub struct Map<M>(M);

/// Makes a `Map`; the bound tells a closure its argument.
#[inline]
pub fn map<E, M: FnOnce(CircuitBreakerError) -> E>(map: M) -> Map<M> {
    Map(map)
}

impl<T, E, M: FnOnce(CircuitBreakerError) -> E> Strategy<T, E> for Map<M> {
    #[inline]
    fn refused(self, error: CircuitBreakerError) -> Next<Result<T, E>, E> {
        Next::Fallback((self.0)(error))
    }
}

/// A refusal and a failure become `Ok(Default::default())`.
#[derive(Debug)]
pub struct Degrade;

impl<T: HasDefault, E> Strategy<T, E> for Degrade {
    #[inline]
    fn refused(self, _: CircuitBreakerError) -> Next<Result<T, E>, E> {
        Next::Return(Ok(T::fill()))
    }

    #[inline]
    fn failed(self, _: E) -> Next<Result<T, E>, E> {
        Next::Return(Ok(T::fill()))
    }
}

/// An error type that can say that the breaker refused.
#[diagnostic::on_unimplemented(
    message = "the error type `{Self}` can't carry a refusal of the circuit breaker",
    label = "a refused call has to become a `{Self}`",
    note = "implement `From<breaker_core::CircuitBreakerError>` for it, or convert in the attribute: `map_error = |error| …`"
)]
pub trait CarriesRefusal {
    /// `From::from`.
    fn carry(error: CircuitBreakerError) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<CircuitBreakerError>> CarriesRefusal for E {
    #[inline]
    fn carry(error: CircuitBreakerError) -> Self {
        error.into()
    }
}

/// A value that a degraded call can give.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no default, so a call can't degrade to it",
    label = "with `fail_fast = false` (or the preset `cache`) a refused or failed call gives `Ok(Default::default())`",
    note = "implement `Default` for `{Self}`, return an `Option`, give a `fallback`, or say `fail_fast = true`"
)]
pub trait HasDefault {
    /// `Default::default`.
    fn fill() -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Default> HasDefault for T {
    #[inline]
    fn fill() -> Self {
        T::default()
    }
}
