//! The error of functions that make HTTP calls.

use std::error::Error as StdError;
use std::fmt;
use std::time::{Duration, SystemTime};

use breaker_core::{CircuitBreakerError, Outcome};
use http::{Response, StatusCode};

use crate::error::{BoxError, Error};
use crate::http::Http;
use crate::retry_after;

/// Why an HTTP call has no usable response: for functions that call HTTP services, with the attribute or over a client
/// with a [`CircuitBreakerLayer`](crate::CircuitBreakerLayer).
///
/// ```
/// use breaker_core::{Registry, circuit_breaker};
/// use breaker_tower::HttpError;
///
/// # async fn send(_: http::Request<()>) -> std::io::Result<http::Response<String>> {
/// #     Ok(http::Response::builder().status(503).body(String::new()).unwrap())
/// # }
/// #[circuit_breaker(service = "rates", classify = HttpError::classify)]
/// async fn rate(currency: &str) -> Result<String, HttpError> {
///     let request = http::Request::get(format!("/rates/{currency}")).body(()).map_err(HttpError::transport)?;
///     let response = send(request).await.map_err(HttpError::transport)?;
///     Ok(HttpError::check(response)?.into_body())
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let error = rate("EUR").await.unwrap_err();
/// assert_eq!(error.to_string(), "the service answered 503 Service Unavailable");
/// // A gateway tells its own client that the fault is behind it.
/// assert_eq!(error.gateway_status(), http::StatusCode::BAD_GATEWAY);
/// assert_eq!(Registry::global().get("rates").unwrap().metrics().failures, 1);
/// # });
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum HttpError {
    /// The breaker rejected the call, or cancelled it after its timeout.
    Breaker(CircuitBreakerError),
    /// The service answered with a status of 400 or more.
    #[non_exhaustive]
    Status {
        /// The status.
        status: StatusCode,
        /// How long the response asked to wait; read as by [`Http::cooldown`].
        retry_after: Option<Duration>,
    },
    /// There is no complete response: the connection was refused or broken, or a middleware failed.
    Transport(BoxError),
}

impl HttpError {
    /// Returns the response if its status is below 400.
    ///
    /// # Errors
    /// Returns [`HttpError::Status`] otherwise.
    pub fn check<B>(response: Response<B>) -> Result<Response<B>, Self> {
        let status = response.status();
        if status.as_u16() < 400 {
            return Ok(response);
        }
        Err(Self::Status { status, retry_after: retry_after::requested(response.headers(), SystemTime::now()) })
    }

    /// Creates the error of a call without a complete response. An [`Error`](crate::Error) of the layer becomes what it
    /// is.
    pub fn transport(error: impl Into<BoxError>) -> Self {
        Error::inner_error(error).into()
    }

    /// Classifies a result as [`Http::new`] classifies responses, for `classify` of the attribute.
    #[must_use]
    pub fn classify<T>(result: &Result<T, Self>) -> Outcome {
        match result {
            Ok(_) => Outcome::Success,
            Err(Self::Status { status, .. }) => Http::new().of_status(*status),
            Err(Self::Breaker(_) | Self::Transport(_)) => Outcome::Failure,
        }
    }

    /// Returns the status that a gateway answers its own client with: 503 if the call was rejected, 504 if it timed
    /// out, otherwise 502.
    #[must_use]
    pub const fn gateway_status(&self) -> StatusCode {
        match self {
            Self::Breaker(error) if error.is_timeout() => StatusCode::GATEWAY_TIMEOUT,
            Self::Breaker(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Status { .. } | Self::Transport(_) => StatusCode::BAD_GATEWAY,
        }
    }
}

impl From<CircuitBreakerError> for HttpError {
    fn from(error: CircuitBreakerError) -> Self {
        Self::Breaker(error)
    }
}

impl From<Error> for HttpError {
    fn from(error: Error) -> Self {
        error.into_inner().map_or_else(Self::Breaker, Self::Transport)
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Breaker(error) => error.fmt(f),
            Self::Status { status, .. } => write!(f, "the service answered {status}"),
            Self::Transport(_) => f.write_str("the HTTP call failed"),
        }
    }
}

impl StdError for HttpError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Breaker(error) => error.source(),
            Self::Status { .. } => None,
            Self::Transport(error) => Some(&**error),
        }
    }
}

#[cfg(test)]
mod tests {
    use breaker_core::{Rejection, RejectionReason};

    use super::*;

    fn answered(status: u16) -> HttpError {
        let response = Response::builder().status(status).header("retry-after", "7").body(());
        HttpError::check(response.expect("a response")).expect_err("an error")
    }

    #[test]
    fn a_status_below_400_is_no_error() {
        for status in [101, 200, 304, 399] {
            let response = Response::builder().status(status).body("body").expect("a response");
            assert_eq!(HttpError::check(response).expect("no error").into_body(), "body", "{status}");
        }
        let HttpError::Status { status, retry_after } = answered(429) else { panic!("429 is an error") };
        assert_eq!((status.as_u16(), retry_after), (429, Some(Duration::from_secs(7))));
    }

    #[test]
    fn errors_count_as_responses_do() {
        for (status, expected) in [(404, Outcome::Success), (429, Outcome::Ignore), (500, Outcome::Failure)] {
            assert_eq!(HttpError::classify(&Err::<(), _>(answered(status))), expected, "{status}");
        }
        assert_eq!(HttpError::classify(&Err::<(), _>(HttpError::transport("refused"))), Outcome::Failure);
        assert_eq!(HttpError::classify(&Ok(1)), Outcome::Success);
    }

    #[test]
    fn a_gateway_tells_rejections_timeouts_and_failures_apart() {
        let rejected = HttpError::transport(Error::from(Rejection::new("rates", RejectionReason::Open)));
        assert!(rejected.source().is_some_and(<dyn StdError>::is::<RejectionReason>), "{rejected:?}");
        let timed_out = HttpError::from(CircuitBreakerError::timed_out("rates", Duration::from_secs(1)));
        let statuses = [&rejected, &timed_out, &answered(500), &answered(404), &HttpError::transport("refused")]
            .map(|error| error.gateway_status().as_u16());
        assert_eq!(statuses, [503, 504, 502, 502, 502]);
    }
}
