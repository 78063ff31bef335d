//! What the errors of databases mean, as three public tables, and the outcomes that follow.
//!
//! [`error`](fn@error) looks an error up in the table of its database: [`postgres`](fn@postgres) by SQLSTATE,
//! [`mysql`](fn@mysql) by error number, [`sqlite`](fn@sqlite) by result code. A [`Classifier`](crate::Classifier) makes an
//! outcome of it.

mod classifier;
mod mysql;
mod postgres;
mod sqlite;

use sqlx_core::error::{DatabaseError, Error};

use crate::error::DatabaseCircuitBreakerError;

pub use classifier::{Classifier, classify};
pub use mysql::mysql;
pub use postgres::postgres;
pub use sqlite::sqlite;

/// What an error says about the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorClass {
    /// The database can't serve: it is down, overloaded, read-only, or doesn't let this client in.
    Unavailable,
    /// The server cancelled the statement after the server's own timeout.
    StatementTimeout,
    /// The call conflicts with other calls: a deadlock, a serialization failure, a lock timeout.
    Conflict,
    /// SQLite's `BUSY` and `LOCKED`: another connection holds the lock.
    Busy,
    /// The database has answered, for example that a constraint is violated or that a row doesn't exist.
    Answered,
    /// It says nothing about the database: the pool was closed, the configuration is invalid, or another breaker
    /// rejected the call.
    Neutral,
}

/// Classifies an error of sqlx.
///
/// | error | class |
/// |---|---|
/// | `Database` | by [`postgres`](fn@postgres), [`mysql`](fn@mysql) or [`sqlite`](fn@sqlite) |
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
