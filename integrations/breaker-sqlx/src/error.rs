//! The breaker's error, inside an error of sqlx.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::Duration;

use breaker_core::{CallError, CircuitBreakerError, Rejection};
use sqlx_core::error::Error;

/// The breaker rejected a database call, or cancelled it after its timeout.
///
/// Callers get it inside a `sqlx::Error`, as `Error::Io`; [`from_sqlx`](Self::from_sqlx) finds it there. Its
/// [source](StdError::source) is the [`CircuitBreakerError`].
///
/// ```
/// use breaker_core::{CircuitBreaker, Config, Mode};
/// use breaker_sqlx::{Database, DatabaseCircuitBreakerError};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
/// let db = Database::with(CircuitBreaker::new("catalog", Config::database()), pool);
/// db.breaker().set_mode(Mode::ForcedOpen);
/// let error = sqlx::query("SELECT 1").fetch_all(&db).await.unwrap_err();
/// let refused = DatabaseCircuitBreakerError::from_sqlx(&error).expect("the breaker's error");
/// assert!(refused.is_rejected());
/// assert_eq!(refused.to_string(), "the call of `catalog` was rejected");
/// # Ok::<(), sqlx::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseCircuitBreakerError(CircuitBreakerError);

impl DatabaseCircuitBreakerError {
    /// Finds the breaker's error in an error of sqlx; `None` if that is an error of the database or of the client.
    ///
    /// A walk along [`source`](StdError::source) doesn't find it, because an `io::Error` hides the error that it wraps.
    /// It does find the [`CircuitBreakerError`].
    #[must_use]
    pub fn from_sqlx(error: &Error) -> Option<&Self> {
        match error {
            Error::Io(error) => error.get_ref()?.downcast_ref(),
            _ => None,
        }
    }

    /// Returns the error of breaker-core.
    #[must_use]
    pub const fn breaker(&self) -> &CircuitBreakerError {
        &self.0
    }

    /// Returns the name of the service whose breaker rejected or cancelled the call.
    #[must_use]
    pub const fn service(&self) -> &'static str {
        self.0.service()
    }

    /// Whether the call was rejected: the database was not asked. Don't retry such a call before
    /// [`retry_after`](Self::retry_after).
    #[must_use]
    pub const fn is_rejected(&self) -> bool {
        self.0.is_rejected()
    }

    /// Whether the call was cancelled after the breaker's `request_timeout`. It may have had effects.
    #[must_use]
    pub const fn is_timeout(&self) -> bool {
        self.0.is_timeout()
    }

    /// Returns how long to wait before retrying a rejected call, if that is known.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after()
    }
}

impl From<CircuitBreakerError> for DatabaseCircuitBreakerError {
    fn from(error: CircuitBreakerError) -> Self {
        Self(error)
    }
}

impl From<Rejection> for DatabaseCircuitBreakerError {
    fn from(rejection: Rejection) -> Self {
        Self(rejection.into())
    }
}

impl From<DatabaseCircuitBreakerError> for Error {
    fn from(error: DatabaseCircuitBreakerError) -> Self {
        Self::Io(io::Error::other(error))
    }
}

impl fmt::Display for DatabaseCircuitBreakerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.is_timeout() { "timed out" } else { "was rejected" };
        write!(f, "the call of `{}` {end}", self.service())
    }
}

impl StdError for DatabaseCircuitBreakerError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

/// Converts the breaker's error to an error of sqlx, as [`Database`](crate::Database) does. For the attribute's
/// `map_error`; see [`classify`](fn@crate::classify).
#[must_use]
pub fn sqlx_error(error: CircuitBreakerError) -> Error {
    DatabaseCircuitBreakerError(error).into()
}

#[cold]
pub(crate) fn rejected(rejection: Rejection) -> Error {
    sqlx_error(rejection.into())
}

pub(crate) fn of_call(error: CallError<Error>) -> Error {
    match error {
        CallError::Breaker(error) => sqlx_error(error),
        CallError::Inner(error) => error,
    }
}
