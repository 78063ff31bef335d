//! Circuit breakers of breaker-core for [reqwest] clients: as a middleware of
//! [reqwest-middleware](reqwest_middleware), or by the attribute on functions that send requests.
//!
//! # As a middleware
//!
//! ```
//! use breaker_reqwest::CircuitBreakerMiddleware;
//! use reqwest_middleware::ClientBuilder;
//!
//! let client = ClientBuilder::new(reqwest::Client::new()).with(CircuitBreakerMiddleware::new("quotes")).build();
//! # let _ = client;
//! ```
//!
//! # By the attribute
//!
//! ```
//! use breaker_core::{CircuitBreakerError, circuit_breaker};
//! use reqwest::{Client, Response};
//!
//! #[derive(Debug, thiserror::Error)]
//! enum QuoteError {
//!     #[error("no answer from the quotes service")]
//!     Http(#[from] reqwest::Error),
//!     #[error(transparent)]
//!     Breaker(#[from] CircuitBreakerError),
//! }
//!
//! #[circuit_breaker(service = "quotes", request_timeout = "2s", classify = breaker_reqwest::response)]
//! async fn quote(client: &Client, symbol: &str) -> Result<Response, QuoteError> {
//!     Ok(client.get(format!("http://quotes.internal/{symbol}")).send().await?)
//! }
//! ```
//!
//! What counts as a failure: [`Http`].

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod chain;
mod middleware;
mod outcome;

/// The examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use chain::{breaker_error, http_error, rejection};
pub use middleware::CircuitBreakerMiddleware;
pub use outcome::{Http, error, response, result};
