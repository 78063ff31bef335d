//! docs

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod classify;
#[cfg(feature = "cloud")]
mod connector;
mod deletion;
mod error;
mod fallback;
mod guard;
mod judged;
mod listing;
#[cfg(feature = "cloud")]
mod retries;
mod store;
mod upload;

#[cfg(feature = "cloud")]
pub use breaker_tower::Http;
pub use classify::{Classifier, classify};
#[cfg(feature = "cloud")]
pub use connector::GuardedConnector;
pub use error::{IncompleteUpload, S3CircuitBreakerError, object_store_error};
#[cfg(feature = "cloud")]
pub use retries::retry_within;
pub use store::GuardedStore;
