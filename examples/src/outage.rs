//! Real outages: each takes a dependency away from outside, without telling the service.

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

/// The levers.
pub(crate) struct Outages {
    s3: S3Server,
    database: PathBuf,
    lock: Option<SqliteConnection>,
    cache: Arc<PageCache>,
    catalog: PathBuf,
    prices: PriceServer,
}

impl Outages {
    /// Levers on these: two servers, the file of the database, the cache, and the directory of the catalog.
    pub(crate) fn new(
        s3: S3Server,
        database: &Path,
        cache: Arc<PageCache>,
        catalog: &Path,
        prices: PriceServer,
    ) -> Self {
        Self { s3, database: database.to_path_buf(), lock: None, cache, catalog: catalog.to_path_buf(), prices }
    }

    /// Takes `target` away; says what was done.
    pub(crate) async fn begin(&mut self, target: Dependency) -> Result<String, BoxError> {
        Ok(match target {
            Dependency::S3 => {
                let cut = self.s3.cut().await?;
                format!("OUTAGE: listener shut, {cut} connections cut")
            }
            Dependency::Database => {
                let options = SqliteConnectOptions::new().filename(&self.database).busy_timeout(PATIENCE);
                let mut connection = options.connect().await?;
                sqlx::query("BEGIN EXCLUSIVE").execute(&mut connection).await?;
                self.lock = Some(connection);
                "OUTAGE: locked by another connection (BEGIN EXCLUSIVE)".to_owned()
            }
            Dependency::Cache => {
                self.cache.set_delay(SLOW_CACHE);
                format!("OUTAGE: every answer takes {SLOW_CACHE:?}")
            }
            Dependency::Catalog => {
                tokio::fs::rename(&self.catalog, self.elsewhere()).await?;
                "OUTAGE: its directory is moved away".to_owned()
            }
            Dependency::Prices => {
                self.prices.set_fails(true);
                "OUTAGE: each price is a 503, but /healthz stays green".to_owned()
            }
        })
    }

    /// Brings `target` back; says what was done.
    pub(crate) async fn lift(&mut self, target: Dependency) -> Result<String, BoxError> {
        Ok(match target {
            Dependency::S3 => {
                self.s3.listen()?;
                "lifted: listening again".to_owned()
            }
            Dependency::Database => {
                if let Some(mut connection) = self.lock.take() {
                    sqlx::query("ROLLBACK").execute(&mut connection).await?;
                    connection.close().await?;
                }
                "lifted: lock released".to_owned()
            }
            Dependency::Cache => {
                self.cache.set_delay(Duration::ZERO);
                "lifted: fast again".to_owned()
            }
            Dependency::Catalog => {
                tokio::fs::rename(self.elsewhere(), &self.catalog).await?;
                "lifted: its directory is back".to_owned()
            }
            Dependency::Prices => {
                self.prices.set_fails(false);
                "lifted: prices again".to_owned()
            }
        })
    }

    /// Where the catalog's directory is during its outage.
    fn elsewhere(&self) -> PathBuf {
        self.catalog.with_extension("away")
    }
}
