//! Circuit breakers of breaker-core as tower layers.
//!
//! A [`CircuitBreakerLayer`] goes around a client: hyper, a tonic `Channel`, or any other [`tower_service::Service`]. A
//! [`ServerLayer`] goes around the routes of a server, and answers itself while the circuit is open.
//!
//! ```
//! use breaker_core::Registry;
//! use breaker_tower::{CircuitBreakerLayer, Http};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! # let client = service_fn(|request: http::Request<String>| async move {
//! #     http::Response::builder().status(503).body(request.into_body())
//! # });
//! let client = ServiceBuilder::new()
//!     .layer(CircuitBreakerLayer::new("quotes").classify(Http::new()))
//!     .service(client);
//! let response = client.oneshot(http::Request::new(String::new())).await?;
//! assert_eq!(response.status(), 503);
//! assert_eq!(Registry::global().get("quotes").unwrap().metrics().failures, 1);
//! # Ok::<(), breaker_tower::Error>(())
//! # }).unwrap();
//! ```
//!
//! # Where to find what
//!
//! | to | use |
//! |---|---|
//! | choose the breaker | [`CircuitBreakerLayer::new`], [`with`](CircuitBreakerLayer::with), [`select`](CircuitBreakerLayer::select) |
//! | decide what a failure is | [`classify`](CircuitBreakerLayer::classify) with [`Http`], [`Grpc`] or your own classifier |
//! | count bodies that break | [`follow_body`](CircuitBreakerLayer::follow_body) |
//! | answer rejected requests | [`fallback`](CircuitBreakerLayer::fallback), [`fallback_service`](CircuitBreakerLayer::fallback_service) |
//! | take open circuits out of a balancer | [`backpressure`](CircuitBreakerLayer::backpressure) |
//! | handle a rejection or a timeout | [`Error`] |
//! | answer for a server whose circuit is open | [`ServerLayer`], [`Problem`] |
//! | classify in a function with the attribute | [`http`](fn@http), `grpc` (feature `tonic`), [`HttpError`] |
//!
//! # What the layer does
//!
//! - `poll_ready` only looks at the breaker. If it rejects calls, the service is ready at once, the inner service is not
//!   asked, and `call` returns the rejection. So a service that is kept ready (by a buffer or a balancer) holds no permit.
//! - `call` asks for admission, and calls the inner service that was ready.
//! - A call that is dropped is neutral. An error of the inner `poll_ready` passes through and is not counted.
//! - Clones share the breaker. The layer allocates nothing on the path of a call that succeeds or is rejected. (The core
//!   allocates a timer when a call with a `request_timeout` is first pending. An error that isn't boxed yet is boxed.)
//!
//! # The order of layers
//!
//! `Retry(CircuitBreaker(Timeout(call)))`: each attempt is counted, and a call that takes too long is a failure. A
//! timeout around the breaker drops the call, which is neutral. A policy of retries must not retry a rejection: see
//! [`Error::is_rejected`].
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `tonic` | no | generated clients show a rejected call as `UNAVAILABLE`, and one that timed out as `DEADLINE_EXCEEDED` |

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod backpressure;
mod body;
mod classify;
mod error;
mod fallback;
mod future;
mod grpc;
mod http;
mod http_error;
mod layer;
mod parts;
mod problem;
mod retry_after;
mod select;
mod server;
mod service;

/// The examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use self::http::{Http, http};
pub use body::{AtHeaders, Complete, Follow, FollowBody, Followed, FollowedFuture};
pub use classify::Judge;
pub use error::{BoxError, Error, InnerError};
pub use fallback::{Answering, Fallback, FallbackFn, FallbackService, NoFallback, ServiceCall};
pub use future::ResponseFuture;
pub use grpc::Grpc;
#[cfg(feature = "tonic")]
pub use grpc::status::grpc;
pub use http_error::HttpError;
pub use layer::CircuitBreakerLayer;
pub use problem::Problem;
pub use select::{ByRequest, Fixed, Select};
pub use server::{ServerBody, ServerFuture, ServerLayer, ServerService};
pub use service::CircuitBreakerService;
