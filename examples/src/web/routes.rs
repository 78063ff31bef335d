//! The routes of the review service.
//!
//! `/reviews` and `/photos` have no fallback: their handlers use the database and the photo store directly, behind a
//! `ServerLayer`, which answers 503 with `Retry-After` while the circuit is open. Every other route calls functions with
//! the attribute, whose fallbacks answer. Both use the same breakers.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use breaker_axum::Endpoints;
use breaker_tower::ServerLayer;

use crate::dependency::Dependency;
use crate::service::catalog::Listing;
use crate::service::prices::Price;
use crate::service::reviews::Written;
use crate::service::{PRODUCTS, Page, ReviewService};

type Service = State<Arc<ReviewService>>;
/// What a client gets instead of a result.
type Refusal = (StatusCode, String);

/// All routes, with those for health and metrics.
pub(crate) fn router(service: Arc<ReviewService>) -> Router {
    let layer = |dependency: Dependency| ServerLayer::new(dependency.name());
    let reviews = Router::new().route("/reviews/{product}", get(reviews)).route_layer(layer(Dependency::Database));
    let photos = Router::new().route("/photos/{product}", get(photo)).route_layer(layer(Dependency::S3));
    let degrading = Router::new()
        .route("/products", get(products))
        .route("/products/{product}", get(page))
        .route("/products/{product}/price", get(price))
        .route("/reviews/{product}", post(add_review));
    degrading.merge(reviews).merge(photos).with_state(service).merge(Endpoints::default().into_router())
}

async fn reviews(State(service): Service, Path(product): Path<u32>) -> Result<Json<Vec<String>>, Refusal> {
    let reviews = service.reviews.select_unprotected(known(product)?).await;
    reviews.map(Json).map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, format!("database: {error}\n")))
}

async fn photo(State(service): Service, Path(product): Path<u32>) -> Result<impl IntoResponse, Refusal> {
    let photo = service.photos.download(known(product)?).await;
    let photo = photo.map_err(|error| (StatusCode::BAD_GATEWAY, format!("photo store: {error}\n")))?;
    Ok(([(CONTENT_TYPE, "image/jpeg")], photo))
}

async fn products(State(service): Service) -> Result<Json<Listing>, Refusal> {
    service.listing().await.map(Json).ok_or_else(no_fallback)
}

async fn page(State(service): Service, Path(product): Path<u32>) -> Result<Json<Page>, Refusal> {
    service.page(known(product)?).await.map(Json).ok_or_else(no_fallback)
}

async fn price(State(service): Service, Path(product): Path<u32>) -> Result<Json<Price>, Refusal> {
    service.price(known(product)?).await.map(Json).ok_or_else(no_fallback)
}

/// 201 if the review is in the database, 202 if it waits in the outbox.
async fn add_review(
    State(service): Service,
    Path(product): Path<u32>,
    text: String,
) -> Result<(StatusCode, &'static str), Refusal> {
    match service.review(known(product)?, text).await.ok_or_else(no_fallback)? {
        Written::Stored => Ok((StatusCode::CREATED, "stored\n")),
        Written::Queued => Ok((StatusCode::ACCEPTED, "accepted; stored when the database answers again\n")),
    }
}

fn known(product: u32) -> Result<u32, Refusal> {
    let unknown = || (StatusCode::NOT_FOUND, format!("no product {product}: there are 0 to {}\n", PRODUCTS - 1));
    (product < PRODUCTS).then_some(product).ok_or_else(unknown)
}

fn no_fallback() -> Refusal {
    (StatusCode::SERVICE_UNAVAILABLE, "not even a fallback could answer\n".to_owned())
}
