//! Finds the class of an error.

use sqlx_core::error::{DatabaseError, Error};

use super::class::ErrorClass;
#[cfg(feature = "mysql")]
use super::mysql::mysql;
use super::postgres::postgres;
use super::sqlite::sqlite;
use crate::error::DatabaseCircuitBreakerError;

/// Classifies an error of sqlx.
///
/// | error | class |
/// |---|---|
/// | `Database` | by [`postgres`](fn@crate::classify::postgres), [`mysql`](fn@crate::classify::mysql) or [`sqlite`](fn@crate::classify::sqlite) |
/// | `Io`, `Tls`, `Protocol`, `PoolTimedOut`, `WorkerCrashed` | [`Unavailable`](ErrorClass::Unavailable) |
/// | `RowNotFound`, `TypeNotFound`, `ColumnNotFound`, `ColumnIndexOutOfBounds`, `ColumnDecode`, `Decode`, `Encode`, `InvalidArgument`, `AnyDriverError`, `BeginFailed` | [`Answered`](ErrorClass::Answered) |
/// | `PoolClosed`, `Configuration`, `ConfigFile`, `InvalidSavePointStatement` | [`Neutral`](ErrorClass::Neutral) |
/// | a rejection by a breaker ([`DatabaseCircuitBreakerError`]) | [`Neutral`](ErrorClass::Neutral) |
/// | an error that later versions of sqlx may add | [`Unavailable`](ErrorClass::Unavailable) |
///
/// The numbers of MySQL and MariaDB need the feature `mysql`. Without it, their errors are looked up by SQLSTATE, which
/// misses most failures.
#[must_use]
pub fn error(error: &Error) -> ErrorClass {
    match error {
        Error::Database(error) => database_error(error.as_ref()),
        Error::Io(_) => match DatabaseCircuitBreakerError::from_sqlx(error) {
            Some(refused) if refused.is_rejected() => ErrorClass::Neutral,
            _ => ErrorClass::Unavailable,
        },
        Error::RowNotFound
        | Error::TypeNotFound { .. }
        | Error::ColumnNotFound(_)
        | Error::ColumnIndexOutOfBounds { .. }
        | Error::ColumnDecode { .. }
        | Error::Decode(_)
        | Error::Encode(_)
        | Error::InvalidArgument(_)
        | Error::AnyDriverError(_)
        | Error::BeginFailed => ErrorClass::Answered,
        Error::PoolClosed | Error::Configuration(_) | Error::ConfigFile(_) | Error::InvalidSavePointStatement => {
            ErrorClass::Neutral
        }
        // `Tls`, `Protocol`, `PoolTimedOut`, `WorkerCrashed`, and those that are not known yet.
        _ => ErrorClass::Unavailable,
    }
}

/// Classifies an error that the database returned.
///
/// Only SQLite's codes are shorter than a SQLSTATE, which has five characters.
#[must_use]
pub fn database_error(error: &dyn DatabaseError) -> ErrorClass {
    #[cfg(feature = "mysql")]
    if let Some(error) = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        return mysql(error.number());
    }
    match error.code() {
        Some(code) if code.len() == 5 => postgres(&code),
        Some(code) => code.parse().map_or(ErrorClass::Answered, sqlite),
        None => ErrorClass::Answered,
    }
}
