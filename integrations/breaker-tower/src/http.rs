//! Outcomes of HTTP responses.

use std::time::SystemTime;

use breaker_core::{Classify, Outcome};
use http::{HeaderMap, Response, StatusCode};

use crate::retry_after;

/// Classifies HTTP responses by their status.
///
/// | result | outcome |
/// |---|---|
/// | an error of the inner service (connection refused or broken, timeout) | failure |
/// | 5xx | failure |
/// | 408, 429 | ignored: a client that is slow, or too many requests, says nothing about the service |
/// | other statuses, including 4xx | success: the service has answered |
///
/// ```
/// use breaker_core::{Classify, Outcome};
/// use breaker_tower::Http;
/// use std::time::Duration;
///
/// let result = http::Response::builder().status(503).header("retry-after", "20").body(());
/// assert_eq!(Http::new().classify(&result), Outcome::Failure);
/// assert_eq!(Http::new().cooldown().classify(&result), Outcome::OpenFor(Duration::from_secs(20)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Http {
    cooldown: bool,
    throttling_is_failure: bool,
}

impl Http {
    /// Creates the classifier of the table above.
    #[must_use]
    pub const fn new() -> Self {
        Self { cooldown: false, throttling_is_failure: false }
    }

    /// Creates a classifier with these options.
    pub(crate) const fn with(cooldown: bool, throttling_is_failure: bool) -> Self {
        Self { cooldown, throttling_is_failure }
    }

    /// Opens the circuit for as long as a 429 or 503 asks its client to wait ([`Outcome::OpenFor`]), at most for
    /// `open_timeout_max`.
    ///
    /// The wait is that of the header `retry-after-ms`, or of `Retry-After` in seconds or as an HTTP date (which is
    /// compared with the system's clock). If it is zero, past or malformed, it is ignored.
    ///
    /// If users or tenants with separate quotas share the breaker, one of them closes the service to all: give each of
    /// them a breaker of its own ([`select`](crate::CircuitBreakerLayer::select)).
    #[must_use]
    pub const fn cooldown(self) -> Self {
        Self { cooldown: true, ..self }
    }

    /// Counts a 429 as a failure. With [`cooldown`](Self::cooldown), this applies to those that don't say how long to
    /// wait.
    #[must_use]
    pub const fn throttling_is_failure(self) -> Self {
        Self { throttling_is_failure: true, ..self }
    }

    /// Returns the outcome of a response with this status and these headers, for clients whose response is not an
    /// `http::Response`.
    #[must_use]
    pub fn outcome(self, status: StatusCode, headers: &HeaderMap) -> Outcome {
        let is_asking = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        if self.cooldown
            && is_asking
            && let Some(wait) = retry_after::requested(headers, SystemTime::now())
        {
            return Outcome::OpenFor(wait);
        }
        self.of_status(status)
    }

    /// Returns the outcome of a response that doesn't say how long to wait.
    pub(crate) fn of_status(self, status: StatusCode) -> Outcome {
        match status {
            StatusCode::REQUEST_TIMEOUT => Outcome::Ignore,
            StatusCode::TOO_MANY_REQUESTS if !self.throttling_is_failure => Outcome::Ignore,
            StatusCode::TOO_MANY_REQUESTS => Outcome::Failure,
            status if status.is_server_error() => Outcome::Failure,
            _ => Outcome::Success,
        }
    }
}

impl<B, E> Classify<Result<Response<B>, E>> for Http {
    #[inline]
    fn classify(&self, result: &Result<Response<B>, E>) -> Outcome {
        match result {
            // The path of nearly every call reads no header.
            Ok(response) if response.status().is_success() => Outcome::Success,
            Ok(response) => self.outcome(response.status(), response.headers()),
            Err(_) => Outcome::Failure,
        }
    }
}

/// Classifies an HTTP response as [`Http::new`] does. For the attribute:
///
/// ```
/// use breaker_core::{CircuitBreakerError, Registry, circuit_breaker};
///
/// #[derive(Debug)]
/// enum QuoteError {
///     Io(std::io::Error),
///     Breaker(CircuitBreakerError),
/// }
///
/// impl From<CircuitBreakerError> for QuoteError {
///     fn from(error: CircuitBreakerError) -> Self {
///         Self::Breaker(error)
///     }
/// }
///
/// #[circuit_breaker(service = "quotes", classify = breaker_tower::http)]
/// async fn quote(symbol: &str) -> Result<http::Response<String>, QuoteError> {
///     // Send the request here.
///     Ok(http::Response::builder().status(502).body(format!("no quote of {symbol}")).unwrap())
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// assert_eq!(quote("ACME").await.unwrap().status(), 502);
/// assert_eq!(Registry::global().get("quotes").unwrap().metrics().failures, 1);
/// # });
/// ```
#[inline]
pub fn http<B, E>(result: &Result<Response<B>, E>) -> Outcome {
    Http::new().classify(result)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn outcome(rules: Http, status: u16, retry_after: Option<&str>) -> Outcome {
        let mut response = Response::builder().status(status);
        if let Some(wait) = retry_after {
            response = response.header("retry-after", wait);
        }
        rules.classify(&Ok::<_, ()>(response.body(()).expect("a response")))
    }

    #[test]
    fn statuses_count_as_the_table_says() {
        for status in [100, 200, 204, 301, 304, 400, 401, 403, 404, 409, 418, 422, 499, 600, 999] {
            assert_eq!(outcome(Http::new(), status, Some("9")), Outcome::Success, "{status}");
        }
        for status in [408, 429] {
            assert_eq!(outcome(Http::new(), status, Some("9")), Outcome::Ignore, "{status}");
        }
        for status in [500, 501, 502, 503, 504, 511, 599] {
            assert_eq!(outcome(Http::new(), status, Some("9")), Outcome::Failure, "{status}");
        }
        assert_eq!(http(&Err::<Response<()>, _>("connection refused")), Outcome::Failure);
    }

    #[test]
    fn a_cooldown_is_that_of_429_and_503() {
        let rules = Http::new().cooldown();
        for status in [429, 503] {
            assert_eq!(outcome(rules, status, Some("9")), Outcome::OpenFor(Duration::from_secs(9)), "{status}");
        }
        assert_eq!(outcome(rules, 500, Some("9")), Outcome::Failure);
        assert_eq!(outcome(rules, 200, Some("9")), Outcome::Success);
        assert_eq!(outcome(rules, 301, Some("9")), Outcome::Success);
        assert_eq!(outcome(rules, 503, Some("yesterday")), Outcome::Failure);
        assert_eq!(outcome(rules, 429, None), Outcome::Ignore);
    }

    #[test]
    fn throttling_may_be_a_failure() {
        let rules = Http::new().throttling_is_failure();
        assert_eq!(outcome(rules, 429, None), Outcome::Failure);
        assert_eq!(outcome(rules, 429, Some("9")), Outcome::Failure);
        assert_eq!(outcome(rules, 408, None), Outcome::Ignore);
        assert_eq!(outcome(rules.cooldown(), 429, Some("0")), Outcome::Failure);
        assert_eq!(outcome(rules.cooldown(), 429, Some("9")), Outcome::OpenFor(Duration::from_secs(9)));
    }
}
