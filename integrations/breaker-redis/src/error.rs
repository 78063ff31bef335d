//! The breaker's error inside redis' error.

use std::error::Error as StdError;
use std::io;
use std::iter::successors;
use std::sync::Arc;

use breaker_core::{CircuitBreakerError, Rejection};
use redis::RedisError;

/// What redis' error contains if the breaker rejected a command, or cancelled it after its `request_timeout`.
///
/// [`from_redis`](Self::from_redis) finds it. Its [source](StdError::source) is the [`CircuitBreakerError`]. The error
/// around it is an I/O error that needs no reconnection, so pools and connection managers keep their connection, and
/// whose [`retry_method`](RedisError::retry_method) for a rejection is `NoRetry`; a timeout
/// [`is_timeout`](RedisError::is_timeout).
///
/// ```
/// use breaker_core::{Rejection, RejectionReason};
/// use breaker_redis::CacheCircuitBreakerError;
/// use redis::RedisError;
///
/// let rejection = Rejection::new("sessions", RejectionReason::Open);
/// let error = RedisError::from(CacheCircuitBreakerError::from(rejection));
/// let found = CacheCircuitBreakerError::from_redis(&error).unwrap();
/// assert!(found.is_rejected() && !error.is_unrecoverable_error());
/// assert_eq!(error.to_string(), "the cache `sessions` was not asked: circuit breaker `sessions` is open: call rejected");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the cache `{}` {}: {}", .0.service(), if .0.is_timeout() { "did not answer" } else { "was not asked" }, .0)]
pub struct CacheCircuitBreakerError(#[source] CircuitBreakerError);

impl CacheCircuitBreakerError {
    /// Returns the error inside redis' error, if it is the breaker's.
    #[must_use]
    pub fn from_redis(error: &RedisError) -> Option<&Self> {
        Self::find(error)
    }

    /// Returns the error inside any error that has it, or redis' error, as a source.
    #[must_use]
    pub fn find<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        chain(error).find_map(|error| error.downcast_ref())
    }

    /// Returns the breaker's error.
    #[must_use]
    pub fn breaker(&self) -> &CircuitBreakerError {
        &self.0
    }

    /// Whether the command was rejected: it was not sent. Don't retry it before
    /// [`retry_after`](CircuitBreakerError::retry_after).
    #[must_use]
    pub fn is_rejected(&self) -> bool {
        self.0.is_rejected()
    }

    /// Whether the command was cancelled after its `request_timeout`. The server may have run it.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.0.is_timeout()
    }
}

impl From<CircuitBreakerError> for CacheCircuitBreakerError {
    fn from(error: CircuitBreakerError) -> Self {
        Self(error)
    }
}

impl From<Rejection> for CacheCircuitBreakerError {
    fn from(rejection: Rejection) -> Self {
        Self(rejection.into())
    }
}

impl From<CacheCircuitBreakerError> for RedisError {
    fn from(error: CacheCircuitBreakerError) -> Self {
        // Kinds that ask neither for a new connection nor, for a rejection, for a retry.
        let kind = if error.is_timeout() { io::ErrorKind::TimedOut } else { io::ErrorKind::PermissionDenied };
        io::Error::new(kind, error).into()
    }
}

/// Converts the breaker's error: `map_error` of functions with the attribute that return a `Result<_, RedisError>`.
///
/// ```
/// use breaker_core::circuit_breaker;
/// use redis::{AsyncCommands, RedisResult, aio::MultiplexedConnection};
///
/// #[circuit_breaker(
///     service = "visits",
///     preset = "cache",
///     fail_fast = true,
///     classify = breaker_redis::classify,
///     map_error = breaker_redis::redis_error,
/// )]
/// async fn visits(connection: &mut MultiplexedConnection, page: &str) -> RedisResult<u64> {
///     connection.incr(page, 1).await
/// }
/// ```
#[must_use]
pub fn redis_error(error: CircuitBreakerError) -> RedisError {
    CacheCircuitBreakerError(error).into()
}

/// Returns the error and all errors that caused it, from the outermost to the innermost one.
///
/// [`RedisError`] returns an `Arc` as its source, which hides the type of what it holds, and an [`io::Error`] returns the
/// source of what it holds. Here, both are followed by that error itself.
pub(crate) fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> + use<'a> {
    successors(Some(error), |&error| {
        if let Some(shared) = error.downcast_ref::<Arc<dyn StdError + Send + Sync>>() {
            return Some(&**shared as &(dyn StdError + 'static));
        }
        match error.downcast_ref::<io::Error>() {
            Some(error) => error.get_ref().map(|error| error as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}
