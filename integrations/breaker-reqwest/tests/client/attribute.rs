//! Functions with the attribute that send requests by reqwest itself.

use breaker_core::{CircuitBreakerError, Outcome, Registry, circuit_breaker};
use breaker_tower::HttpError;
use reqwest::Response;

use crate::rig::{Ends, Server, ends, plain};

#[derive(Debug, thiserror::Error)]
enum QuoteError {
    #[error("no answer from the quotes service")]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Breaker(#[from] CircuitBreakerError),
}

fn made(service: &str) -> Ends {
    ends(&Registry::global().get(service).expect("a function names it"))
}

#[circuit_breaker(service = "whole", consecutive_failures = 2, classify = breaker_reqwest::response)]
async fn whole(url: &str) -> Result<Response, QuoteError> {
    Ok(plain().get(url).send().await?)
}

#[tokio::test]
async fn a_function_that_returns_the_response() {
    let server = Server::answering([200, 404, 429, 500]).await;
    for status in [200, 404, 429, 500] {
        assert_eq!(whole(&server.url()).await.expect("a response").status(), status);
    }
    assert!(matches!(whole("no url").await, Err(QuoteError::Http(error)) if error.is_builder()));
    assert_eq!(made("whole"), Ends { successes: 2, ignored: 2, failures: 1, ..Ends::default() });
    assert_eq!(whole(&server.url()).await.expect("a response").status(), 500);
    assert!(matches!(whole(&server.url()).await, Err(QuoteError::Breaker(error)) if error.is_rejected()));
    assert_eq!(made("whole"), Ends { successes: 2, ignored: 2, failures: 2, rejections: 1, ..Ends::default() });
}

#[circuit_breaker(service = "text", classify = breaker_reqwest::result)]
async fn text(url: &str) -> Result<String, QuoteError> {
    Ok(plain().get(url).send().await?.error_for_status()?.text().await?)
}

#[tokio::test]
async fn a_function_that_reads_the_body() {
    let server = Server::answering([200, 404, 429, 500]).await;
    assert_eq!(text(&server.url()).await.expect("a body"), "");
    for status in [404, 429, 500] {
        let error = text(&server.url()).await.expect_err("a status");
        assert!(matches!(error, QuoteError::Http(error) if error.status().is_some_and(|found| found == status)));
    }
    assert_eq!(made("text"), Ends { successes: 2, ignored: 1, failures: 1, ..Ends::default() });
}

#[circuit_breaker(
    service = "any-error",
    classify = |result| result.as_ref().map_or_else(|error| breaker_reqwest::error(error.as_ref()), |_| Outcome::Success),
)]
async fn any_error(url: &str) -> anyhow::Result<Response> {
    Ok(plain().get(url).send().await?.error_for_status()?)
}

#[tokio::test]
async fn a_function_that_returns_any_error() {
    let server = Server::answering([200, 404, 500]).await;
    assert!(any_error(&server.url()).await.is_ok());
    assert!(any_error(&server.url()).await.is_err());
    assert!(any_error(&server.url()).await.is_err());
    assert!(any_error("no url").await.is_err());
    assert_eq!(made("any-error"), Ends { successes: 2, ignored: 1, failures: 1, ..Ends::default() });
}

#[circuit_breaker(service = "http-error", classify = HttpError::classify)]
async fn http_error(url: &str) -> Result<http::Response<reqwest::Body>, HttpError> {
    let response = plain().get(url).send().await.map_err(HttpError::transport)?;
    HttpError::check(response.into())
}

#[tokio::test]
async fn the_error_type_of_breaker_tower() {
    let server = Server::answering([200, 404, 500]).await;
    assert!(http_error(&server.url()).await.is_ok());
    for _ in [404, 500] {
        assert!(matches!(http_error(&server.url()).await, Err(HttpError::Status { .. })));
    }
    assert_eq!(made("http-error"), Ends { successes: 2, failures: 1, ..Ends::default() });
}
