//! The errors inside an error.

use std::error::Error as StdError;
use std::io;
use std::iter::successors;

use breaker_core::{CircuitBreakerError, Rejection};
use breaker_tower::HttpError;
use reqwest_middleware::Error;

/// Returns the error and all errors that caused it, from the outermost to the innermost one.
///
/// [`Error`] and [`io::Error`] are transparent: their `source` is that of the error they hold. Here, they are followed by
/// that error itself.
pub(crate) fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> + use<'a> {
    successors(Some(error), |&error| {
        if let Some(error) = error.downcast_ref() {
            return Some(match error {
                Error::Reqwest(error) => error,
                Error::Middleware(error) => &**error,
            });
        }
        match error.downcast_ref::<io::Error>() {
            Some(error) => error.get_ref().map(|error| error as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}

/// Returns the breaker's error, if a breaker rejected the request or cancelled it. It is found in a
/// [`reqwest_middleware::Error`], also below reqwest-retry's error, and in errors that have one of these as a source.
///
/// ```
/// use breaker_core::{CircuitBreaker, CircuitBreakerError, Config, Mode};
/// use breaker_reqwest::CircuitBreakerMiddleware;
/// use reqwest_middleware::{ClientBuilder, Error};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let breaker = CircuitBreaker::new("search", Config::default());
/// breaker.set_mode(Mode::ForcedOpen);
/// let client = ClientBuilder::new(reqwest::Client::new()).with(CircuitBreakerMiddleware::with(breaker)).build();
///
/// let error = client.get("http://search.internal/").send().await.unwrap_err();
/// let found = breaker_reqwest::breaker_error(&error).unwrap();
/// assert_eq!(found.to_string(), "circuit breaker `search` is forced open: call rejected");
/// // Without a middleware in between, a downcast finds it as well.
/// let Error::Middleware(inside) = &error else { panic!("{error:?}") };
/// assert_eq!(inside.downcast_ref::<CircuitBreakerError>(), Some(found));
/// # });
/// ```
#[must_use]
pub fn breaker_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a CircuitBreakerError> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// Returns the rejection, if a breaker rejected the request: it was not sent. Don't send it again before
/// [`retry_after`](Rejection::retry_after). Otherwise like [`breaker_error`].
#[must_use]
pub fn rejection<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Rejection> {
    match breaker_error(error)? {
        CircuitBreakerError::Rejected(rejection) => Some(rejection),
        _ => None,
    }
}

/// Creates the [`HttpError`] of a request that has no response, from an error of reqwest or reqwest-middleware. A
/// breaker's error becomes [`HttpError::Breaker`], so that a gateway answers 503 or 504 to its own client.
///
/// ```
/// use breaker_reqwest::http_error;
/// use breaker_tower::HttpError;
/// use reqwest_middleware::ClientWithMiddleware;
///
/// async fn quote(client: &ClientWithMiddleware, symbol: &str) -> Result<String, HttpError> {
///     let response = client.get(format!("http://quotes.internal/{symbol}")).send().await.map_err(http_error)?;
///     response.error_for_status().map_err(http_error)?.text().await.map_err(http_error)
/// }
/// ```
pub fn http_error(error: impl Into<Error>) -> HttpError {
    let error = error.into();
    if let Some(error) = breaker_error(&error) {
        return error.clone().into();
    }
    match error {
        Error::Reqwest(error) => HttpError::transport(error),
        Error::Middleware(error) => HttpError::transport(error),
    }
}
