//! A BEGIN of sqlx that isn't cut off in the middle.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::future::BoxFuture;
use sqlx_core::database::Database as Driver;
use sqlx_core::error::Error;
use sqlx_core::pool::{MaybePoolConnection, PoolConnection};
use sqlx_core::rt;
use sqlx_core::transaction::Transaction;

/// The BEGIN of a transaction of sqlx's own type, which takes the connection: it can't be closed from here. If this future
/// is dropped, a task lets BEGIN end and rolls back, so that the connection returns to the pool outside of a transaction.
pub(crate) struct Finishing<DB: Driver>(Option<BoxFuture<'static, Result<Transaction<'static, DB>, Error>>>);

impl<DB: Driver> Finishing<DB> {
    pub(crate) fn begin(connection: PoolConnection<DB>) -> Self {
        Self(Some(Transaction::begin(MaybePoolConnection::PoolConnection(connection), None)))
    }
}

impl<DB: Driver> Future for Finishing<DB> {
    type Output = Result<Transaction<'static, DB>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let begin = self.0.as_mut().expect("an async block polls it until it is ready");
        let polled = begin.as_mut().poll(cx);
        if polled.is_ready() {
            self.0 = None;
        }
        polled
    }
}

impl<DB: Driver> Drop for Finishing<DB> {
    fn drop(&mut self) {
        if let Some(begin) = self.0.take() {
            rt::spawn(async move {
                if let Ok(transaction) = begin.await {
                    // If it fails, sqlx finds the connection broken when it returns to the pool.
                    let _ = transaction.rollback().await;
                }
            });
        }
    }
}
