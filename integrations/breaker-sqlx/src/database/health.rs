//! The ping as a health check.

use breaker_core::{Registry, TaskGuard};
use sqlx_core::connection::Connection;
use sqlx_core::database::Database as Driver;
use sqlx_core::error::Error;

use super::Database;

impl<DB: Driver> Database<DB> {
    /// Gets a connection of the pool and asks the server to answer, past the breaker and uncounted. The connection is
    /// closed if this is cut off.
    ///
    /// # Errors
    /// Returns the error of sqlx if there is no connection, or the server doesn't answer.
    pub async fn ping(&self) -> Result<(), Error> {
        let mut lent = self.lend().await?;
        let result = lent.for_call().ping().await;
        lent.ended(result)
    }

    /// Runs [`ping`](Self::ping) as the health check of this service in
    /// [`Registry::global`](breaker_core::Registry::global): every 15 s with the preset `database`, until the guard is
    /// dropped. What the results do is described at [`Registry::health_check`].
    ///
    /// A ping says nothing about writes: a master that has become read-only still answers it. Register a check of your
    /// own where that matters.
    ///
    /// ```
    /// use breaker_sqlx::Database;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let db = Database::<sqlx::Sqlite>::connect("stock", "sqlite::memory:").await?;
    /// let check = db.health_check();
    /// # drop(check);
    /// # Ok::<(), sqlx::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[track_caller]
    pub fn health_check(&self) -> TaskGuard {
        self.health_check_in(Registry::global())
    }

    /// Like [`health_check`](Self::health_check), for a breaker of another registry.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[track_caller]
    pub fn health_check_in(&self, registry: &Registry) -> TaskGuard {
        let db = self.clone();
        registry.health_check(self.breaker().service(), move || {
            let db = db.clone();
            async move { db.ping().await }
        })
    }
}
