//! A transaction whose statements and COMMIT are calls.

use std::fmt;
use std::mem;
use std::ops::{Deref, DerefMut};

use futures_core::future::BoxFuture;
use sqlx_core::acquire::Acquire;
use sqlx_core::database::Database as Driver;
use sqlx_core::error::Error;
use sqlx_core::sql_str::{SqlSafeStr, SqlStr};
use sqlx_core::transaction::{Transaction as PlainTransaction, TransactionManager};

use crate::connection::{Connection, PoolConnection};
use crate::lent::is_broken;

/// A transaction, or a savepoint inside of one. It dereferences to a [`Connection`]: `query.execute(&mut *transaction)`.
/// Dropped without [`commit`](Self::commit), it is rolled back.
///
/// ```
/// use breaker_core::{CircuitBreaker, Config};
/// use breaker_sqlx::Database;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
/// let db = Database::with(CircuitBreaker::new("reviews", Config::database()), pool);
/// let mut transaction = db.begin().await?;
/// sqlx::query("CREATE TABLE reviews (stars INTEGER)").execute(&mut *transaction).await?;
/// transaction.commit().await?;
/// // BEGIN, the statement and COMMIT.
/// assert_eq!(db.breaker().metrics().successes, 3);
/// # Ok::<(), sqlx::Error>(())
/// # }).unwrap();
/// ```
///
/// If a call in it is cut off, by `request_timeout` or because its future is dropped, the connection is closed when the
/// transaction ends, instead of returned to the pool; the server then rolls back what isn't committed. If COMMIT itself is
/// cut off, nobody knows whether it has taken effect.
pub struct Transaction<'c, DB: Driver> {
    held: Held<'c, DB>,
    is_open: bool,
}

/// The connection of a transaction: its own, or that of the caller.
pub(crate) enum Held<'c, DB: Driver> {
    Owned(Connection<DB>),
    Borrowed(&'c mut Connection<DB>),
}

impl<DB: Driver> Held<'_, DB> {
    fn connection(&mut self) -> &mut Connection<DB> {
        match self {
            Self::Owned(connection) => connection,
            Self::Borrowed(connection) => connection,
        }
    }
}

impl<'c, DB: Driver> Transaction<'c, DB> {
    /// Sends BEGIN, or sets a savepoint. If this is cut off, the connection is closed: sqlx doesn't know whether the
    /// server has begun a transaction.
    pub(crate) async fn on(mut held: Held<'c, DB>, statement: Option<SqlStr>) -> Result<Self, Error> {
        let (connection, is_cut) = held.connection().lent.parts();
        let was_cut = mem::replace(is_cut, true);
        let result = DB::TransactionManager::begin(connection, statement).await;
        *is_cut = was_cut || matches!(&result, Err(error) if is_broken::<DB>(error));
        result.map(|()| Self { held, is_open: true })
    }

    /// Sets a savepoint, as a call: the inherent method, so that `Acquire::begin` doesn't take its place where that trait is
    /// imported.
    ///
    /// # Errors
    /// As [`Connection::begin`].
    pub fn begin(&mut self) -> impl Future<Output = Result<Transaction<'_, DB>, Error>> + Send {
        self.held.connection().begin()
    }

    /// Commits, or releases the savepoint, as a call. If it is rejected, the transaction is rolled back.
    ///
    /// # Errors
    /// Returns sqlx's error, or the breaker's as a [`DatabaseCircuitBreakerError`](crate::DatabaseCircuitBreakerError).
    pub async fn commit(mut self) -> Result<(), Error> {
        let guard = self.guard.clone();
        guard.run(self.end(Commit)).await
    }

    /// Rolls back, to the savepoint if it is one. Never rejected: where other calls are, it is not counted. The
    /// `request_timeout` applies in any case.
    ///
    /// # Errors
    /// Returns sqlx's error, or the breaker's as a [`DatabaseCircuitBreakerError`](crate::DatabaseCircuitBreakerError)
    /// after a timeout.
    pub async fn rollback(mut self) -> Result<(), Error> {
        let guard = self.guard.clone();
        guard.run_always(self.end(Rollback)).await
    }

    async fn end(&mut self, end: impl End<DB>) -> Result<(), Error> {
        let (connection, is_cut) = self.held.connection().lent.parts();
        let was_cut = mem::replace(is_cut, true);
        let result = end.run(connection).await;
        *is_cut = was_cut || matches!(&result, Err(error) if is_broken::<DB>(error));
        self.is_open = result.is_err();
        result
    }
}

