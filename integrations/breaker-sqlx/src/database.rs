//! The pool behind a circuit breaker.

mod acquire;
mod connect;
mod executor;
mod health;

use std::fmt;
use std::future::Future;

use breaker_core::CircuitBreaker;
use sqlx_core::database::Database as Driver;
use sqlx_core::error::Error;
use sqlx_core::pool::Pool;

use crate::acquire_timeout::warn_of_long_acquire;
use crate::classify::Classifier;
use crate::guard::Guard;

/// A connection pool behind a circuit breaker. `&Database` is an [`Executor`](sqlx_core::executor::Executor) and an
/// [`Acquire`](sqlx_core::acquire::Acquire) as `&Pool` is, so `sqlx::query(…).fetch_all(&db)`, `sqlx::query!` and
/// `db.begin()` work unchanged. Clones share pool and breaker.
///
/// ```
/// use breaker_core::{CircuitBreaker, Config};
/// use breaker_sqlx::Database;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
/// let db = Database::with(CircuitBreaker::new("reviews", Config::database()), pool);
///
/// let two: i64 = sqlx::query_scalar("SELECT 1 + 1").fetch_one(&db).await?;
/// assert_eq!(two, 2);
/// assert_eq!(db.breaker().metrics().successes, 1);
/// # Ok::<(), sqlx::Error>(())
/// # }).unwrap();
/// ```
///
/// # What counts
///
/// - Each method of the executor is a call: getting a connection of the pool, and the statement. What its errors mean
///   is decided by a [`Classifier`].
/// - A stream of rows is judged by its first row (or its end, if there is none): so are its response time and its
///   `request_timeout`, because the consumer sets the pace of the others. A failure after it is counted as a failed
///   call of its own. A stream that is dropped after a row is a success.
/// - A call that is rejected, or cut off by `request_timeout`, returns an `Error::Io` with a
///   [`DatabaseCircuitBreakerError`](crate::DatabaseCircuitBreakerError) inside.
///
/// # Connections of calls that are cut off
///
/// If a call is cut off by `request_timeout`, or its future is dropped, the connection may be in the middle of an answer
/// or inside a transaction. It is closed instead of returned to the pool. So is a connection whose call failed because
/// the server can't serve: after a failover it may lead to the old master.
///
/// For SQLite, that applies to transactions and to connections of [`acquire`](Self::acquire) only. Other calls leave its
/// connections in order, and closing one can lose a database in memory.
pub struct Database<DB: Driver> {
    pool: Pool<DB>,
    guard: Guard,
}

impl<DB: Driver> Database<DB> {
    /// Uses the breaker of this service in [`Registry::global`](breaker_core::Registry::global), which is looked up once,
    /// here. If no code has named the service yet, its breaker is created with the preset `database`
    /// ([`Config::database`](breaker_core::Config::database)), which files and variables can change.
    ///
    /// Logs a warning if the pool's `acquire_timeout` is longer than half the breaker's `request_timeout`. sqlx retries
    /// refused connections until then, so calls would end by the `request_timeout` before the pool says what is wrong.
    /// [`connect`](Self::connect) sets a fitting one.
    #[track_caller]
    pub fn new(service: &str, pool: Pool<DB>) -> Self {
        Self::over(pool, Guard::global(service))
    }

    /// Uses this breaker. Otherwise like [`new`](Self::new).
    pub fn with(breaker: CircuitBreaker, pool: Pool<DB>) -> Self {
        Self::over(pool, Guard::with(breaker))
    }

    fn over(pool: Pool<DB>, guard: Guard) -> Self {
        const { assert!(knows_numbers(DB::NAME), "for MySQL, enable the feature `mysql` of breaker-sqlx") };
        warn_of_long_acquire(guard.breaker(), pool.options().get_acquire_timeout());
        Self { pool, guard }
    }

    /// Decides what the errors of the database mean, in place of [`Classifier::new`].
    ///
    /// ```
    /// use breaker_core::Outcome;
    /// use breaker_sqlx::{Classifier, Database};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
    /// let db = Database::new("archive", pool).classify(Classifier::new().busy(Outcome::Failure));
    /// # drop(db);
    /// # Ok::<(), sqlx::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn classify(mut self, classifier: Classifier) -> Self {
        self.guard.classifier = classifier;
        self
    }

    /// Returns the breaker.
    pub fn breaker(&self) -> &CircuitBreaker {
        self.guard.breaker()
    }

    /// Returns the pool. Calls made with it bypass the breaker: for `PgListener`, `COPY`, and the pool's own figures.
    pub fn pool(&self) -> &Pool<DB> {
        &self.pool
    }

    /// Runs an operation on the pool as one call: for several statements that belong together, or for a library that
    /// wants a pool. What it does with the pool is not counted apart.
    ///
    /// The operation gets the pool itself. If it is cut off inside `pool.begin()`, sqlx returns a connection to the pool
    /// that is inside a transaction; [`begin`](Self::begin) of this type does not.
    ///
    /// ```
    /// use breaker_core::{CircuitBreaker, Config};
    /// use breaker_sqlx::Database;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
    /// # let db = Database::with(CircuitBreaker::new("reviews", Config::database()), pool);
    /// let answer = db
    ///     .execute(|pool| async move {
    ///         let six: i64 = sqlx::query_scalar("SELECT 2 * 3").fetch_one(pool).await?;
    ///         sqlx::query_scalar::<_, i64>("SELECT ? * 7").bind(six).fetch_one(pool).await
    ///     })
    ///     .await?;
    /// assert_eq!((answer, db.breaker().metrics().requests), (42, 1));
    /// # Ok::<(), sqlx::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// Returns the error of the operation, or the breaker's as a
    /// [`DatabaseCircuitBreakerError`](crate::DatabaseCircuitBreakerError).
    pub fn execute<'a, T, F>(
        &'a self,
        operation: impl FnOnce(&'a Pool<DB>) -> F,
    ) -> impl Future<Output = Result<T, Error>>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let pool = &self.pool;
        self.guard.clone().run(async move { operation(pool).await })
    }
}

/// Whether the errors of this driver can be classified with the features that are enabled.
const fn knows_numbers(driver: &str) -> bool {
    cfg!(feature = "mysql") || !matches!(driver.as_bytes(), b"MySQL")
}

impl<DB: Driver> Clone for Database<DB> {
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), guard: self.guard.clone() }
    }
}

impl<DB: Driver> fmt::Debug for Database<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("breaker", self.breaker()).field("pool", &self.pool).finish_non_exhaustive()
    }
}
