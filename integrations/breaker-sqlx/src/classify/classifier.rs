//! From the class of an error to the outcome of a call.

use breaker_core::{Classify, Outcome};
use sqlx_core::error::Error;

use super::class::ErrorClass;
use super::lookup;

/// Decides the outcomes of database calls.
///
/// `Ok` is a success. An error is classified by [`classify::error`](fn@crate::classify::error):
///
/// | class | outcome |
/// |---|---|
/// | [`Unavailable`](ErrorClass::Unavailable) | failure |
/// | [`StatementTimeout`](ErrorClass::StatementTimeout) | failure; see [`statement_timeouts`](Self::statement_timeouts) |
/// | [`Conflict`](ErrorClass::Conflict) | ignored; see [`conflicts`](Self::conflicts) |
/// | [`Busy`](ErrorClass::Busy) | ignored; see [`busy`](Self::busy) |
/// | [`Answered`](ErrorClass::Answered) | success |
/// | [`Neutral`](ErrorClass::Neutral) | ignored |
///
/// ```
/// use breaker_core::Outcome;
/// use breaker_sqlx::Classifier;
/// use breaker_sqlx::classify::ErrorClass;
///
/// const STRICT: Classifier = Classifier::new().conflicts(Outcome::Failure).busy(Outcome::Failure);
/// assert_eq!(STRICT.outcome_of(ErrorClass::Conflict), Outcome::Failure);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Classifier {
    statement_timeouts: Outcome,
    conflicts: Outcome,
    busy: Outcome,
}

impl Default for Classifier {
    fn default() -> Self {
        Self::new()
    }
}

impl Classifier {
    /// Creates a classifier with the outcomes of the table above.
    #[must_use]
    pub const fn new() -> Self {
        Self { statement_timeouts: Outcome::Failure, conflicts: Outcome::Ignore, busy: Outcome::Ignore }
    }

    /// Sets the outcome of a statement that the server cancelled after its own timeout: by default a failure. Choose
    /// [`Outcome::Success`] where callers set short statement timeouts for expensive queries.
    #[must_use]
    pub const fn statement_timeouts(self, outcome: Outcome) -> Self {
        Self { statement_timeouts: outcome, ..self }
    }

    /// Sets the outcome of deadlocks, serialization failures and lock timeouts: ignored by default, because callers
    /// conflict with each other while the server is well.
    #[must_use]
    pub const fn conflicts(self, outcome: Outcome) -> Self {
        Self { conflicts: outcome, ..self }
    }

    /// Sets the outcome of SQLite's `BUSY` and `LOCKED`: ignored by default.
    #[must_use]
    pub const fn busy(self, outcome: Outcome) -> Self {
        Self { busy: outcome, ..self }
    }

    /// Returns the outcome of a call with this result.
    pub fn outcome<T>(&self, result: &Result<T, Error>) -> Outcome {
        match result {
            Ok(_) => Outcome::Success,
            Err(error) => self.outcome_of(lookup::error(error)),
        }
    }

    /// Returns the outcome of a call that returned an error of this class.
    #[must_use]
    pub const fn outcome_of(&self, class: ErrorClass) -> Outcome {
        match class {
            ErrorClass::Unavailable => Outcome::Failure,
            ErrorClass::StatementTimeout => self.statement_timeouts,
            ErrorClass::Conflict => self.conflicts,
            ErrorClass::Busy => self.busy,
            ErrorClass::Answered => Outcome::Success,
            ErrorClass::Neutral => Outcome::Ignore,
        }
    }
}

impl<T> Classify<Result<T, Error>> for Classifier {
    #[inline]
    fn classify(&self, result: &Result<T, Error>) -> Outcome {
        self.outcome(result)
    }
}

/// Returns the outcome of a database call, by [`Classifier::new`]. For the attribute's `classify`, over functions that
/// return `Result<T, sqlx::Error>`:
///
/// ```
/// use breaker_core::circuit_breaker;
///
/// #[circuit_breaker(
///     service = "orders",
///     preset = "database",
///     classify = breaker_sqlx::classify,
///     map_error = breaker_sqlx::sqlx_error,
/// )]
/// async fn count(pool: &sqlx::SqlitePool) -> Result<i64, sqlx::Error> {
///     sqlx::query_scalar("SELECT count(*) FROM orders").fetch_one(pool).await
/// }
/// # drop(count);
/// ```
///
/// With other outcomes, from a constant:
///
/// ```
/// use breaker_core::{Outcome, circuit_breaker};
/// use breaker_sqlx::Classifier;
///
/// const STRICT: Classifier = Classifier::new().busy(Outcome::Failure);
///
/// #[circuit_breaker(
///     service = "invoices",
///     preset = "database",
///     classify = |result: &Result<i64, sqlx::Error>| STRICT.outcome(result),
///     map_error = breaker_sqlx::sqlx_error,
/// )]
/// async fn count(pool: &sqlx::SqlitePool) -> Result<i64, sqlx::Error> {
///     sqlx::query_scalar("SELECT count(*) FROM invoices").fetch_one(pool).await
/// }
/// # drop(count);
/// ```
pub fn classify<T>(result: &Result<T, Error>) -> Outcome {
    Classifier::new().outcome(result)
}