impl<DB: Driver> Connection<DB> {
    /// Begins a transaction, or sets a savepoint inside of one, as a call.
    ///
    /// # Errors
    /// Returns sqlx's error, or the breaker's as a [`DatabaseCircuitBreakerError`](crate::DatabaseCircuitBreakerError).
    pub async fn begin(&mut self) -> Result<Transaction<'_, DB>, Error> {
        let guard = self.guard.clone();
        guard.run(Transaction::on(Held::Borrowed(self), None)).await
    }

    /// Begins a transaction with a statement of your own, as a call.
    ///
    /// # Errors
    /// As [`begin`](Self::begin), and if it is inside a transaction already, or the statement doesn't begin one.
    pub async fn begin_with(&mut self, statement: impl SqlSafeStr) -> Result<Transaction<'_, DB>, Error> {
        let (guard, statement) = (self.guard.clone(), statement.into_sql_str());
        guard.run(Transaction::on(Held::Borrowed(self), Some(statement))).await
    }
}

impl<DB: Driver> PoolConnection<DB> {
    /// Begins a transaction, as a call: the inherent method, so that `Acquire::begin` doesn't take its place where that trait
    /// is imported.
    ///
    /// # Errors
    /// As [`Connection::begin`].
    pub fn begin(&mut self) -> impl Future<Output = Result<Transaction<'_, DB>, Error>> + Send {
        self.0.begin()
    }
}

/// How a transaction ends.
trait End<DB: Driver> {
    fn run(self, connection: &mut DB::Connection) -> impl Future<Output = Result<(), Error>> + Send;
}

struct Commit;
struct Rollback;

impl<DB: Driver> End<DB> for Commit {
    fn run(self, connection: &mut DB::Connection) -> impl Future<Output = Result<(), Error>> + Send {
        DB::TransactionManager::commit(connection)
    }
}

impl<DB: Driver> End<DB> for Rollback {
    fn run(self, connection: &mut DB::Connection) -> impl Future<Output = Result<(), Error>> + Send {
        DB::TransactionManager::rollback(connection)
    }
}

impl<DB: Driver> Deref for Transaction<'_, DB> {
    type Target = Connection<DB>;

    fn deref(&self) -> &Connection<DB> {
        match &self.held {
            Held::Owned(connection) => connection,
            Held::Borrowed(connection) => connection,
        }
    }
}

impl<DB: Driver> DerefMut for Transaction<'_, DB> {
    fn deref_mut(&mut self) -> &mut Connection<DB> {
        self.held.connection()
    }
}

/// As for [`Connection`]: guards BEGIN, but not what sqlx's own types do.
impl<'t, DB: Driver> Acquire<'t> for &'t mut Transaction<'_, DB> {
    type Database = DB;
    type Connection = &'t mut DB::Connection;

    fn acquire(self) -> BoxFuture<'t, Result<Self::Connection, Error>> {
        Acquire::acquire(&mut **self)
    }

    fn begin(self) -> BoxFuture<'t, Result<PlainTransaction<'t, DB>, Error>> {
        Acquire::begin(&mut **self)
    }
}

impl<DB: Driver> Drop for Transaction<'_, DB> {
    fn drop(&mut self) {
        if self.is_open {
            // Queued, and sent with the next statement, or when the connection returns to the pool.
            DB::TransactionManager::start_rollback(self.held.connection().as_inner());
        }
    }
}

impl<DB: Driver> fmt::Debug for Transaction<'_, DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("service", &self.breaker().service()).finish_non_exhaustive()
    }
}
