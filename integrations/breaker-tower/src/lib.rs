//! Circuit breakers of breaker-core as tower layers.

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
pub use body::{Complete, FollowBody, Followed, FollowedFuture};
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
