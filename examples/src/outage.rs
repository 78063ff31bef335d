//! Real outages: each breaks a dependency from outside; the service is not involved.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use crate::BoxError;
use crate::dependency::Dependency;
use crate::service::cache::PageCache;
use crate::service::price_server::PriceServer;
use crate::service::s3_server::S3Server;

/// Six times as long as the cache's `request_timeout`.
const SLOW_CACHE: Duration = Duration::from_millis(300);
/// How long the locking connection waits for the readers of the moment to finish.
const PATIENCE: Duration = Duration::from_secs(2);

/// Begins and ends outages.
pub(crate) struct Outages {
    s3: S3Server,
    database: PathBuf,
    lock: Option<SqliteConnection>,
    cache: Arc<PageCache>,
    catalog: PathBuf,
    prices: PriceServer,
}

impl Outages {
    /// Outages of these: two servers, the file of the database, the cache, and the directory of the catalog.
    pub(crate) fn new(
        s3: S3Server,
        database: &Path,
        cache: Arc<PageCache>,
        catalog: &Path,
        prices: PriceServer,
    ) -> Self {
        Self { s3, database: database.to_path_buf(), lock: None, cache, catalog: catalog.to_path_buf(), prices }
    }

    /// Begins the outage of `target`; returns what was done.
    pub(crate) async fn begin(&mut self, target: Dependency) -> Result<String, BoxError> {
        Ok(match target {
            Dependency::S3 => {
                let cut = self.s3.cut().await?;
                format!("OUTAGE: its listener and {cut} connections are closed")
            }
            Dependency::Database => {
                let options = SqliteConnectOptions::new().filename(&self.database).busy_timeout(PATIENCE);
                let mut connection = options.connect().await?;
                sqlx::query("BEGIN EXCLUSIVE").execute(&mut connection).await?;
                self.lock = Some(connection);
                "OUTAGE: locked by another connection".to_owned()
            }
            Dependency::Cache => {
                self.cache.set_delay(SLOW_CACHE);
                format!("OUTAGE: every answer takes {SLOW_CACHE:?}")
            }
            Dependency::Catalog => {
                tokio::fs::rename(&self.catalog, self.elsewhere()).await?;
                "OUTAGE: its directory is renamed".to_owned()
            }
            Dependency::Prices => {
                self.prices.set_fails(true);
                "OUTAGE: 503 for each price; its health check succeeds".to_owned()
            }
        })
    }

    /// Restores `target`; returns what was done.
    pub(crate) async fn restore(&mut self, target: Dependency) -> Result<String, BoxError> {
        Ok(match target {
            Dependency::S3 => {
                self.s3.listen()?;
                "restored: it listens again".to_owned()
            }
            Dependency::Database => {
                if let Some(mut connection) = self.lock.take() {
                    sqlx::query("ROLLBACK").execute(&mut connection).await?;
                    connection.close().await?;
                }
                "restored: the lock is released".to_owned()
            }
            Dependency::Cache => {
                self.cache.set_delay(Duration::ZERO);
                "restored: it answers at once".to_owned()
            }
            Dependency::Catalog => {
                tokio::fs::rename(self.elsewhere(), &self.catalog).await?;
                "restored: its directory is back".to_owned()
            }
            Dependency::Prices => {
                self.prices.set_fails(false);
                "restored: it returns prices".to_owned()
            }
        })
    }

    /// Where the catalog's directory is during its outage.
    fn elsewhere(&self) -> PathBuf {
        self.catalog.with_extension("away")
    }
}
