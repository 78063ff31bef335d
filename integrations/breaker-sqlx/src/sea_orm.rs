//! `ConnectionTrait` and `TransactionTrait` of sea-orm.

mod error;
mod transaction;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use breaker_core::{CircuitBreaker, classify_error};
use futures_core::future::BoxFuture;
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, IsolationLevel,
    QueryResult, Statement, StatementBuilder, TransactionError, TransactionOptions, TransactionTrait,
};

use crate::classify::Classifier;
use crate::finishing::Finishing;
use crate::guard::Guard;

pub use error::db_error;
pub use transaction::SeaTransaction;

/// A connection of sea-orm behind a circuit breaker: `Entity::find().all(&db)` works unchanged. Clones share connection and
/// breaker.
///
/// Each method is a call. Getting a connection of the pool is part of it. What errors mean is decided by the same tables
/// as for [`Database`](crate::Database). A rejection is a `DbErr::Conn` with the error of sqlx inside, where
/// [`DatabaseCircuitBreakerError::from_db_err`](crate::DatabaseCircuitBreakerError::from_db_err) finds the breaker's.
///
/// sea-orm doesn't hand out its connections. If `begin` is cut off, a task lets it end and rolls back. A statement that is
/// cut off inside a transaction leaves the connection to sqlx, which reads the rest of the answer and rolls back before
/// it lends the connection again.
///
/// ```
/// use breaker_core::{CircuitBreaker, Config};
/// use breaker_sqlx::SeaDatabase;
/// use sea_orm::{ConnectionTrait, Database};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let connection = Database::connect("sqlite::memory:").await?;
/// let db = SeaDatabase::with(CircuitBreaker::new("orders", Config::database()), connection);
/// db.execute_unprepared("CREATE TABLE orders (id INTEGER)").await?;
/// assert_eq!(db.breaker().metrics().successes, 1);
/// # Ok::<(), sea_orm::DbErr>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct SeaDatabase {
    inner: Arc<DatabaseConnection>,
    guard: Guard,
}

impl SeaDatabase {
    /// Uses the breaker of this service in the global registry, as [`Database::new`](crate::Database::new) does.
    #[track_caller]
    pub fn new(service: &str, connection: DatabaseConnection) -> Self {
        Self { inner: Arc::new(connection), guard: Guard::global(service) }
    }

    /// Uses this breaker.
    pub fn with(breaker: CircuitBreaker, connection: DatabaseConnection) -> Self {
        Self { inner: Arc::new(connection), guard: Guard::with(breaker) }
    }

    /// Decides what the errors of the database mean, in place of [`Classifier::new`].
    #[must_use]
    pub fn classify(mut self, classifier: Classifier) -> Self {
        self.guard.classifier = classifier;
        self
    }

    /// Returns the breaker.
    pub fn breaker(&self) -> &CircuitBreaker {
        self.guard.breaker()
    }

    /// Returns the connection of sea-orm. Calls made with it bypass the breaker.
    pub fn inner(&self) -> &DatabaseConnection {
        &self.inner
    }

    /// Runs BEGIN, whose future owns the connection.
    async fn begun(
        &self,
        begin: impl FnOnce(Arc<DatabaseConnection>) -> BoxFuture<'static, Result<DatabaseTransaction, DbErr>> + Send,
    ) -> Result<SeaTransaction, DbErr> {
        let begin = Finishing::new(begin(Arc::clone(&self.inner)));
        Ok(SeaTransaction::new(self.guard.run_sea(begin).await?, self.guard.clone()))
    }
}

impl Guard {
    /// Runs a call of sea-orm.
    pub(crate) async fn run_sea<T>(&self, call: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        let permit = self.breaker().try_acquire_idle().map_err(|rejection| db_error(rejection.into()))?;
        let classifier = self.classifier;
        let classify = classify_error(move |error: &DbErr| classifier.outcome_of(error::class(error)));
        permit.run_classified(call, classify).await.map_err(error::of_call)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait::async_trait]
impl ConnectionTrait for SeaDatabase {
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
impl TransactionTrait for SeaDatabase {
    type Transaction = SeaTransaction;

    async fn begin(&self) -> Result<SeaTransaction, DbErr> {
        self.begun(|inner| Box::pin(async move { inner.begin().await })).await
    }

    async fn begin_with_config(
        &self,
        isolation_level: Option<IsolationLevel>,
        access_mode: Option<AccessMode>,
    ) -> Result<SeaTransaction, DbErr> {
        self.begun(move |inner| Box::pin(async move { inner.begin_with_config(isolation_level, access_mode).await }))
            .await
    }

    async fn begin_with_options(&self, options: TransactionOptions) -> Result<SeaTransaction, DbErr> {
        self.begun(move |inner| Box::pin(async move { inner.begin_with_options(options).await })).await
    }

    async fn transaction<F, T, E>(&self, callback: F) -> Result<T, TransactionError<E>>
    where
        F: for<'c> FnOnce(&'c SeaTransaction) -> Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'c>> + Send,
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
        F: for<'c> FnOnce(&'c SeaTransaction) -> Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'c>> + Send,
        T: Send,
        E: fmt::Display + fmt::Debug + Send,
    {
        let begun = self.begin_with_config(isolation_level, access_mode).await;
        begun.map_err(TransactionError::Connection)?.ended_by(callback).await
    }
}

impl fmt::Debug for SeaDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeaDatabase")
            .field("breaker", self.breaker())
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
