//! A pool of a real server behind a breaker on a manual clock.

use std::fmt::Debug;
use std::time::Duration;

use breaker_core::{CircuitBreaker, Clock, Config, ManualClock, State};
use breaker_sqlx::classify::{self, ErrorClass};
use breaker_sqlx::{Database, DatabaseCircuitBreakerError, Statements};
use sqlx::pool::PoolOptions;
use sqlx::{Error, Executor};

pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
pub(crate) const OPEN: Duration = Duration::from_secs(30);

pub(crate) struct Rig<DB: sqlx::Database> {
    pub(crate) db: Database<DB>,
    pub(crate) time: ManualClock,
}

/// How long the pool waits for a connection while the server is down. Its clock is a real one.
pub(crate) const DOWN: Duration = Duration::from_millis(300);

pub(crate) fn options<DB: sqlx::Database>() -> PoolOptions<DB> {
    PoolOptions::new().max_connections(2).acquire_timeout(servers::LIMIT)
}

impl<DB: Statements> Rig<DB> {
    /// A breaker that opens at its first failure, and closes at its first success.
    pub(crate) fn new(url: &str) -> Self {
        Self::with(options(), url)
    }

    pub(crate) fn with(pool: PoolOptions<DB>, url: &str) -> Self {
        let (clock, time) = Clock::manual();
        let config = Config::builder().consecutive_failures(1).success_threshold(1);
        let config = config.open_timeout(OPEN).request_timeout(TIMEOUT).build().expect("valid");
        let breaker = CircuitBreaker::with_clock("db", config, clock);
        Self { db: Database::with(breaker, pool.connect_lazy(url).expect("a URL")), time }
    }

    /// Another pool behind the same breaker.
    pub(crate) fn beside(&self, pool: PoolOptions<DB>, url: &str) -> Database<DB> {
        Database::with(self.db.breaker().clone(), pool.connect_lazy(url).expect("a URL"))
    }

    pub(crate) async fn run(&self, sql: &'static str) -> Result<(), Error> {
        Executor::execute(&self.db, sql).await.map(drop)
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
        until(|| self.counts()[6] > 0).await;
        self.time.advance(TIMEOUT);
    }

    /// Lets the circuit close again by a call.
    pub(crate) async fn recovers(&self) {
        assert_eq!(self.db.breaker().state(), State::Open);
        rejected(self.run("SELECT 1").await);
        self.time.advance(OPEN);
        self.run("SELECT 1").await.expect("a probe");
        assert_eq!(self.db.breaker().state(), State::Closed);
    }

    /// Checks the code of an error, and how it is counted.
    #[track_caller]
    pub(crate) fn counted(&self, before: [u64; 7], error: &Error, class: ErrorClass) {
        assert_eq!(classify::error(error), class, "{error:?}");
        let at = match class {
            ErrorClass::Answered => 0,
            ErrorClass::Unavailable | ErrorClass::StatementTimeout => 1,
            _ => 3,
        };
        let mut after = before;
        after[at] += 1;
        assert_eq!(self.counts(), after, "{error:?}");
        // The next call of the test is admitted.
        self.db.breaker().reset();
    }
}

pub(crate) async fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

#[track_caller]
pub(crate) fn refused<T: Debug>(result: Result<T, Error>) -> DatabaseCircuitBreakerError {
    let error = result.expect_err("the breaker's error");
    DatabaseCircuitBreakerError::from_sqlx(&error).unwrap_or_else(|| panic!("{error:?}")).clone()
}

#[track_caller]
pub(crate) fn rejected<T: Debug>(result: Result<T, Error>) {
    assert!(refused(result).is_rejected());
}

#[track_caller]
pub(crate) fn timed_out<T: Debug>(result: Result<T, Error>) {
    assert!(refused(result).is_timeout());
}
