//! A connection whose statements are calls.

mod executor;

use std::fmt;
use std::future::Future;
use std::ops::{Deref, DerefMut};

use breaker_core::CircuitBreaker;
use futures_core::future::BoxFuture;
use sqlx_core::acquire::Acquire;
use sqlx_core::connection::Connection as _;
use sqlx_core::database::Database as Driver;
use sqlx_core::error::Error;
use sqlx_core::pool::PoolConnection as PlainConnection;
use sqlx_core::transaction::{Transaction as PlainTransaction, TransactionManager};

use crate::guard::Guard;
use crate::lent::Lent;

/// A connection of the pool whose statements are calls of the breaker. `&mut Connection` is an
/// [`Executor`](sqlx_core::executor::Executor). [`PoolConnection`] and [`Transaction`] dereference to it, so
/// `query.execute(&mut *transaction)` works as with sqlx's types.
///
/// If one of its calls is cut off, by `request_timeout` or because its future is dropped, the connection is closed at
/// the end instead of returned to the pool.
pub struct Connection<DB: Driver> {
    pub(crate) lent: Lent<DB>,
    pub(crate) guard: Guard,
}

impl<DB: Driver> Connection<DB> {
    pub(crate) fn new(lent: Lent<DB>, guard: Guard) -> Self {
        Self { lent, guard }
    }

    /// Whether it is inside a transaction.
    pub fn is_in_transaction(&self) -> bool {
        DB::TransactionManager::get_transaction_depth(&self.lent) > 0
    }

    /// Asks the server to answer, as a call.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub fn ping(&mut self) -> impl Future<Output = Result<(), Error>> + Send {
        let (connection, is_cut) = self.lent.parts();
        self.guard.clone().run(async move {
            *is_cut = true;
            let result = connection.ping().await;
            *is_cut = false;
            result
        })
    }

    /// Returns the breaker.
    pub fn breaker(&self) -> &CircuitBreaker {
        self.guard.breaker()
    }

    /// Returns the connection of sqlx. Calls made with it bypass the breaker: for `COPY`, and for functions that want a
    /// `&mut PgConnection`.
    pub fn as_inner(&mut self) -> &mut DB::Connection {
        &mut self.lent
    }
}

impl<DB: Driver> fmt::Debug for Connection<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("service", &self.breaker().service()).finish_non_exhaustive()
    }
}

/// Guards BEGIN. The types that the trait requires are sqlx's own: their statements, COMMIT and ROLLBACK bypass the
/// breaker.
impl<'c, DB: Driver> Acquire<'c> for &'c mut Connection<DB> {
    type Database = DB;
    type Connection = &'c mut DB::Connection;

    fn acquire(self) -> BoxFuture<'c, Result<Self::Connection, Error>> {
        Box::pin(std::future::ready(Ok(self.as_inner())))
    }

    fn begin(self) -> BoxFuture<'c, Result<PlainTransaction<'c, DB>, Error>> {
        let (connection, is_cut) = self.lent.parts();
        Box::pin(self.guard.clone().run(async move {
            *is_cut = true;
            let begun = PlainTransaction::begin(connection, None).await;
            *is_cut = false;
            begun
        }))
    }
}

/// A [`Connection`] that returns to its pool when it is dropped. Returned by
/// [`Database::acquire`](crate::Database::acquire).
#[derive(Debug)]
pub struct PoolConnection<DB: Driver>(pub(crate) Connection<DB>);

impl<DB: Driver> PoolConnection<DB> {
    pub(crate) fn new(lent: Lent<DB>, guard: Guard) -> Self {
        Self(Connection::new(lent, guard))
    }

    /// Closes the connection, so that the pool can open another one. Not a call.
    ///
    /// # Errors
    /// Returns sqlx's error.
    pub async fn close(self) -> Result<(), Error> {
        self.into_inner().close().await
    }

    /// Takes the connection out of the pool, which can open another one. Its calls bypass the breaker.
    pub fn detach(self) -> DB::Connection {
        self.into_inner().detach()
    }

    /// Returns sqlx's pooled connection. Its calls bypass the breaker.
    pub fn into_inner(self) -> PlainConnection<DB> {
        self.0.lent.take()
    }
}

impl<DB: Driver> Deref for PoolConnection<DB> {
    type Target = Connection<DB>;

    fn deref(&self) -> &Connection<DB> {
        &self.0
    }
}

impl<DB: Driver> DerefMut for PoolConnection<DB> {
    fn deref_mut(&mut self) -> &mut Connection<DB> {
        &mut self.0
    }
}

/// As for [`Connection`].
impl<'c, DB: Driver> Acquire<'c> for &'c mut PoolConnection<DB> {
    type Database = DB;
    type Connection = &'c mut DB::Connection;

    fn acquire(self) -> BoxFuture<'c, Result<Self::Connection, Error>> {
        Acquire::acquire(&mut self.0)
    }

    fn begin(self) -> BoxFuture<'c, Result<PlainTransaction<'c, DB>, Error>> {
        Acquire::begin(&mut self.0)
    }
}
