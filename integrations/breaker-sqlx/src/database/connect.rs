//! Connecting, with an `acquire_timeout` that fits the breaker.

use sqlx_core::connection::Connection;
use sqlx_core::database::Database as Driver;
use sqlx_core::error::Error;
use sqlx_core::pool::PoolOptions;

use super::Database;
use crate::acquire_timeout::fitted;
use crate::guard::Guard;

impl<DB: Driver> Database<DB> {
    /// Connects a pool with sqlx's default options and a fitting `acquire_timeout`, behind the breaker of this service
    /// (see [`new`](Self::new)).
    ///
    /// ```
    /// use breaker_sqlx::Database;
    /// use std::time::Duration;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let db = Database::<sqlx::Sqlite>::connect("ledger", "sqlite::memory:").await?;
    /// // Half the preset's `request_timeout` of 10 s, instead of sqlx's 30 s.
    /// assert_eq!(db.pool().options().get_acquire_timeout(), Duration::from_secs(5));
    /// # Ok::<(), sqlx::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// Returns the error of sqlx if the URL is invalid or the first connection can't be made. This first connection is
    /// not counted.
    #[track_caller]
    pub fn connect(service: &str, url: &str) -> impl Future<Output = Result<Self, Error>> {
        let guard = Guard::global(service);
        async move {
            let options = url.parse()?;
            Self::connected(guard, PoolOptions::new(), options).await
        }
    }

    /// Connects a pool with these options, but an `acquire_timeout` of at most half the breaker's `request_timeout`.
    /// Otherwise like [`connect`](Self::connect).
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    #[track_caller]
    pub fn connect_with(
        service: &str,
        pool: PoolOptions<DB>,
        options: <DB::Connection as Connection>::Options,
    ) -> impl Future<Output = Result<Self, Error>> {
        let guard = Guard::global(service);
        Self::connected(guard, pool, options)
    }

    /// Creates a pool that connects when it is first used, so that a program can start while its database is down.
    /// Otherwise like [`connect_with`](Self::connect_with).
    #[track_caller]
    pub fn connect_lazy_with(
        service: &str,
        pool: PoolOptions<DB>,
        options: <DB::Connection as Connection>::Options,
    ) -> Self {
        let guard = Guard::global(service);
        let pool = fitted(guard.breaker(), pool).connect_lazy_with(options);
        Self::over(pool, guard)
    }

    async fn connected(
        guard: Guard,
        pool: PoolOptions<DB>,
        options: <DB::Connection as Connection>::Options,
    ) -> Result<Self, Error> {
        let pool = fitted(guard.breaker(), pool).connect_with(options).await?;
        Ok(Self::over(pool, guard))
    }
}
