//! The middleware.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use breaker_core::{CallError, CircuitBreaker, CircuitBreakerError, Classify, Config, Registry};
use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Error, Middleware, Next};

use crate::outcome::Http;

/// Puts a circuit breaker around a client of reqwest-middleware.
///
/// A rejected request is not sent. Its error is [`Error::Middleware`] with a [`CircuitBreakerError`] inside
/// ([`breaker_error`](crate::breaker_error)); it can also be downcast to a [`breaker_tower::Error`].
///
/// The outcome is known with the headers of the response: [`Http`] decides it, unless [`classify`](Self::classify) is
/// called. The breaker's `request_timeout` ends there, too. Bodies are untouched, so that event streams and downloads
/// hold no place; a body that breaks isn't counted. A request whose future is dropped is neutral.
///
/// Add it after a middleware that retries, so that each attempt asks the breaker, and a rejection ends the retries.
///
/// ```
/// use breaker_core::{CircuitBreaker, Config};
/// use breaker_reqwest::CircuitBreakerMiddleware;
/// use reqwest_middleware::ClientBuilder;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let breaker = CircuitBreaker::new("quotes", Config::builder().failure_threshold(5).build()?);
/// let client = ClientBuilder::new(reqwest::Client::new())
///     .with(CircuitBreakerMiddleware::with(breaker).cooldown())
///     .build();
/// # let _ = client;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct CircuitBreakerMiddleware<C = Http> {
    select: Select,
    classifier: C,
}

/// Which breaker admits a request.
#[derive(Clone)]
enum Select {
    Fixed(CircuitBreaker),
    ByRequest(Arc<dyn Fn(&Request) -> CircuitBreaker + Send + Sync>),
}

impl CircuitBreakerMiddleware {
    /// Uses the breaker of this service in [`Registry::global`], which is looked up once, here. If no code has named
    /// the service yet, its breaker is created with the default configuration, which files and variables
    /// can change. To configure it in code, call [`Registry::get_or_create`] before: a later one doesn't change the breaker,
    /// and [`Registry::conflicts`] reports it.
    #[track_caller]
    pub fn new(service: &str) -> Self {
        Self::with(Registry::global().get_or_default(service, Config::default()))
    }

    /// Uses this breaker.
    pub fn with(breaker: CircuitBreaker) -> Self {
        Self { select: Select::Fixed(breaker), classifier: Http::new() }
    }

    /// Uses the breaker that this function returns for a request: a `CircuitBreaker`, or a reference to one that lives
    /// as long as the program. It runs for each request, so it should only look the breaker up.
    ///
    /// ```
    /// use breaker_core::{CircuitBreaker, Config};
    /// use breaker_reqwest::CircuitBreakerMiddleware;
    ///
    /// let [eu, us] = ["quotes-eu", "quotes-us"].map(|name| CircuitBreaker::new(name, Config::default()));
    /// let middleware = CircuitBreakerMiddleware::select(move |request: &reqwest::Request| {
    ///     if request.url().host_str() == Some("eu.quotes.internal") { eu.clone() } else { us.clone() }
    /// });
    /// # let _ = middleware;
    /// ```
    pub fn select<B, F>(select: F) -> Self
    where
        F: Fn(&Request) -> B + Send + Sync + 'static,
        B: Borrow<CircuitBreaker>,
    {
        let select = Arc::new(move |request: &Request| select(request).borrow().clone());
        Self { select: Select::ByRequest(select), classifier: Http::new() }
    }
}

impl CircuitBreakerMiddleware<Http> {
    /// Opens the circuit for as long as a 429 or 503 asks its client to wait. See [`Http::cooldown`].
    #[must_use]
    pub fn cooldown(self) -> Self {
        Self { classifier: self.classifier.cooldown(), ..self }
    }

    /// Counts a 429 as a failure. See [`Http::throttling_is_failure`].
    #[must_use]
    pub fn throttling_is_failure(self) -> Self {
        Self { classifier: self.classifier.throttling_is_failure(), ..self }
    }
}

impl<C> CircuitBreakerMiddleware<C> {
    /// Decides the outcomes of requests in place of [`Http`]. Make a classifier from a closure by
    /// [`classify_fn`](breaker_core::classify_fn).
    ///
    /// ```
    /// use breaker_core::{Classify, Outcome, classify_fn};
    /// use breaker_reqwest::{CircuitBreakerMiddleware, Http};
    /// use reqwest::{Response, StatusCode};
    /// use reqwest_middleware::Error;
    ///
    /// // This service answers 404 while it is starting.
    /// let middleware = CircuitBreakerMiddleware::new("starting").classify(classify_fn(
    ///     |result: &Result<Response, Error>| match result {
    ///         Ok(response) if response.status() == StatusCode::NOT_FOUND => Outcome::Failure,
    ///         other => Http::new().classify(other),
    ///     },
    /// ));
    /// # let _ = middleware;
    /// ```
    #[must_use]
    pub fn classify<D>(self, classifier: D) -> CircuitBreakerMiddleware<D>
    where
        D: Classify<Result<Response, Error>> + Send + Sync + 'static,
    {
        CircuitBreakerMiddleware { select: self.select, classifier }
    }
}

#[async_trait::async_trait]
impl<C> Middleware for CircuitBreakerMiddleware<C>
where
    C: Classify<Result<Response, Error>> + Send + Sync + 'static,
{
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let selected;
        let breaker = match &self.select {
            Select::Fixed(breaker) => breaker,
            Select::ByRequest(select) => {
                selected = select(&request);
                &selected
            }
        };
        // Inside the future, because a middleware may run code before it returns its own: not for rejected requests.
        let call = async { next.run(request, extensions).await };
        let result = breaker.call_async_classified(call, |result| self.classifier.classify(result)).await;
        result.map_err(|error| match error {
            CallError::Breaker(error) => refused(error),
            CallError::Inner(error) => error,
        })
    }
}

/// Creates an error that downcasts to both of its types. [`CircuitBreakerError`] is also its source, where transparent
/// errors around it don't hide it.
fn refused(error: CircuitBreakerError) -> Error {
    let context = breaker_tower::Error::from(error.clone());
    Error::Middleware(anyhow::Error::new(error).context(context))
}

impl<C: fmt::Debug> fmt::Debug for CircuitBreakerMiddleware<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("CircuitBreakerMiddleware");
        match &self.select {
            Select::Fixed(breaker) => out.field("breaker", breaker),
            Select::ByRequest(_) => out.field("breaker", &"by request"),
        };
        out.field("classifier", &self.classifier).finish()
    }
}
