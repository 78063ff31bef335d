//! One pool, and two breakers.

use std::fmt;

use breaker_core::{CircuitBreaker, TaskGuard};
use sqlx_core::database::Database as Driver;
use sqlx_core::pool::Pool;

use crate::classify::Classifier;
use crate::database::Database;

/// One pool behind two breakers: one for reads, and one for writes. After a failover that leaves a server read-only, writes
/// are rejected while reads go on.
///
/// The caller chooses by [`reads`](Self::reads) or [`writes`](Self::writes): SQL doesn't always tell. A transaction that may
/// write belongs to `writes`.
///
/// ```
/// use breaker_sqlx::ReadWrite;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
/// let db = ReadWrite::new("orders-read", "orders-write", pool);
/// sqlx::query("CREATE TABLE orders (id INTEGER)").execute(db.writes()).await?;
/// let orders = sqlx::query("SELECT id FROM orders").fetch_all(db.reads()).await?;
/// # drop(orders);
/// # Ok::<(), sqlx::Error>(())
/// # }).unwrap();
/// ```
pub struct ReadWrite<DB: Driver> {
    reads: Database<DB>,
    writes: Database<DB>,
}

impl<DB: Driver> ReadWrite<DB> {
    /// Uses the breakers of these two services, each as [`Database::new`] does.
    #[track_caller]
    pub fn new(reads: &str, writes: &str, pool: Pool<DB>) -> Self {
        Self { reads: Database::new(reads, pool.clone()), writes: Database::new(writes, pool) }
    }

    /// Uses these two breakers.
    pub fn with(reads: CircuitBreaker, writes: CircuitBreaker, pool: Pool<DB>) -> Self {
        Self { reads: Database::with(reads, pool.clone()), writes: Database::with(writes, pool) }
    }

    /// Decides what the errors of the database mean, for both breakers.
    #[must_use]
    pub fn classify(self, classifier: Classifier) -> Self {
        Self { reads: self.reads.classify(classifier), writes: self.writes.classify(classifier) }
    }

    /// Returns the pool behind the breaker for reads.
    pub fn reads(&self) -> &Database<DB> {
        &self.reads
    }

    /// Returns the pool behind the breaker for writes.
    pub fn writes(&self) -> &Database<DB> {
        &self.writes
    }

    /// Runs [`Database::health_check`] for both services, the one for reads first.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[track_caller]
    pub fn health_checks(&self) -> [TaskGuard; 2] {
        [self.reads.health_check(), self.writes.health_check()]
    }
}

impl<DB: Driver> Clone for ReadWrite<DB> {
    fn clone(&self) -> Self {
        Self { reads: self.reads.clone(), writes: self.writes.clone() }
    }
}

impl<DB: Driver> fmt::Debug for ReadWrite<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reads, writes } = self;
        let (reads_breaker, writes_breaker) = (reads.breaker(), writes.breaker());
        f.debug_struct("ReadWrite")
            .field("reads", reads_breaker)
            .field("writes", writes_breaker)
            .field("pool", reads.pool())
            .finish()
    }
}
