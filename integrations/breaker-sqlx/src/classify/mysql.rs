//! The table of MySQL and MariaDB, by error number.

use super::class::ErrorClass;

/// Classifies an error of MySQL or MariaDB by its number: the SQLSTATE is `HY000` for nearly all of these.
///
/// | number | class |
/// |---|---|
/// | 1040, 1203, 1226 (too many connections, also of one user) | [`Unavailable`](ErrorClass::Unavailable) |
/// | 1044, 1045 (access denied), 1049 (no such database) | [`Unavailable`](ErrorClass::Unavailable) |
/// | 3 (a file can't be written), 1021 (disk full), 1114 (table full) | [`Unavailable`](ErrorClass::Unavailable) |
/// | 5, 1041 (out of memory), 1135 (no more threads) | [`Unavailable`](ErrorClass::Unavailable) |
/// | 126, 1030, 1034, 1194 (a table that is damaged or can't be read) | [`Unavailable`](ErrorClass::Unavailable) |
/// | 1290, 1836 (read-only server), 1053 (shutdown), 1317 (query killed) | [`Unavailable`](ErrorClass::Unavailable) |
/// | 3024 (`max_execution_time`), MariaDB's 1969 (`max_statement_time`) | [`StatementTimeout`](ErrorClass::StatementTimeout) |
/// | 1205 (lock wait timeout), 1213 (deadlock) | [`Conflict`](ErrorClass::Conflict) |
/// | any other | [`Answered`](ErrorClass::Answered) |
///
/// Numbers below 1000 are of MariaDB: those of the operating system, of its files and its memory.
///
/// ```
/// use breaker_sqlx::classify::{ErrorClass, mysql};
///
/// assert_eq!(mysql(1040), ErrorClass::Unavailable);
/// assert_eq!(mysql(1062), ErrorClass::Answered);
/// ```
#[must_use]
pub const fn mysql(number: u16) -> ErrorClass {
    match number {
        3 | 5 | 126 | 1021 | 1030 | 1034 | 1040 | 1041 | 1044 | 1045 | 1049 | 1053 | 1114 | 1135 | 1194 | 1203
        | 1226 | 1290 | 1317 | 1836 => ErrorClass::Unavailable,
        1969 | 3024 => ErrorClass::StatementTimeout,
        1205 | 1213 => ErrorClass::Conflict,
        _ => ErrorClass::Answered,
    }
}
