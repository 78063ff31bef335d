//! PostgreSQL's table, by SQLSTATE.

use super::class::ErrorClass;

/// Classifies an error of PostgreSQL by its SQLSTATE.
///
/// | SQLSTATE | class |
/// |---|---|
/// | class 08 (connection), 28 (authorization), 53 (insufficient resources), 58 (system error), XX (internal error) | [`Unavailable`](ErrorClass::Unavailable) |
/// | 57P01 to 57P05 (shutdown, crash, starting up, database dropped, idle session), 3D000 (no such database), 25006 (read-only) | [`Unavailable`](ErrorClass::Unavailable) |
/// | 57014 (statement timeout, or cancelled by a user) | [`StatementTimeout`](ErrorClass::StatementTimeout) |
/// | 40001 (serialization), 40P01 (deadlock), 55P03 (lock not available) | [`Conflict`](ErrorClass::Conflict) |
/// | any other | [`Answered`](ErrorClass::Answered) |
///
/// ```
/// use breaker_sqlx::classify::{ErrorClass, postgres};
///
/// assert_eq!(postgres("57P03"), ErrorClass::Unavailable);
/// assert_eq!(postgres("23505"), ErrorClass::Answered);
/// ```
#[must_use]
pub fn postgres(sqlstate: &str) -> ErrorClass {
    match sqlstate {
        "57P01" | "57P02" | "57P03" | "57P04" | "57P05" | "3D000" | "25006" => ErrorClass::Unavailable,
        "57014" => ErrorClass::StatementTimeout,
        "40001" | "40P01" | "55P03" => ErrorClass::Conflict,
        _ => match sqlstate.get(..2) {
            Some("08" | "28" | "53" | "58" | "XX") => ErrorClass::Unavailable,
            _ => ErrorClass::Answered,
        },
    }
}
