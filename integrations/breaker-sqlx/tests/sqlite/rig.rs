//! A database in memory behind a breaker on a manual clock.

use std::time::Duration;

use breaker_core::{CircuitBreaker, Clock, Config, ConfigBuilder, ManualClock, Mode};
use breaker_sqlx::{Database, DatabaseCircuitBreakerError};
use sqlx::Sqlite;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
pub(crate) const OPEN: Duration = Duration::from_secs(30);

/// A statement that takes SQLite a while. Breakers here are on a manual clock, so tests don't wait for it.
pub(crate) const LONG: &str =
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 400000) SELECT count(*) FROM c";

pub(crate) struct Rig {
    pub(crate) db: Database<Sqlite>,
    pub(crate) time: ManualClock,
}

/// A breaker that opens at its first failure, and closes at its first success.
pub(crate) fn tripping() -> ConfigBuilder {
    Config::builder().consecutive_failures(1).success_threshold(1).open_timeout(OPEN).request_timeout(TIMEOUT)
}

/// One connection, which keeps the database in memory alive.
pub(crate) async fn rig() -> Rig {
    let options = SqliteConnectOptions::new().in_memory(true);
    let rig = with(SqlitePoolOptions::new().max_connections(1), options);
    let pool = rig.db.pool();
    sqlx::raw_sql("CREATE TABLE t (x INTEGER UNIQUE); INSERT INTO t VALUES (1), (2), (3)")
        .execute(pool)
        .await
        .expect("a new table");
    rig
}

pub(crate) fn with(pool: SqlitePoolOptions, options: SqliteConnectOptions) -> Rig {
    let (clock, time) = Clock::manual();
    let breaker = CircuitBreaker::with_clock("db", tripping().build().expect("valid"), clock);
    // Longer than any test may take, because the clock of the pool is a real one.
    let pool = pool.acquire_timeout(Duration::from_mins(1)).connect_lazy_with(options);
    Rig { db: Database::with(breaker, pool), time }
}

impl Rig {
    pub(crate) fn force_open(&self) {
        self.db.breaker().set_mode(Mode::ForcedOpen);
    }

    /// Successes, failures, timeouts, ignored and abandoned calls, rejections, calls in flight.
    pub(crate) fn counts(&self) -> [u64; 7] {
        let m = self.db.breaker().metrics();
        let ended = m.successes + m.failures + m.ignored + m.abandoned + m.rejections;
        assert_eq!(m.requests, ended + m.in_flight, "{m:?}");
        [m.successes, m.failures, m.timeouts, m.ignored, m.abandoned, m.rejections, m.in_flight]
    }

    /// Waits until a call is in flight, then lets its `request_timeout` pass.
    pub(crate) async fn time_out(&self) {
        self.in_flight().await;
        self.time.advance(TIMEOUT);
    }

    pub(crate) async fn in_flight(&self) {
        while self.db.breaker().metrics().in_flight == 0 {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until no connection is used any more.
    pub(crate) async fn settled_at_most(&self, connections: u32) {
        let pool = self.db.pool();
        while pool.size() > connections || pool.num_idle() != pool.size() as usize {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until all connections have returned to the pool, or are closed.
    pub(crate) async fn settled(&self, connections: u32) {
        let pool = self.db.pool();
        while pool.size() != connections || pool.num_idle() != connections as usize {
            tokio::task::yield_now().await;
        }
    }
}

#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, sqlx::Error>) -> DatabaseCircuitBreakerError {
    let error = result.expect_err("the breaker's error");
    DatabaseCircuitBreakerError::from_sqlx(&error).unwrap_or_else(|| panic!("{error:?}")).clone()
}

#[track_caller]
pub(crate) fn is_rejected<T: std::fmt::Debug>(result: Result<T, sqlx::Error>) {
    assert!(refused(result).is_rejected());
}

#[track_caller]
pub(crate) fn is_timed_out<T: std::fmt::Debug>(result: Result<T, sqlx::Error>) {
    assert!(refused(result).is_timeout());
}
