//! A client of the review API.

use std::net::SocketAddr;

use bytes::Bytes;
use hyper::{Method, Response};
use serde::de::DeserializeOwned;

use crate::BoxError;
use crate::service::Page;
use crate::service::catalog::Listing;
use crate::service::http::{Http, HttpError};
use crate::service::prices::Price;

/// Sends requests as a browser would.
pub(crate) struct Visitor {
    http: Http,
    server: SocketAddr,
}

impl Visitor {
    /// A visitor of the server at this address.
    pub(crate) fn new(server: SocketAddr) -> Self {
        Self { http: Http::new(), server }
    }

    /// Returns the answer to `GET path`, whatever its status.
    pub(crate) async fn get(&self, path: &str) -> Result<Response<Bytes>, HttpError> {
        self.http.ask(Method::GET, &self.address(path), Bytes::new()).await
    }

    /// Looks at the page of a product. False if it is not complete.
    pub(crate) async fn page(&self, product: u32) -> bool {
        let page: Result<Page, BoxError> = self.json(&format!("/products/{product}")).await;
        page.is_ok_and(|page| !page.reviews.is_empty() && page.photo_bytes > 0)
    }

    /// Looks the price of a product up, after the listing. False if one of them is missing.
    pub(crate) async fn price(&self, product: u32) -> bool {
        let listing: Result<Listing, BoxError> = self.json("/products").await;
        let is_listed = listing.is_ok_and(|listing| !listing.names.is_empty());
        let price: Result<Price, BoxError> = self.json(&format!("/products/{product}/price")).await;
        is_listed && price.is_ok_and(|price| price.cents > 0)
    }

    /// Writes a review. False if it was not accepted.
    pub(crate) async fn review(&self, product: u32) -> bool {
        let text = format!("A review of product {product}.");
        self.http.send(Method::POST, &self.address(&format!("/reviews/{product}")), text.into()).await.is_ok()
    }

    async fn json<T: DeserializeOwned>(&self, path: &str) -> Result<T, BoxError> {
        Ok(serde_json::from_slice(&self.http.get(&self.address(path)).await?)?)
    }

    fn address(&self, path: &str) -> String {
        format!("http://{}{path}", self.server)
    }
}
