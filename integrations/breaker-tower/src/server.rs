//! The layer of a server.

mod body;
mod future;
mod service;

use std::borrow::Borrow;
use std::fmt;

use breaker_core::CircuitBreaker;
use http::Request;
use tower_layer::Layer;

use crate::body::FollowBody;
use crate::http::Http;
use crate::select::{ByRequest, Fixed, global};

pub use body::ServerBody;
pub use future::ServerFuture;
pub use service::ServerService;

/// Puts a circuit breaker around a server, or around some of its routes: for `Router::layer` and `route_layer` of axum,
/// and for any other [`tower_service::Service`] of [`http::Request`].
///
/// Its error is that of the inner service. If the breaker rejects a request, or cancels it after `request_timeout`, the
/// layer itself answers with a [`Problem`](crate::Problem): status 503 with `Retry-After`, or 504. (The layer for clients,
/// whose callers get a typed error, is [`CircuitBreakerLayer`](crate::CircuitBreakerLayer).)
///
/// ```
/// use axum::{Router, routing::get};
/// use breaker_tower::ServerLayer;
///
/// let app: Router = Router::new()
///     .route("/reviews", get(async || "all reviews"))
///     .route_layer(ServerLayer::new("database"))
///     // In axum, routes that are added after the layer don't use the breaker.
///     .route("/about", get(async || "a shop"));
/// # drop(app);
/// ```
///
/// # What counts
///
/// Each request is a call. Its outcome is known with the headers of the response:
///
/// | what happens | outcome |
/// |---|---|
/// | status 500 or above, an error of the inner service, a panic | failure |
/// | status 408 or 429 | ignored |
/// | any other status, including 404 | success: the handler has answered |
/// | the client disconnects before the headers of the response are known | abandoned, which is neutral |
/// | the handler takes longer than `request_timeout` | failure and timeout |
///
/// The first three rows are those of [`Http`]; [`classify`](Self::classify) replaces it. How long the body of the response takes
/// doesn't matter: event streams, downloads and websockets are no longer in flight when their headers are sent.
/// [`follow_body`](Self::follow_body) changes that.
///
/// A handler that reads the body of its request runs at the pace of the client. If uploads are slow, their calls are
/// slow, and a `request_timeout` counts them as failures: a few clients that send one byte a second could open the
/// circuit. So put the layer on routes with small bodies, limit the time for the body in the handler (408 is ignored),
/// or protect the function that uses the database rather than the whole request.
///
/// With `Router::layer`, axum also sends requests for unknown paths through the breaker. Their 404s are successes, which
/// can close a half-open circuit. `route_layer` leaves them out. Requests with a wrong method (405) go through the breaker
/// in both cases.
///
/// # While the circuit is open
///
/// Requests are rejected without touching the inner service: it is neither called nor asked whether it is ready, and
/// the body of the request isn't read. (With [`select`](Self::select), the breaker isn't known before there is a
/// request, so the inner service must be ready.)
///
/// The name of the service is part of the answer, so choose a name that clients may see. The response has the
/// [`CircuitBreakerError`](breaker_core::CircuitBreakerError) as an [extension](http::Extensions): middleware outside
/// of the layer can replace the answer, and the classifier of an outer `ServerLayer` can ignore it.
#[derive(Clone)]
pub struct ServerLayer<B = Fixed, C = Http> {
    select: B,
    classifier: C,
}

impl ServerLayer {
    /// Uses the breaker of this service in [`Registry::global`](breaker_core::Registry::global), which is looked up once,
    /// here. If no code has named the service yet, its breaker is created with the default configuration, which files and
    /// variables can change. To configure it in code, call
    /// [`Registry::get_or_create`](breaker_core::Registry::get_or_create) before: a later one doesn't change the breaker,
    /// and [`Registry::conflicts`](breaker_core::Registry::conflicts) reports it.
    #[track_caller]
    pub fn new(service: &str) -> Self {
        Self::with(global(service))
    }

    /// Uses this breaker.
    ///
    /// ```
    /// use breaker_core::{CircuitBreaker, Config};
    /// use breaker_tower::ServerLayer;
    /// use std::time::Duration;
    ///
    /// let config = Config::builder().request_timeout(Duration::from_secs(2)).build()?;
    /// let layer = ServerLayer::with(CircuitBreaker::new("reports", config));
    /// # drop(layer);
    /// # Ok::<(), breaker_core::ConfigError>(())
    /// ```
    pub fn with(breaker: CircuitBreaker) -> Self {
        Self { select: Fixed(breaker), classifier: Http::new() }
    }
}

impl<F> ServerLayer<ByRequest<F>> {
    /// Uses the breaker that this function returns for a request: a `CircuitBreaker`, or a reference to one that lives
    /// as long as the program ([`CircuitBreaker::leak`]). It runs once for each request, so it should only look the
    /// breaker up.
    ///
    /// ```
    /// use axum::extract::Request;
    /// use breaker_core::{Config, Registry};
    /// use breaker_tower::ServerLayer;
    ///
    /// let [reads, writes] = ["reads", "writes"].map(|name| Registry::global().get_or_create(name, Config::default()));
    /// let layer = ServerLayer::select(move |request: &Request| {
    ///     if request.method().is_safe() { reads.clone() } else { writes.clone() }
    /// });
    /// # drop(layer);
    /// ```
    pub fn select<A, T>(select: F) -> Self
    where
        F: Fn(&Request<A>) -> T,
        T: Borrow<CircuitBreaker>,
    {
        Self { select: ByRequest(select), classifier: Http::new() }
    }
}

impl<B, C> ServerLayer<B, C> {
    /// Decides the outcomes of calls, in place of [`Http`]: by any [`Classify<Result<Response, Error>>`](breaker_core::Classify)
    /// of the inner service's response and error; from a closure by [`classify_fn`](breaker_core::classify_fn).
    ///
    /// ```
    /// use axum::response::Response;
    /// use breaker_core::{Outcome, classify_fn};
    /// use breaker_tower::ServerLayer;
    /// use std::convert::Infallible;
    ///
    /// let layer = ServerLayer::new("search").classify(classify_fn(|result: &Result<Response, Infallible>| match result {
    ///     Ok(response) if response.status() == 503 => Outcome::Failure,
    ///     Ok(_) => Outcome::Success,
    ///     Err(never) => match *never {},
    /// }));
    /// # drop(layer);
    /// ```
    #[must_use]
    pub fn classify<D>(self, classifier: D) -> ServerLayer<B, D> {
        ServerLayer { select: self.select, classifier }
    }

    /// Follows the bodies of successful responses: a call is a success only when its body has ended. If the body
    /// breaks, it is a failure. If it is dropped before its end, because the client has disconnected, it is neutral.
    ///
    /// The response time, `request_timeout` and, for a probe, `half_open_timeout` then cover the body, at the pace of
    /// the client that reads it. Don't use it for event streams, long downloads and websockets.
    ///
    /// Call it after [`classify`](Self::classify).
    #[must_use]
    pub fn follow_body(self) -> ServerLayer<B, FollowBody<C>> {
        ServerLayer { select: self.select, classifier: FollowBody(self.classifier) }
    }
}

impl<S, B: Clone, C: Clone> Layer<S> for ServerLayer<B, C> {
    type Service = ServerService<S, B, C>;

    fn layer(&self, inner: S) -> Self::Service {
        ServerService::new(inner, self.select.clone(), self.classifier.clone())
    }
}

impl<B: fmt::Debug, C> fmt::Debug for ServerLayer<B, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerLayer").field("select", &self.select).finish_non_exhaustive()
    }
}
