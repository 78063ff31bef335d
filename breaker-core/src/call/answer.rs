//! What the result of a call means, and what its caller gets.

use crate::error::{CallError, CircuitBreakerError};
use crate::outcome::Outcome;

/// How a call is answered.
pub(super) trait Answer<T, E> {
    type Output;

    fn classify(self, result: &Result<T, E>) -> Outcome;
    /// What the caller gets if the call returned.
    fn ended(result: Result<T, E>) -> Self::Output;
    /// What the caller gets if the call was rejected or timed out.
    fn refused(self, error: CircuitBreakerError) -> Self::Output;
}

/// The caller can tell the breaker's error from the call's.
pub(super) struct Classified<C>(pub(super) C);

impl<T, E, C: FnOnce(&Result<T, E>) -> Outcome> Answer<T, E> for Classified<C> {
    type Output = Result<T, CallError<E>>;

    #[inline]
    fn classify(self, result: &Result<T, E>) -> Outcome {
        self.0(result)
    }

    #[inline]
    fn ended(result: Result<T, E>) -> Self::Output {
        result.map_err(CallError::Inner)
    }

    #[inline]
    fn refused(self, error: CircuitBreakerError) -> Self::Output {
        Err(CallError::Breaker(error))
    }
}

/// The breaker's error becomes one of the call's own type.
pub(super) struct Mapped<C, M> {
    pub(super) classify: C,
    pub(super) map_error: M,
}

impl<T, E, C, M> Answer<T, E> for Mapped<C, M>
where
    C: FnOnce(&Result<T, E>) -> Outcome,
    M: FnOnce(CircuitBreakerError) -> E,
{
    type Output = Result<T, E>;

    #[inline]
    fn classify(self, result: &Result<T, E>) -> Outcome {
        (self.classify)(result)
    }

    #[inline]
    fn ended(result: Result<T, E>) -> Self::Output {
        result
    }

    #[inline]
    fn refused(self, error: CircuitBreakerError) -> Self::Output {
        Err((self.map_error)(error))
    }
}
