//! A BEGIN that isn't cut off in the middle.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::future::BoxFuture;
use sqlx_core::database::Database as Driver;
use sqlx_core::error::Error;
use sqlx_core::pool::{MaybePoolConnection, PoolConnection};
use sqlx_core::rt;
use sqlx_core::transaction::Transaction;

/// The BEGIN of a transaction of another crate's type, which takes the connection: it can't be closed from here. If this
/// future is dropped, a task lets BEGIN end and rolls back, so that the connection returns to the pool outside of a
/// transaction.
pub(crate) struct Finishing<T: RollBack, E: Send + 'static>(Option<BoxFuture<'static, Result<T, E>>>);

/// A transaction that can be rolled back.
pub(crate) trait RollBack: Send + Sized + 'static {
    /// Rolls back. An error is of no interest: sqlx finds a broken connection when it returns to the pool.
    fn roll_back(self) -> impl Future<Output = ()> + Send;
}

impl<DB: Driver> RollBack for Transaction<'static, DB> {
    async fn roll_back(self) {
        let _ = self.rollback().await;
    }
}

impl<DB: Driver> Finishing<Transaction<'static, DB>, Error> {
    pub(crate) fn begin(connection: PoolConnection<DB>) -> Self {
        Self::new(Transaction::begin(MaybePoolConnection::PoolConnection(connection), None))
    }
}

impl<T: RollBack, E: Send + 'static> Finishing<T, E> {
    pub(crate) fn new(begin: BoxFuture<'static, Result<T, E>>) -> Self {
        Self(Some(begin))
    }
}

impl<T: RollBack, E: Send + 'static> Future for Finishing<T, E> {
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let begin = self.0.as_mut().expect("an async block polls it until it is ready");
        let polled = begin.as_mut().poll(cx);
        if polled.is_ready() {
            self.0 = None;
        }
        polled
    }
}

impl<T: RollBack, E: Send + 'static> Drop for Finishing<T, E> {
    fn drop(&mut self) {
        if let Some(begin) = self.0.take() {
            rt::spawn(async move {
                if let Ok(transaction) = begin.await {
                    transaction.roll_back().await;
                }
            });
        }
    }
}
