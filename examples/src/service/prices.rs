//! The client of the price server: HTTP, behind the breaker `prices`, with a health check that can be wrong.

use std::net::SocketAddr;

use breaker_core::{CircuitBreakerError, circuit_breaker};
use serde::{Deserialize, Serialize};

use super::http::{Http, HttpError};

/// The price of each product in the printed list.
const LIST_PRICE: u32 = 1_000;

/// A price.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Price {
    pub(crate) cents: u32,
    /// False if it is the list price.
    pub(crate) fresh: bool,
}

/// Why a price could not be fetched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PriceError {
    #[error("price server: {0}")]
    Http(#[from] HttpError),
    #[error("price server: the answer is no price")]
    NoPrice,
    #[error(transparent)]
    Rejected(#[from] CircuitBreakerError),
}

/// Fetches prices.
pub(crate) struct PriceClient {
    http: Http,
    server: SocketAddr,
}

impl PriceClient {
    /// Makes a client of the price server at `server`.
    pub(crate) fn new(server: SocketAddr) -> Self {
        Self { http: Http::new(), server }
    }

    /// Returns the price of a product, or the list price while the server does not answer.
    #[circuit_breaker(service = "prices", fallback = Self::list_price)]
    pub(crate) async fn of(&self, product: u32) -> Result<Price, PriceError> {
        Ok(Price { cents: self.ask(product).await?, fresh: true })
    }

    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "a fallback has the return type of its function")]
    fn list_price(&self, _product: u32, _error: PriceError) -> Result<Price, PriceError> {
        Ok(Price { cents: LIST_PRICE, fresh: false })
    }

    /// The unprotected part of [`of`](Self::of). The drill also calls it directly, to show what a caller without a
    /// breaker experiences.
    pub(crate) async fn ask(&self, product: u32) -> Result<u32, PriceError> {
        let answer = self.http.get(&format!("http://{}/price/{product}", self.server)).await?;
        std::str::from_utf8(&answer).ok().and_then(|text| text.parse().ok()).ok_or(PriceError::NoPrice)
    }

    /// The health check: succeeds if the server's own health endpoint does.
    pub(crate) async fn healthz(&self) -> Result<(), PriceError> {
        self.http.get(&format!("http://{}/healthz", self.server)).await?;
        Ok(())
    }
}
