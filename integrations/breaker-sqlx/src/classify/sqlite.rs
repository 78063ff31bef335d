//! SQLite's table, by result code.

use super::class::ErrorClass;

/// Classifies an error of SQLite by its result code, primary or extended: the low byte decides.
///
/// | code | class |
/// |---|---|
/// | 7 (`NOMEM`), 8 (`READONLY`), 10 (`IOERR`), 11 (`CORRUPT`), 13 (`FULL`), 14 (`CANTOPEN`), 26 (`NOTADB`) | [`Unavailable`](ErrorClass::Unavailable) |
/// | 5 (`BUSY`), 6 (`LOCKED`) | [`Busy`](ErrorClass::Busy) |
/// | any other | [`Answered`](ErrorClass::Answered) |
///
/// ```
/// use breaker_sqlx::classify::{ErrorClass, sqlite};
///
/// assert_eq!(sqlite(14), ErrorClass::Unavailable);
/// // SQLITE_BUSY_SNAPSHOT
/// assert_eq!(sqlite(517), ErrorClass::Busy);
/// // SQLITE_CONSTRAINT_UNIQUE
/// assert_eq!(sqlite(2067), ErrorClass::Answered);
/// ```
#[must_use]
pub const fn sqlite(code: i32) -> ErrorClass {
    match code & 0xff {
        7 | 8 | 10 | 11 | 13 | 14 | 26 => ErrorClass::Unavailable,
        5 | 6 => ErrorClass::Busy,
        _ => ErrorClass::Answered,
    }
}
