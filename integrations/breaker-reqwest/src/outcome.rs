//! Outcomes of reqwest's responses and errors.

use std::error::Error as StdError;

use breaker_core::{Classify, Outcome, RejectionReason};
use breaker_tower::HttpError;
use http::HeaderMap;
use reqwest::{Response, StatusCode};

use crate::chain::chain;

/// Classifies the results of reqwest and reqwest-middleware. The default of
/// [`CircuitBreakerMiddleware`](crate::CircuitBreakerMiddleware).
///
/// Responses count by their status, as for [`breaker_tower::Http`]:
///
/// | response | outcome |
/// |---|---|
/// | 5xx | failure |
/// | 408, 429 | ignored: a client that is slow, or too many requests, says nothing about the service |
/// | other statuses, including 4xx | success: the service has answered |
///
/// A [`reqwest::Error`] counts only if it is the service's fault. It is looked for in the error and all its sources:
///
/// | error | outcome |
/// |---|---|
/// | [`is_builder`](reqwest::Error::is_builder): the request is invalid | ignored: it was not sent |
/// | [`is_request`](reqwest::Error::is_request), because the body of the request returned an error | ignored |
/// | [`is_status`](reqwest::Error::is_status), from `error_for_status` | by its status, as above |
/// | [`is_connect`](reqwest::Error::is_connect), [`is_timeout`](reqwest::Error::is_timeout) | failure |
/// | other [`is_request`](reqwest::Error::is_request): the connection broke before the response | failure |
/// | [`is_redirect`](reqwest::Error::is_redirect): the client's policy ends the redirects | success: the service has answered |
/// | [`is_body`](reqwest::Error::is_body): the connection broke inside the body | failure |
/// | [`is_decode`](reqwest::Error::is_decode), because the connection broke inside the body | failure |
/// | other [`is_decode`](reqwest::Error::is_decode): the body is not what the caller expects | success |
/// | no `reqwest::Error`, but a rejection by another breaker | ignored |
/// | any other error | failure |
///
/// ```
/// use breaker_core::{Classify, Outcome};
/// use breaker_reqwest::Http;
/// use std::time::Duration;
///
/// let response = http::Response::builder().status(503).header("retry-after", "20").body("").unwrap();
/// let result = Ok::<_, reqwest::Error>(reqwest::Response::from(response));
/// assert_eq!(Http::new().classify(&result), Outcome::Failure);
/// assert_eq!(Http::new().cooldown().classify(&result), Outcome::OpenFor(Duration::from_secs(20)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Http(breaker_tower::Http);

impl Http {
    /// Creates the classifier of the tables above.
    #[must_use]
    pub const fn new() -> Self {
        Self(breaker_tower::Http::new())
    }

    /// Opens the circuit for as long as a 429 or 503 asks its client to wait ([`Outcome::OpenFor`]), at most for
    /// `open_timeout_max`.
    ///
    /// The wait is that of the header `retry-after-ms`, or of `Retry-After` in seconds or as an HTTP date (which is
    /// compared with the system's clock). If it is zero, past or malformed, it is ignored.
    ///
    /// If users or tenants with separate quotas share the breaker, one of them closes the service to all: give each of
    /// them a breaker of its own ([`select`](crate::CircuitBreakerMiddleware::select)).
    #[must_use]
    pub const fn cooldown(self) -> Self {
        Self(self.0.cooldown())
    }

    /// Counts a 429 as a failure. With [`cooldown`](Self::cooldown), this applies to those that don't say how long to
    /// wait.
    #[must_use]
    pub const fn throttling_is_failure(self) -> Self {
        Self(self.0.throttling_is_failure())
    }

