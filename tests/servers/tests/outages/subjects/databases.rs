//! Clients of both databases.

use breaker_core::Preset;
use breaker_sqlx::classify::{self, ErrorClass};
use breaker_sqlx::{Database, Statements};
use sqlx::pool::PoolOptions;
use sqlx::{Error, Executor};

use crate::client::{Client, DATABASE_TIMEOUT, Seen, breaker, failed};
use crate::damage::Damage;

/// The user of the clients, who has no special rights, unlike the one who damages the server.
pub(crate) const CALLER: &str = "caller";
pub(crate) const PASSWORD: &str = "right";
/// What makes `CALLER` unable to log in.
pub(crate) const ANOTHER_PASSWORD: &str = "another";

/// How many connections a pool has at most: fewer than callers.
pub(crate) const POOL: u32 = 4;

/// Returns a row, which is larger if the disk is to be full.
pub(crate) fn insert(damage: Damage) -> &'static str {
    if damage == Damage::FullDisk {
        "INSERT INTO calls VALUES (repeat('x', 200000))"
    } else {
        "INSERT INTO calls VALUES ('x')"
    }
}

pub(crate) fn client<DB: Statements>(url: &str, statement: &'static str) -> Client {
    let pool = PoolOptions::<DB>::new().max_connections(POOL).acquire_timeout(DATABASE_TIMEOUT / 2);
    let pool = pool.connect_lazy(url).expect("it is a URL");
    let breaker = breaker("database", Preset::Database);
    let database = Database::with(breaker.clone(), pool);
    Client::new("Database", breaker, move || {
        let database = database.clone();
        async move { seen(Executor::execute(&database, statement).await.map(drop)) }
    })
}

pub(crate) fn seen(result: Result<(), Error>) -> Seen {
    match result {
        Ok(()) => Seen::Answer,
        Err(error) => match failed(&error, || in_words(&error)) {
            // The server has answered.
            Seen::Failed(_) if classify::error(&error) == ErrorClass::Answered => Seen::Answer,
            seen => seen,
        },
    }
}

fn in_words(error: &Error) -> String {
    match error {
        Error::PoolTimedOut => "pool timed out".to_owned(),
        Error::Io(error) => format!("I/O: {}", error.kind()),
        Error::Database(error) => match error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
            Some(error) => format!("error {}", error.number()),
            None => format!("SQLSTATE {}", error.code().unwrap_or_default()),
        },
        Error::Protocol(_) => "protocol error".to_owned(),
        other => other.to_string(),
    }
}
