//! The layer of a server.

mod body;
mod future;
mod service;

use std::borrow::Borrow;
use std::fmt;

use breaker_core::{CircuitBreaker, Config, Registry};
use http::Request;
use tower_layer::Layer;

use crate::body::FollowBody;
use crate::http::Http;
use crate::select::{ByRequest, Fixed};

pub use body::ServerBody;
pub use future::ServerFuture;
pub use service::ServerService;

/// Puts the requests of a server, or of one of its routes, under a circuit breaker. For axum's `Router::layer` and
/// `route_layer`, hyper, and any other service of [`http::Request`].
///
/// Its error is that of the inner service. If the breaker rejects a request or cuts it off after its
/// `request_timeout`, the layer answers itself, with the [`Problem`](crate::Problem): status 503 with `Retry-After`, or
/// 504. (For clients, whose callers get a typed error, use [`CircuitBreakerLayer`](crate::CircuitBreakerLayer).)
///
/// ```
/// use axum::{Router, routing::get};
/// use breaker_tower::ServerLayer;
///
/// let app: Router = Router::new()
///     .route("/reviews", get(async || "all reviews"))
///     .layer(ServerLayer::new("database"))
///     // Routes that are added after the layer don't use the breaker.
///     .route("/about", get(async || "a shop"));
/// # drop(app);
/// ```
///
/// # What counts
///
/// A request is a call. Its outcome is known with the headers of the response, and decided by a classifier, [`Http`] by
/// default: a status of 500 or more is a failure, and so is an error of the inner service; 408 and 429 are neutral; any
/// other status is a success, 404 too. [`classify`](Self::classify) sets another one. How long the body takes doesn't matter: event streams,
/// downloads and websockets are not in flight once their headers are sent.
///
/// A request whose future is dropped, because its client has disconnected, is an abandoned call, which is neutral. A
/// handler that panics has failed.
///
/// # While the circuit is open
///
/// A request is rejected in `call`, and the inner service is not touched: it is neither called nor asked whether it is
/// ready. (A layer made by [`select`](Self::select) doesn't know the breaker before the request, so its inner service
/// must be ready.) The body of a rejected request is not read.
///
/// The name of the service is in the body of the answer, so choose one that clients may know.
#[derive(Clone)]
pub struct ServerLayer<B = Fixed, C = Http> {
    select: B,
    classifier: C,
}

impl ServerLayer {
    /// Uses the breaker of this service in the [global registry](Registry::global), which is created with the default
    /// configuration if no code names the service yet. Files and variables can configure it (crate breaker-config).
    #[track_caller]
    pub fn new(service: &str) -> Self {
        let registry = Registry::global();
        Self::with(registry.get(service).unwrap_or_else(|| registry.get_or_create(service, Config::default())))
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
    /// Uses the breaker that a function of the request returns: a [`CircuitBreaker`] or a reference to one that lives
    /// as long as the process ([`CircuitBreaker::leak`]). The function is called once for each request.
    ///
    /// Names of services are never freed: select among a fixed set of breakers.
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
    /// Sets the classifier, which decides the outcome of a call by the headers of the response or the error of the
    /// inner service. It is cloned for each request. Make one from a closure with [`classify_fn`](breaker_core::classify_fn).
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
