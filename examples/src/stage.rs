//! What the drill and `--serve` share: the review service with all that it depends on, its configuration file and its
//! health checks.

use std::path::PathBuf;
use std::sync::Arc;

use breaker_core::{Registry, TaskGuard};
use tempfile::TempDir;

use crate::BoxError;
use crate::checks;
use crate::edits;
use crate::outage::Outages;
use crate::service::cache::PageCache;
use crate::service::catalog::Catalog;
use crate::service::photos::PhotoClient;
use crate::service::price_server::PriceServer;
use crate::service::prices::PriceClient;
use crate::service::reviews::ReviewRepository;
use crate::service::s3_server::S3Server;
use crate::service::{PRODUCTS, ReviewService};
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
    pub(crate) async fn build(port: u16) -> Result<Self, BoxError> {
        let directory = TempDir::with_prefix("breaker-drill-")?;
        let (copies, database) = (directory.path().join("copies"), directory.path().join("reviews.db"));
        std::fs::create_dir_all(&copies)?;
        let s3 = S3Server::start()?;
        let photos = PhotoClient::new(s3.address(), &copies)?;
        photos.seed(PRODUCTS).await?;
        let reviews = ReviewRepository::open(&database, PRODUCTS).await?;
        let cache = Arc::new(PageCache::default());
        let shelf = directory.path().join("catalog");
        let catalog = Catalog::create(&shelf, PRODUCTS)?;
        let price_server = PriceServer::start().await?;
        let prices = PriceClient::new(price_server.address());
        let service = Arc::new(ReviewService::new(reviews, photos, Arc::clone(&cache), catalog, prices));

        let file = directory.path().join("breakers.yaml");
        std::fs::write(&file, edits::SHIPPED)?;
        // Before any traffic, so that no breaker begins with less than the file says.
        let mut background = vec![breaker_config::watch(&file, Registry::global())?];
        background.extend(checks::start(&service));
        let web = Web::start(port, Arc::clone(&service)).await?;
        let outages = Outages::new(s3, &database, cache, &shelf, price_server);
        Ok(Self { service, web, outages, file, background, directory })
    }
}
