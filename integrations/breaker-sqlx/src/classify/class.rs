//! What an error says about the database.

/// What an error says about the database. More classes may be added.
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
