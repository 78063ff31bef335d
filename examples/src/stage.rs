//! What the drill and `--serve` share: the review service with all that it depends on, its configuration file and its
//! health checks.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use breaker_core::{Config, Registry, TaskGuard};
use tempfile::TempDir;
use url::Url;

use crate::BoxError;
use crate::checks;
use crate::dependency::Dependency;
use crate::edits;
use crate::outage::{DatabaseOutage, Outages, S3Outage};
use crate::proxy::Proxy;
use crate::real_s3;
use crate::service::cache::PageCache;
use crate::service::catalog::Catalog;
use crate::service::photos::PhotoClient;
use crate::service::price_server::PriceServer;
use crate::service::prices::PriceClient;
use crate::service::redis_server;
use crate::service::reviews::ReviewRepository;
use crate::service::s3_client::S3Client;
use crate::service::s3_server::S3Server;
use crate::service::{PRODUCTS, ReviewService};
use crate::upstream::{Upstreams, behind_proxy};
use crate::web::Web;

/// A review service that runs. Dropping it removes its files.
pub(crate) struct Stage {
    pub(crate) service: Arc<ReviewService>,
    pub(crate) web: Web,
    /// Holds the servers, and can break them.
    pub(crate) outages: Outages,
    /// The configuration file.
    pub(crate) file: PathBuf,
    /// The watch of the file and the health checks.
    pub(crate) background: Vec<TaskGuard>,
    // Holds the database, the photos and the catalog; goes last.
    pub(crate) directory: TempDir,
}

impl Stage {
    /// Builds everything in a temporary directory, and serves on this port (0: a free one).
    pub(crate) async fn build(port: u16, upstreams: Upstreams) -> Result<Self, BoxError> {
        let directory = TempDir::with_prefix("breaker-drill-")?;
        let file = directory.path().join("breakers.yaml");
        std::fs::write(&file, edits::SHIPPED)?;
        // The clients below find these breakers. So the file's settings are in force before they connect.
        Registry::global().get_or_default(Dependency::S3.name(), Config::s3());
        Registry::global().get_or_default(Dependency::Database.name(), Config::database());
        Registry::global().get_or_default(Dependency::Cache.name(), Config::cache());
        let mut background = vec![breaker_config::watch(&file, Registry::global())?];

        let (database, reviews) = database(directory.path(), upstreams.database).await?;
        let (cache, redis) = redis(upstreams.redis).await?;
        let (s3, photos) = photos(directory.path(), upstreams.s3).await?;
        let shelf = directory.path().join("catalog");
        let catalog = Catalog::create(&shelf, PRODUCTS)?;
        let price_server = PriceServer::start().await?;
        let prices = PriceClient::new(price_server.address());
        let service = Arc::new(ReviewService::new(reviews, photos, Arc::new(redis), catalog, prices));
        background.extend(checks::start(&service));
        let web = Web::start(port, Arc::clone(&service)).await?;
        let outages = Outages { s3, database, cache, catalog: shelf, prices: price_server };
        Ok(Self { service, web, outages, file, background, directory })
    }
}

/// Stores photos in the S3 server at this URL, through a proxy, or in one of ours.
async fn photos(directory: &Path, server: Option<Url>) -> Result<(S3Outage, PhotoClient), BoxError> {
    let copies = directory.join("copies");
    std::fs::create_dir_all(&copies)?;
    if let Some(server) = server {
        let failed = |error: BoxError| format!("--s3-endpoint: {error}");
        let (proxy, url) = behind_proxy(server, 80).await.map_err(failed)?;
        let bucket = real_s3::bucket(&url).map_err(failed)?;
        let photos = PhotoClient::new(bucket, &copies)?;
        let stored = photos.seed(PRODUCTS).await;
        stored.map_err(|error| failed(format!("{error}{}", real_s3::advice(&error)).into()))?;
        return Ok((S3Outage::Cut(proxy), photos));
    }
    let server = S3Server::start()?;
    let photos = PhotoClient::new(Arc::new(S3Client::new(server.address())?), &copies)?;
    photos.seed(PRODUCTS).await?;
    Ok((S3Outage::Closed(server), photos))
}

/// Opens the database at this URL through a proxy, or a new one in a file.
async fn database(directory: &Path, server: Option<Url>) -> Result<(DatabaseOutage, ReviewRepository), BoxError> {
    if let Some(server) = server {
        let failed = |error: BoxError| format!("--database-url: {error}");
        let (proxy, url) = behind_proxy(server, 5432).await.map_err(failed)?;
        let reviews = ReviewRepository::open(url.as_str(), PRODUCTS).await.map_err(|error| failed(error.into()))?;
        return Ok((DatabaseOutage::Hang(proxy), reviews));
    }
    let file = directory.join("reviews.db");
    let path = Url::from_file_path(&file).map_err(|()| "the temporary directory has no absolute path")?;
    let url = format!("sqlite://{}?mode=rwc", path.path());
    Ok((DatabaseOutage::of_file(&file), ReviewRepository::open(&url, PRODUCTS).await?))
}

/// Connects to the Redis at this URL, or to one of ours, through a proxy.
async fn redis(server: Option<Url>) -> Result<(Proxy, PageCache), BoxError> {
    let server = match server {
        Some(server) => server,
        None => Url::parse(&format!("redis://{}/", redis_server::start()?))?,
    };
    let failed = |error: BoxError| format!("--redis-url: {error}");
    let (proxy, url) = behind_proxy(server, 6379).await.map_err(failed)?;
    let cache = PageCache::new(url.as_str())?;
    let answer = cache.look_up(0).await;
    answer.map_err(|error| failed(format!("{error}; does a Redis answer there?").into()))?;
    Ok((proxy, cache))
}
