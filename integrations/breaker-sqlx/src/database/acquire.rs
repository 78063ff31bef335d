//! Connections and transactions of the pool.

use std::future::Future;

use breaker_core::{Outcome, classify_fn};
use futures_core::future::BoxFuture;
use sqlx_core::acquire::Acquire;
use sqlx_core::database::Database as Driver;
use sqlx_core::error::Error;
use sqlx_core::pool::PoolConnection as PlainConnection;
use sqlx_core::sql_str::{SqlSafeStr, SqlStr};
use sqlx_core::transaction::Transaction as PlainTransaction;

use super::Database;
use crate::connection::{Connection, PoolConnection};
use crate::finishing::Finishing;
use crate::guard::Guard;
use crate::lent::Lent;
use crate::transaction::{Held, Transaction};

impl<DB: Driver> Database<DB> {
    /// Gets a connection of the pool, as a call. Statements on it are calls, too: `query.execute(&mut *connection)`.
    ///
    /// With the pool's `test_before_acquire` off, a connection says nothing about the server, so a success is ignored.
    ///
    /// # Errors
    /// Returns sqlx's error, or the breaker's as a [`DatabaseCircuitBreakerError`](crate::DatabaseCircuitBreakerError).
    pub fn acquire(&self) -> impl Future<Output = Result<PoolConnection<DB>, Error>> + Send + 'static {
        let guard = self.guard.clone();
        let lent = self.acquired();
        async move { Ok(PoolConnection::new(lent.await?, guard)) }
    }

    /// Returns an idle connection of the pool, if there is one and the circuit admits calls. Not a call.
    pub fn try_acquire(&self) -> Option<PoolConnection<DB>> {
        self.breaker().peek().ok()?;
        Some(PoolConnection::new(Lent::new(self.pool.try_acquire()?), self.guard.clone()))
    }

    /// Begins a transaction, as one call: getting the connection and BEGIN. Statements in it are calls, and so is COMMIT;
    /// ROLLBACK is never rejected.
    ///
    /// # Errors
    /// Returns sqlx's error, or the breaker's as a [`DatabaseCircuitBreakerError`](crate::DatabaseCircuitBreakerError).
    pub fn begin(&self) -> impl Future<Output = Result<Transaction<'static, DB>, Error>> + Send + 'static {
        self.begun(None)
    }

    /// Begins a transaction with a statement of your own, such as `BEGIN IMMEDIATE`. Otherwise like
    /// [`begin`](Self::begin).
    ///
    /// # Errors
    /// As [`begin`](Self::begin), and if the statement doesn't begin a transaction.
    pub fn begin_with(
        &self,
        statement: impl SqlSafeStr,
    ) -> impl Future<Output = Result<Transaction<'static, DB>, Error>> + Send + 'static {
        self.begun(Some(statement.into_sql_str()))
    }

    /// Begins a transaction if the pool has an idle connection. `None` if it hasn't, which is not counted.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub async fn try_begin(&self) -> Result<Option<Transaction<'static, DB>>, Error> {
        self.try_begun(None).await
    }

    /// Like [`try_begin`](Self::try_begin), with a statement of your own.
    ///
    /// # Errors
    /// As [`begin_with`](Self::begin_with).
    pub async fn try_begin_with(&self, statement: impl SqlSafeStr) -> Result<Option<Transaction<'static, DB>>, Error> {
        self.try_begun(Some(statement.into_sql_str())).await
    }

    fn acquired(&self) -> impl Future<Output = Result<Lent<DB>, Error>> + Send + 'static {
        let (guard, classifier) = (self.guard.clone(), self.guard.classifier);
        let is_tested = self.pool.options().get_test_before_acquire();
        guard.run_classified(
            self.lend(),
            classify_fn(move |result: &Result<Lent<DB>, Error>| match result {
                Ok(_) if !is_tested => Outcome::Ignore,
                result => classifier.outcome(result),
            }),
        )
    }

    fn begun(
        &self,
        statement: Option<SqlStr>,
    ) -> impl Future<Output = Result<Transaction<'static, DB>, Error>> + Send + 'static {
        let (guard, lend) = (self.guard.clone(), self.lend());
        self.guard.clone().run(async move { begin_on(lend.await?, guard, statement).await })
    }

    async fn try_begun(&self, statement: Option<SqlStr>) -> Result<Option<Transaction<'static, DB>>, Error> {
        let Some(connection) = self.pool.try_acquire() else { return Ok(None) };
        let begin = begin_on(Lent::new(connection), self.guard.clone(), statement);
        self.guard.clone().run(begin).await.map(Some)
    }
}

async fn begin_on<DB: Driver>(
    lent: Lent<DB>,
    guard: Guard,
    statement: Option<SqlStr>,
) -> Result<Transaction<'static, DB>, Error> {
    Transaction::on(Held::Owned(Connection::new(lent, guard)), statement).await
}

/// Guards getting the connection, and BEGIN. The types that the trait requires are sqlx's own: their statements, COMMIT
/// and ROLLBACK bypass the breaker. Prefer the methods of [`Database`].
impl<'a, DB: Driver> Acquire<'a> for &'_ Database<DB> {
    type Database = DB;
    type Connection = PlainConnection<DB>;

    fn acquire(self) -> BoxFuture<'a, Result<PlainConnection<DB>, Error>> {
        let lent = self.acquired();
        Box::pin(async move { Ok(lent.await?.take()) })
    }

    fn begin(self) -> BoxFuture<'a, Result<PlainTransaction<'a, DB>, Error>> {
        let lend = self.lend();
        Box::pin(self.guard.clone().run(async move { Finishing::begin(lend.await?.take()).await }))
    }
}
