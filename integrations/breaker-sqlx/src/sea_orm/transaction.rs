//! Transactions of sea-orm.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use breaker_core::classify_error;
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, IsolationLevel, QueryResult,
    Statement, StatementBuilder, TransactionError, TransactionOptions, TransactionSession, TransactionTrait,
};

use super::error;
use crate::finishing::RollBack;
use crate::guard::Guard;

/// A transaction of sea-orm whose statements and COMMIT are calls. ROLLBACK is never rejected.
pub struct SeaTransaction {
    inner: DatabaseTransaction,
    guard: Guard,
}

impl SeaTransaction {
    pub(super) fn new(inner: DatabaseTransaction, guard: Guard) -> Self {
        Self { inner, guard }
    }

    /// Runs the callback, and commits if it succeeds.
    pub(super) async fn ended_by<F, T, E>(self, callback: F) -> Result<T, TransactionError<E>>
    where
        F: for<'c> FnOnce(&'c Self) -> Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'c>> + Send,
        E: fmt::Display + fmt::Debug + Send,
    {
        let result = callback(&self).await.map_err(TransactionError::Transaction);
        let end = if result.is_ok() { self.commit().await } else { self.rollback().await };
        end.map_err(TransactionError::Connection)?;
        result
    }

    fn nested(&self, inner: DatabaseTransaction) -> Self {
        Self::new(inner, self.guard.clone())
    }
}

impl RollBack for DatabaseTransaction {
    async fn roll_back(self) {
        let _ = self.rollback().await;
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait::async_trait]
impl TransactionSession for SeaTransaction {
    async fn commit(self) -> Result<(), DbErr> {
        self.guard.run_sea(self.inner.commit()).await
    }

    async fn rollback(self) -> Result<(), DbErr> {
        let permit = self.guard.permit_always().map_err(|rejection| error::db_error(rejection.into()))?;
        let classifier = self.guard.classifier;
        let classify = classify_error(move |error: &DbErr| classifier.outcome_of(error::class(error)));
        permit.run_classified(self.inner.rollback(), classify).await.map_err(error::of_call)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait::async_trait]
impl ConnectionTrait for SeaTransaction {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.guard.run_sea(self.inner.execute_raw(statement)).await
    }

    async fn execute<S: StatementBuilder>(&self, statement: &S) -> Result<ExecResult, DbErr> {
        self.guard.run_sea(self.inner.execute(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.guard.run_sea(self.inner.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.guard.run_sea(self.inner.query_one_raw(statement)).await
    }

    async fn query_one<S: StatementBuilder>(&self, statement: &S) -> Result<Option<QueryResult>, DbErr> {
        self.guard.run_sea(self.inner.query_one(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.guard.run_sea(self.inner.query_all_raw(statement)).await
    }

    async fn query_all<S: StatementBuilder>(&self, statement: &S) -> Result<Vec<QueryResult>, DbErr> {
        self.guard.run_sea(self.inner.query_all(statement)).await
    }

    fn support_returning(&self) -> bool {
        self.inner.support_returning()
    }

    fn is_mock_connection(&self) -> bool {
        self.inner.is_mock_connection()
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait::async_trait]
impl TransactionTrait for SeaTransaction {
    type Transaction = Self;

    async fn begin(&self) -> Result<Self, DbErr> {
        Ok(self.nested(self.guard.run_sea(self.inner.begin()).await?))
    }

    async fn begin_with_config(
        &self,
        isolation_level: Option<IsolationLevel>,
        access_mode: Option<AccessMode>,
    ) -> Result<Self, DbErr> {
        Ok(self.nested(self.guard.run_sea(self.inner.begin_with_config(isolation_level, access_mode)).await?))
    }

    async fn begin_with_options(&self, options: TransactionOptions) -> Result<Self, DbErr> {
        Ok(self.nested(self.guard.run_sea(self.inner.begin_with_options(options)).await?))
    }

    async fn transaction<F, T, E>(&self, callback: F) -> Result<T, TransactionError<E>>
    where
        F: for<'c> FnOnce(&'c Self) -> Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'c>> + Send,
        T: Send,
        E: fmt::Display + fmt::Debug + Send,
    {
        let transaction = self.begin().await.map_err(TransactionError::Connection)?;
        transaction.ended_by(callback).await
    }

    async fn transaction_with_config<F, T, E>(
        &self,
        callback: F,
        isolation_level: Option<IsolationLevel>,
        access_mode: Option<AccessMode>,
    ) -> Result<T, TransactionError<E>>
    where
        F: for<'c> FnOnce(&'c Self) -> Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'c>> + Send,
        T: Send,
        E: fmt::Display + fmt::Debug + Send,
    {
        let begun = self.begin_with_config(isolation_level, access_mode).await;
        begun.map_err(TransactionError::Connection)?.ended_by(callback).await
    }
}

impl fmt::Debug for SeaTransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeaTransaction").field("service", &self.guard.breaker().service()).finish_non_exhaustive()
    }
}
