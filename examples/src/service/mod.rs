//! The review service: product pages with reviews and a photo, cached for a moment; listings; and prices.
//!
//! Only the attributes in `catalog` and `prices`, and the clients in `photos`, `reviews` and `cache`, refer to breakers.

pub(crate) mod cache;
pub(crate) mod catalog;
pub(crate) mod http;
pub(crate) mod photos;
pub(crate) mod price_server;
pub(crate) mod prices;
pub(crate) mod redis_server;
pub(crate) mod reviews;
pub(crate) mod s3_client;
mod s3_protocol;
pub(crate) mod s3_server;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cache::{Kept, Lookup, PageCache};
use catalog::{Catalog, Listing};
use photos::PhotoClient;
use prices::{Price, PriceClient};
use reviews::{Review, ReviewRepository, Written};

use serde::{Deserialize, Serialize};

use crate::dependency::Dependency;
use crate::ledger::Ledger;

/// How many products there are.
pub(crate) const PRODUCTS: u32 = 48;

/// What a visitor sees.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Page {
    pub(crate) reviews: Vec<String>,
    pub(crate) photo_bytes: usize,
}

/// The service, with a ledger of the results of its calls.
pub(crate) struct ReviewService {
    pub(crate) reviews: ReviewRepository,
    pub(crate) photos: PhotoClient,
    pub(crate) cache: Arc<PageCache>,
    pub(crate) catalog: Catalog,
    pub(crate) prices: PriceClient,
    pub(crate) ledger: Arc<Ledger>,
    written: AtomicU64,
}

impl ReviewService {
    /// Makes the service from its parts.
    pub(crate) fn new(
        reviews: ReviewRepository,
        photos: PhotoClient,
        cache: Arc<PageCache>,
        catalog: Catalog,
        prices: PriceClient,
    ) -> Self {
        Self { reviews, photos, cache, catalog, prices, ledger: Arc::default(), written: AtomicU64::new(0) }
    }

    /// Returns the page of a product, or `None` if even the fallbacks failed.
    pub(crate) async fn page(&self, product: u32) -> Option<Page> {
        let kept = async { Ok::<_, Infallible>(self.cache.get(product).await) };
        let kept = self.ledger.watch(Dependency::Cache, kept, |kept| !matches!(kept, Lookup::Unanswered)).await;
        if let Some(Lookup::Hit(page)) = kept {
            return Some(page);
        }
        let (reviews, photo) = tokio::join!(
            self.ledger.watch(Dependency::Database, self.reviews.of_product(product), |reviews| reviews.fresh),
            self.ledger.watch(Dependency::S3, self.photos.fetch(product), |photo| photo.fresh),
        );
        let (reviews, photo) = (reviews?, photo?);
        let whole = reviews.fresh && photo.fresh;
        let page = Page { reviews: reviews.texts, photo_bytes: photo.bytes.len() };
        // A page made of fallbacks is not cached, so that it does not outlive the outage.
        if whole {
            let put = async { Ok::<_, Infallible>(self.cache.put(product, &page).await) };
            self.ledger.watch(Dependency::Cache, put, |kept| *kept == Kept::Yes).await;
        }
        Some(page)
    }

    /// Returns the first products of the catalog.
    pub(crate) async fn listing(&self) -> Option<Listing> {
        self.ledger.watch(Dependency::Catalog, self.catalog.list(), |listing| listing.fresh).await
    }

    /// Returns the price of a product.
    pub(crate) async fn price(&self, product: u32) -> Option<Price> {
        self.ledger.watch(Dependency::Prices, self.prices.of(product), |price| price.fresh).await
    }

    /// Accepts a new review, even while the database does not answer.
    pub(crate) async fn review(&self, product: u32, text: String) -> Option<Written> {
        let id = self.written.fetch_add(1, Ordering::Relaxed).cast_signed();
        let review = Review { id, product, text };
        self.deliver(review).await
    }

    /// Returns the number of reviews that callers have written.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Writes the queued reviews to the database. Returns how many were stored; the others stay in the outbox.
    pub(crate) async fn deliver_outbox(&self) -> usize {
        let mut delivered = 0;
        for review in self.reviews.take_outbox() {
            delivered += usize::from(self.deliver(review).await == Some(Written::Stored));
        }
        delivered
    }

    async fn deliver(&self, review: Review) -> Option<Written> {
        let add = async { Ok::<_, Infallible>(self.reviews.add(review).await) };
        self.ledger.watch(Dependency::Database, add, |written| *written == Written::Stored).await
    }
}