    /// Returns the outcome of an error, by the table above.
    #[must_use]
    pub fn error(self, error: &(dyn StdError + 'static)) -> Outcome {
        for inside in chain(error) {
            if let Some(error) = inside.downcast_ref::<reqwest::Error>() {
                return self.of_reqwest(error);
            }
            if let Some(HttpError::Status { status, .. }) = inside.downcast_ref() {
                return self.of_status(*status);
            }
            // The last source of every rejection.
            if inside.is::<RejectionReason>() {
                return Outcome::Ignore;
            }
        }
        Outcome::Failure
    }

    fn of_reqwest(self, error: &reqwest::Error) -> Outcome {
        if let Some(status) = error.status() {
            return self.of_status(status);
        }
        // First what the caller has caused: the body of a request may time out, too.
        if error.is_builder() || (error.is_request() && is_own_body(error)) {
            return Outcome::Ignore;
        }
        let is_answered = error.is_redirect() || (error.is_decode() && !is_transport(error));
        if is_answered { Outcome::Success } else { Outcome::Failure }
    }

    /// Returns the outcome of a status whose headers are lost.
    fn of_status(self, status: StatusCode) -> Outcome {
        self.0.outcome(status, &HeaderMap::new())
    }
}

/// Whether a request failed because its own body did.
fn is_own_body(error: &reqwest::Error) -> bool {
    chain(error).any(|inside| inside.downcast_ref().is_some_and(hyper::Error::is_user))
}

/// Whether a body could not be read: the error is that of the connection or a timeout, not of a decoder.
fn is_transport(error: &reqwest::Error) -> bool {
    chain(error).any(|inside| inside.is::<hyper::Error>() || inside.downcast_ref().is_some_and(reqwest::Error::is_body))
}

impl<E: StdError + 'static> Classify<Result<Response, E>> for Http {
    fn classify(&self, result: &Result<Response, E>) -> Outcome {
        match result {
            Ok(response) => self.0.outcome(response.status(), response.headers()),
            Err(error) => self.error(error),
        }
    }
}

/// Classifies a response as [`Http::new`] does: for functions with the attribute that return the response.
///
/// The error may be any type that has the [`reqwest::Error`] as its [source](StdError::source). One that is
/// `#[error(transparent)]` hides it: then every error counts as a failure. Write a message, or use [`error`].
///
/// ```
/// use breaker_core::{CircuitBreakerError, circuit_breaker};
/// use reqwest::{Client, Response};
///
/// #[derive(Debug, thiserror::Error)]
/// enum QuoteError {
///     #[error("no answer from the quotes service")]
///     Http(#[from] reqwest::Error),
///     #[error(transparent)]
///     Breaker(#[from] CircuitBreakerError),
/// }
///
/// #[circuit_breaker(service = "quotes", classify = breaker_reqwest::response)]
/// async fn quote(client: &Client, symbol: &str) -> Result<Response, QuoteError> {
///     Ok(client.get(format!("http://quotes.internal/{symbol}")).send().await?)
/// }
/// ```
pub fn response<E: StdError + 'static>(result: &Result<Response, E>) -> Outcome {
    Http::new().classify(result)
}

/// Classifies a result by its error, as [`Http::new`] does: for functions with the attribute that read the body. `Ok`
/// is a success, so check the status before (`error_for_status`). About error types: see [`response()`].
///
/// ```
/// use breaker_core::{CircuitBreakerError, circuit_breaker};
///
/// # #[derive(Debug, thiserror::Error)]
/// # enum QuoteError {
/// #     #[error("no answer from the quotes service")]
/// #     Http(#[from] reqwest::Error),
/// #     #[error(transparent)]
/// #     Breaker(#[from] CircuitBreakerError),
/// # }
/// #[circuit_breaker(service = "quotes-text", classify = breaker_reqwest::result)]
/// async fn quote(client: &reqwest::Client, symbol: &str) -> Result<String, QuoteError> {
///     let response = client.get(format!("http://quotes.internal/{symbol}")).send().await?;
///     Ok(response.error_for_status()?.text().await?)
/// }
/// ```
pub fn result<T, E: StdError + 'static>(result: &Result<T, E>) -> Outcome {
    result.as_ref().map_or_else(|failure| error(failure), |_| Outcome::Success)
}

/// Classifies an error as [`Http::new`] does: for classifiers of your own.
///
/// ```
/// use breaker_core::{Outcome, circuit_breaker};
///
/// // `anyhow::Error` is no `std::error::Error`, but holds one.
/// #[circuit_breaker(
///     service = "quotes-anyhow",
///     classify = |result| result.as_ref().map_or_else(|error| breaker_reqwest::error(error.as_ref()), |_| Outcome::Success),
/// )]
/// async fn quote(client: &reqwest::Client, symbol: &str) -> anyhow::Result<String> {
///     let response = client.get(format!("http://quotes.internal/{symbol}")).send().await?;
///     Ok(response.error_for_status()?.text().await?)
/// }
/// ```
#[must_use]
pub fn error(error: &(dyn StdError + 'static)) -> Outcome {
    Http::new().error(error)
}
