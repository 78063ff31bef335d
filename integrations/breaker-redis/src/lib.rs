//! Circuit breakers of breaker-core for the [redis] crate.
//!
//! A [`Guarded`] connection runs all commands, pipelines and scripts, and rejects them at once while Redis is down. A
//! [`Cache`] keeps working without its server: a read is a miss, a write does nothing.
//!
//! ```no_run
//! use breaker_redis::{Cache, Guarded};
//! use std::time::Duration;
//!
//! # async fn from_database(_: u64) -> Result<String, std::io::Error> { Ok(String::new()) }
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = redis::Client::open("redis://cache.internal/")?;
//! let connection = Guarded::new("sessions", client.get_multiplexed_async_connection().await?);
//! let cache = Cache::new(connection);
//!
//! let minute = Some(Duration::from_secs(60));
//! let name: String = cache.get_or_load("user:7", minute, || from_database(7)).await?;
//! # let _ = name;
//! # Ok(())
//! # }
//! ```
//!
//! # Where to find what
//!
//! | to | use |
//! |---|---|
//! | guard a connection | [`Guarded::new`], [`with`](Guarded::with) |
//! | cache values | [`Cache`] |
//! | reconnect without keeping callers waiting | `Connection` (feature `connection-manager`) |
//! | see what counts as a failure | [`Redis`] |
//! | handle a rejection or a timeout | [`CacheCircuitBreakerError`] |
//! | classify in a function with the attribute | [`classify`], [`error`](fn@error), [`redis_error`] |
//! | check the health | [`ping`] |
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `connection-manager` | no | `Connection`, around redis' `ConnectionManager` |

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod blocking;
mod cache;
#[cfg(feature = "connection-manager")]
mod connection;
mod error;
mod flight;
mod guarded;
mod outcome;
mod ping;
#[cfg(feature = "connection-manager")]
mod replica;
mod request;
#[cfg(feature = "connection-manager")]
mod silence;

/// The examples of the README.
#[cfg(all(doctest, feature = "connection-manager"))]
#[doc = include_str!("../README.md")]
struct Readme;

pub use blocking::is_blocking;
pub use cache::Cache;
#[cfg(feature = "connection-manager")]
pub use connection::Connection;
pub use error::{CacheCircuitBreakerError, redis_error};
pub use guarded::Guarded;
pub use outcome::{Redis, classify, error};
pub use ping::ping;
