//! Circuit breakers of breaker-core for [`object_store`]: S3, other clouds, and every other store.
//!
//! A [`GuardedStore`] takes the place of a store. While the store is down, calls are rejected at once, and reads can go to
//! another one:
//!
//! ```
//! use breaker_core::Registry;
//! use breaker_object_store::GuardedStore;
//! use object_store::{ObjectStoreExt, memory::InMemory, path::Path};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let store = GuardedStore::new("photos", InMemory::new());
//! store.put(&Path::from("2026/dog.jpg"), "woof".into()).await?;
//! assert_eq!(Registry::global().get("photos").unwrap().metrics().successes, 1);
//! # Ok::<(), object_store::Error>(())
//! # }).unwrap();
//! ```
//!
//! # Where to find what
//!
//! | to | use |
//! |---|---|
//! | put a store behind a breaker | [`GuardedStore::new`], [`with`](GuardedStore::with) |
//! | guard each request of a client, inside its retries | `GuardedConnector` (feature `cloud`) |
//! | give a client retries that fit into the timeout | `retry_within` (feature `cloud`) |
//! | read from another store during an outage | [`GuardedStore::fallback`] |
//! | handle a rejection or a timeout | [`S3CircuitBreakerError`] |
//! | decide what a failure is | [`Classifier`], `Http` (feature `cloud`) |
//! | classify in a function with the attribute | [`classify`](fn@classify), [`object_store_error`] |
//!
//! # Which placement
//!
//! | | `GuardedStore` | `GuardedConnector` |
//! |---|---|---|
//! | works with | every store | clients over HTTP: S3, Azure, Google Cloud and others |
//! | a call is | an operation, with its retries | one HTTP request |
//! | sees | the last error | statuses and `Retry-After` of all attempts |
//! | range beyond the end, missing bucket | a failure, like 503 | an answer |
//! | `request_timeout` limits | the operation up to its first result | each attempt up to its headers |
//! | an open circuit | rejects the operation | also ends the retries of operations that run |
//! | fallback store | yes | with a [`GuardedStore`] around it |
//!
//! Use the connector for a cloud's client, the store for everything else, and both if you want a fallback: the store then
//! ignores the rejections of the connector, and answers them from the fallback. Give each a breaker of its own.
//!
//! # What a call costs
//!
//! The wrapper allocates the box of the future that the trait returns; a `get` also that of the body, a listing those of
//! its stream and of its prefix, and a stream of deletions those of both streams. (The core allocates a timer when a call
//! with a `request_timeout` is first pending.) With a fallback, the options of a `get` are cloned. A rejection allocates the
//! future and the error. An upload allocates what its parts share.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `cloud` | no | `GuardedConnector`, `Http` and `retry_within`, which need object_store's `cloud-base` |

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
mod marked;
mod request;
#[cfg(feature = "cloud")]
mod retries;
mod store;
mod upload;

/// The examples of the README.
#[cfg(all(doctest, feature = "cloud"))]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(feature = "cloud")]
pub use breaker_tower::Http;
pub use classify::{Classifier, classify};
#[cfg(feature = "cloud")]
pub use connector::GuardedConnector;
pub use error::{IncompleteUpload, S3CircuitBreakerError, object_store_error};
#[cfg(feature = "cloud")]
pub use retries::retry_within;
pub use store::GuardedStore;
