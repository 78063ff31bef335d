//! What becomes of a rejection and of a failure: an error, or a default value; and what the compiler says where a type
//! can't be either.

use super::errors::AsDebug;
use crate::breaker::CircuitBreaker;
use crate::error::CircuitBreakerError;
use crate::log::answered;

/// What the caller gets.
#[derive(Debug)]
pub enum Next<R, E> {
    /// This.
    Return(R),
    /// What the fallback makes of this error; the error itself, if there is none.
    Fallback(E),
}

/// What becomes of a rejection and of a failure.
pub trait Strategy<T, E>: Sized {
    /// The call was rejected or cancelled.
    fn rejected(self, error: CircuitBreakerError) -> Next<Result<T, E>, E>;

    /// The call of this breaker has failed.
    #[inline]
    fn failed(self, error: E, _: &CircuitBreaker) -> Next<Result<T, E>, E> {
        Next::Fallback(error)
    }
}

/// A rejection becomes an `E` by `From`.
#[derive(Debug)]
pub struct Convert;

impl<T, E: CarriesRejection> Strategy<T, E> for Convert {
    #[inline]
    fn rejected(self, error: CircuitBreakerError) -> Next<Result<T, E>, E> {
        Next::Fallback(E::carry(error))
    }
}

/// A rejection becomes an `E` by `map_error`.
///
/// Its `Strategy` has no bound, so that a `map_error` of another type is one error.
#[derive(Debug)]
pub struct Map<M, E> {
    map: M,
    call: fn(M, CircuitBreakerError) -> E,
}

/// Makes a `Map` of a path.
#[inline]
pub fn map<E, M: FnOnce(CircuitBreakerError) -> E>(map: M) -> Map<M, E> {
    Map { map, call: |map, error| map(error) }
}

/// Makes a `Map` of a closure, and tells it the error of the function's `Result`, so that its own coerces.
#[inline]
pub fn map_to<T, E, M: FnOnce(CircuitBreakerError) -> E>(_: Option<Result<T, E>>, map: M) -> Map<M, E> {
    Map { map, call: |map, error| map(error) }
}

impl<T, E, M> Strategy<T, E> for Map<M, E> {
    #[inline]
    fn rejected(self, error: CircuitBreakerError) -> Next<Result<T, E>, E> {
        Next::Fallback((self.call)(self.map, error))
    }
}

/// A rejection and a failure become `Ok(Default::default())`.
#[derive(Debug)]
pub struct Degrade<E>(pub AsDebug<E>);

impl<T: HasDefault, E> Strategy<T, E> for Degrade<E> {
    #[inline]
    fn rejected(self, error: CircuitBreakerError) -> Next<Result<T, E>, E> {
        answered::degraded(error.service(), Some(&error));
        Next::Return(Ok(T::fill()))
    }

    #[inline]
    fn failed(self, error: E, breaker: &CircuitBreaker) -> Next<Result<T, E>, E> {
        answered::degraded(breaker.service(), (self.0)(&error));
        Next::Return(Ok(T::fill()))
    }
}

/// An error type that can carry a rejection by the breaker.
#[diagnostic::on_unimplemented(
    message = "the error type `{Self}` can't carry a rejection by the circuit breaker",
    label = "a rejected call has to become `{Self}`",
    note = "if `{Self}` is a type of your crate, implement `From<breaker_core::CircuitBreakerError>` for it",
    note = "if it is a type of another crate, return one that holds both errors: an enum of your own, `anyhow::Error` or `Box<dyn Error + Send + Sync>`",
    note = "if it has a value for a rejection, convert in the attribute: `map_error = |error| …`",
    note = "if it is a type parameter, require `{Self}: From<breaker_core::CircuitBreakerError>`"
)]
pub trait CarriesRejection {
    /// `From::from`.
    fn carry(error: CircuitBreakerError) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<CircuitBreakerError>> CarriesRejection for E {
    #[inline]
    fn carry(error: CircuitBreakerError) -> Self {
        error.into()
    }
}

/// A value that a degraded call can give.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no default, so a call can't degrade to it",
    label = "with `fail_fast = false` (or the preset `cache`) a rejected or failed call gives `Ok(Default::default())`",
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
