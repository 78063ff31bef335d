//! Real outages: each breaks a dependency from outside; the service is not involved.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use crate::BoxError;
use crate::dependency::Dependency;
use crate::proxy::{Pace, Proxy};
use crate::service::price_server::PriceServer;
use crate::service::s3_server::S3Server;

/// Six times as long as the cache's `request_timeout`.
const SLOW_CACHE: Duration = Duration::from_millis(300);
/// How long the locking connection waits for the readers of the moment to finish.
const PATIENCE: Duration = Duration::from_secs(2);

/// Begins and ends outages.
pub(crate) struct Outages {
    pub(crate) s3: S3Outage,
    pub(crate) database: DatabaseOutage,
    pub(crate) cache: Proxy,
    /// The directory of the catalog.
    pub(crate) catalog: PathBuf,
    pub(crate) prices: PriceServer,
}

/// How the photo store breaks.
pub(crate) enum S3Outage {
    /// The listener of the drill's own server is closed.
    Closed(S3Server),
    /// The connections to the server are closed.
    Cut(Proxy),
}

/// How the database breaks.
pub(crate) enum DatabaseOutage {
    /// Another connection locks the file of `SQLite`.
    Lock { file: PathBuf, by: Option<SqliteConnection> },
    /// The answers of the server are held back.
    Hang(Proxy),
}

impl Outages {
    /// Begins the outage of `target`; returns what was done.
    pub(crate) async fn begin(&mut self, target: Dependency) -> Result<String, BoxError> {
        Ok(match target {
            Dependency::S3 => self.s3.begin().await?,
            Dependency::Database => self.database.begin().await?,
            Dependency::Cache => {
                self.cache.set_pace(Pace::Late(SLOW_CACHE));
                format!("OUTAGE: every answer is {SLOW_CACHE:?} late")
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
            Dependency::S3 => self.s3.restore()?.to_owned(),
            Dependency::Database => self.database.restore().await?.to_owned(),
            Dependency::Cache => {
                self.cache.set_pace(Pace::Direct);
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

impl S3Outage {
    async fn begin(&mut self) -> Result<String, BoxError> {
        match self {
            Self::Closed(server) => {
                let cut = server.cut().await?;
                Ok(format!("OUTAGE: its listener and {cut} connections are closed"))
            }
            Self::Cut(proxy) => {
                proxy.set_pace(Pace::Cut);
                Ok("OUTAGE: all connections to it are closed".to_owned())
            }
        }
    }

    fn restore(&mut self) -> Result<&'static str, BoxError> {
        match self {
            Self::Closed(server) => {
                server.listen()?;
                Ok("restored: it listens again")
            }
            Self::Cut(proxy) => {
                proxy.set_pace(Pace::Direct);
                Ok("restored: it answers again")
            }
        }
    }
}

impl DatabaseOutage {
    /// The outage of the database in this file.
    pub(crate) fn of_file(file: &Path) -> Self {
        Self::Lock { file: file.to_path_buf(), by: None }
    }

    async fn begin(&mut self) -> Result<String, BoxError> {
        match self {
            Self::Lock { file, by } => {
                let options = SqliteConnectOptions::new().filename(file).busy_timeout(PATIENCE);
                let mut connection = options.connect().await?;
                sqlx::query("BEGIN EXCLUSIVE").execute(&mut connection).await?;
                *by = Some(connection);
                Ok("OUTAGE: locked by another connection".to_owned())
            }
            Self::Hang(proxy) => {
                proxy.set_pace(Pace::Held);
                Ok("OUTAGE: its answers are held back".to_owned())
            }
        }
    }

    async fn restore(&mut self) -> Result<&'static str, BoxError> {
        match self {
            Self::Lock { by, .. } => {
                if let Some(mut connection) = by.take() {
                    sqlx::query("ROLLBACK").execute(&mut connection).await?;
                    connection.close().await?;
                }
                Ok("restored: the lock is released")
            }
            Self::Hang(proxy) => {
                proxy.set_pace(Pace::Direct);
                Ok("restored: it answers again")
            }
        }
    }
}
