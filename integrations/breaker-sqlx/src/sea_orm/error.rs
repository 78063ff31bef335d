//! The errors of sea-orm.

use std::sync::Arc;

use breaker_core::{CallError, CircuitBreakerError};
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};

use crate::classify::{self, ErrorClass};
use crate::error::{DatabaseCircuitBreakerError, sqlx_error};

impl DatabaseCircuitBreakerError {
    /// Finds the breaker's error in an error of sea-orm.
    #[must_use]
    pub fn from_db_err(error: &DbErr) -> Option<&Self> {
        match error {
            DbErr::Conn(RuntimeErr::SqlxError(error))
            | DbErr::Exec(RuntimeErr::SqlxError(error))
            | DbErr::Query(RuntimeErr::SqlxError(error)) => Self::from_sqlx(error),
            _ => None,
        }
    }
}

/// Converts the breaker's error to an error of sea-orm, as [`SeaDatabase`](crate::SeaDatabase) does. For the attribute's
/// `map_error`.
#[must_use]
pub fn db_error(error: CircuitBreakerError) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(sqlx_error(error))))
}

pub(super) fn of_call(error: CallError<DbErr>) -> DbErr {
    match error {
        CallError::Breaker(error) => db_error(error),
        CallError::Inner(error) => error,
    }
}

/// Classifies an error of sea-orm: by the error of sqlx inside, if there is one.
pub(super) fn class(error: &DbErr) -> ErrorClass {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => classify::error(error),
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => ErrorClass::Unavailable,
        DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed) => ErrorClass::Neutral,
        // What sea-orm itself finds wrong with a query or its answer.
        _ => ErrorClass::Answered,
    }
}
