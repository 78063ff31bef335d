//! Decides what a rejection or a failure becomes: an error, or a default value. It also holds the compiler's messages
//! for types that can be neither.

use super::errors::AsDebug;
use crate::breaker::CircuitBreaker;
use crate::error::CircuitBreakerError;
use crate::log::answered;

/// The next step of a call that has ended.
#[derive(Debug)]
pub enum Next<R, E> {
    /// Return this result.
    Return(R),
    /// Run the fallback with this error; without a fallback, return the error.
    Fallback(E),
}

/// Decides what a rejection or a failure becomes.
pub trait Strategy<T, E>: Sized {
    /// Handles a call that was rejected or timed out.
    fn rejected(self, error: CircuitBreakerError) -> Next<Result<T, E>, E>;

    /// Handles a failure of a call of this breaker.
    #[inline]
    fn failed(self, error: E, _: &CircuitBreaker) -> Next<Result<T, E>, E> {
        Next::Fallback(error)
    }
}

/// Converts a rejection to `E` by `From`.
#[derive(Debug)]
pub struct Convert;

impl<T, E: CarriesRejection> Strategy<T, E> for Convert {
    #[inline]
    fn rejected(self, error: CircuitBreakerError) -> Next<Result<T, E>, E> {
        Next::Fallback(E::carry(error))
    }
}

/// Converts a rejection to `E` by `map_error`.
///
/// Its `Strategy` impl has no bound, so that a `map_error` of a wrong type causes one error.
#[derive(Debug)]
pub struct Map<M, E> {
    map: M,
    call: fn(M, CircuitBreakerError) -> E,
}

/// Creates a `Map` from a path.
#[inline]
pub fn map<E, M: FnOnce(CircuitBreakerError) -> E>(map: M) -> Map<M, E> {
    Map { map, call: |map, error| map(error) }
}

/// Creates a `Map` from a closure. The unused argument gives the closure the error type of the function's `Result`, so
/// that the closure's result coerces to it.
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

/// Turns rejections and failures into `Ok(Default::default())`.
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

/// A value that a degraded call can return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no default, so a call can't degrade to it",
    label = "with `fail_fast = false` (or the preset `cache`) a rejected or failed call gives `Ok(Default::default())`",
    note = "implement `Default` for `{Self}`, return an `Option`, give a `fallback`, or write `fail_fast = true`"
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
