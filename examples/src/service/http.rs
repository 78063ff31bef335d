//! HTTP/1 over loopback, for the photo store, the price server and the visitors. No TLS: the drill talks to itself.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::http::uri::InvalidUri;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// Why there is no answer, or no good one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("invalid address: {0}")]
    Address(#[from] InvalidUri),
    #[error("{0}")]
    Request(#[from] hyper_util::client::legacy::Error),
    #[error("{0}")]
    Body(#[from] hyper::Error),
    #[error("status {0}")]
    Status(StatusCode),
}

/// A client with a pool of connections.
pub(crate) struct Http(Client<HttpConnector, Full<Bytes>>);

impl Http {
    /// A client without connections.
    pub(crate) fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }

    /// The body of the answer to `GET address`.
    pub(crate) async fn get(&self, address: &str) -> Result<Bytes, HttpError> {
        self.send(Method::GET, address, Bytes::new()).await
    }

    /// Sends a request; any status but a success is an error.
    pub(crate) async fn send(&self, method: Method, address: &str, body: Bytes) -> Result<Bytes, HttpError> {
        let answer = self.ask(method, address, body).await?;
        if answer.status().is_success() { Ok(answer.into_body()) } else { Err(HttpError::Status(answer.status())) }
    }

    /// Sends a request; every status is an answer.
    pub(crate) async fn ask(&self, method: Method, address: &str, body: Bytes) -> Result<Response<Bytes>, HttpError> {
        let mut request = Request::new(Full::new(body));
        (*request.method_mut(), *request.uri_mut()) = (method, address.parse()?);
        let (head, body) = self.0.request(request).await?.into_parts();
        Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
    }
}
