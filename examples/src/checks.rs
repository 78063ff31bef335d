//! The health checks. They ask past the breakers; that of S3 has to find out by its calls.

use std::sync::Arc;

use breaker_core::{Registry, TaskGuard};

use crate::dependency::Dependency;
use crate::service::ReviewService;

/// Starts them. Those of database and cache tell the truth; that of the prices stays green while every price fails.
pub(crate) fn start(service: &Arc<ReviewService>) -> [TaskGuard; 3] {
    let (reviews, cache, prices) = (Arc::clone(service), Arc::clone(&service.cache), Arc::clone(service));
    let database = Registry::global().health_check(Dependency::Database.name(), move || {
        let service = Arc::clone(&reviews);
        async move { service.reviews.select_unprotected(0).await.map(drop) }
    });
    let cache = Registry::global().health_check(Dependency::Cache.name(), move || {
        let cache = Arc::clone(&cache);
        async move { cache.look_up(0).await }
    });
    let prices = Registry::global().health_check(Dependency::Prices.name(), move || {
        let service = Arc::clone(&prices);
        async move { service.prices.healthz().await }
    });
    [database, cache, prices]
}
