//! The layer for clients.

use std::borrow::Borrow;
use std::future::Future;

use breaker_core::{ByResult, CircuitBreaker, Rejection};
use tower_layer::Layer;

use crate::body::FollowBody;
use crate::fallback::{FallbackFn, FallbackService, NoFallback};
use crate::parts::Parts;
use crate::select::{ByRequest, Fixed, global};
use crate::service::CircuitBreakerService;

/// Puts a circuit breaker around a client: any [`tower_service::Service`] whose error converts to
/// `Box<dyn std::error::Error + Send + Sync>`.
///
/// A rejected call returns an [`Error`](crate::Error) and doesn't touch the inner service. Without
/// [`classify`](Self::classify), a response is a success and an error is a failure.
///
/// ```
/// use breaker_core::{CircuitBreaker, Config, Mode};
/// use breaker_tower::CircuitBreakerLayer;
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let breaker = CircuitBreaker::new("adder", Config::default());
/// let service = ServiceBuilder::new()
///     .layer(CircuitBreakerLayer::with(breaker.clone()))
///     .service(service_fn(|n: u32| async move { n.checked_add(1).ok_or("overflow") }));
/// assert_eq!(service.clone().oneshot(41).await.unwrap(), 42);
///
/// breaker.set_mode(Mode::ForcedOpen);
/// let error = service.oneshot(41).await.unwrap_err();
/// assert!(error.is_rejected());
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct CircuitBreakerLayer<B = Fixed, C = ByResult, F = NoFallback>(Parts<B, C, F>);

impl CircuitBreakerLayer {
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
    pub fn with(breaker: CircuitBreaker) -> Self {
        Self::by(Fixed(breaker))
    }
}

impl<F> CircuitBreakerLayer<ByRequest<F>> {
    /// Uses the breaker that this function returns for a request: a `CircuitBreaker`, or a reference to one that lives
    /// as long as the program. It runs for each call, so it should only look the breaker up.
    ///
    /// Which breaker is asked isn't known before there is a request. So the service is ready when the inner service is,
    /// also while circuits are open.
    ///
    /// ```
    /// use breaker_core::{CircuitBreaker, Config};
    /// use breaker_tower::CircuitBreakerLayer;
    ///
    /// let [read, write] = ["read", "write"].map(|name| CircuitBreaker::new(name, Config::default()));
    /// let layer = CircuitBreakerLayer::select(move |request: &http::Request<String>| {
    ///     if request.method().is_safe() { read.clone() } else { write.clone() }
    /// });
    /// # let _ = layer;
    /// ```
    pub fn select<Request, B>(select: F) -> Self
    where
        F: Fn(&Request) -> B,
        B: Borrow<CircuitBreaker>,
    {
        Self::by(ByRequest(select))
    }
}

impl<B> CircuitBreakerLayer<B> {
    fn by(select: B) -> Self {
        Self(Parts { select, classifier: ByResult, fallback: NoFallback, backpressure: false })
    }
}

impl<C, F> CircuitBreakerLayer<Fixed, C, F> {
    /// Lets the service be pending, rather than ready to reject, while the circuit is open: for balancers, which then
    /// choose another service. It is woken when the open timeout is over, or when the state, the mode or the
    /// configuration changes.
    ///
    /// While all probes of a half-open circuit are in flight, the service is pending, too. A call may still be
    /// rejected, if the circuit opens after the service was ready. Don't use it where callers should fail fast: they
    /// wait.
    #[must_use]
    pub fn backpressure(self) -> Self {
        Self(Parts { backpressure: true, ..self.0 })
    }
}

impl<B, C, F> CircuitBreakerLayer<B, C, F> {
    /// Decides the outcomes of calls: [`Http`](crate::Http), [`Grpc`](crate::Grpc), or any
    /// [`Classify<Result<Response, Error>>`](breaker_core::Classify) of the inner service's response and error; from a
    /// closure by [`classify_fn`](breaker_core::classify_fn).
    pub fn classify<D>(self, classifier: D) -> CircuitBreakerLayer<B, D, F> {
        let Parts { select, fallback, backpressure, .. } = self.0;
        CircuitBreakerLayer(Parts { select, classifier, fallback, backpressure })
    }

    /// Follows the bodies of successful HTTP responses: a call is a success only when its body has ended. If the body
    /// breaks, it is a failure; if it is dropped before its end, it is neutral. ([`Grpc`](crate::Grpc) follows bodies
    /// anyway.)
    ///
    /// The response time, `request_timeout` and, for a probe, `half_open_timeout` then cover the body. Don't use it for
    /// long downloads and streams of events: they would hold probes' places, or be cut off.
    ///
    /// Call it after [`classify`](Self::classify).
    pub fn follow_body(self) -> CircuitBreakerLayer<B, FollowBody<C>, F> {
        let Parts { select, classifier, fallback, backpressure } = self.0;
        CircuitBreakerLayer(Parts { select, classifier: FollowBody(classifier), fallback, backpressure })
    }

    /// Answers rejected requests by a closure, which gets the request and the [`Rejection`], and returns a future of
    /// the response. Its error is the caller's, as an error of the inner service. The breaker counts it as
    /// [`fallback_successes`](breaker_core::Metrics::fallback_successes) or `fallback_failures`.
    ///
    /// Calls that were made and failed, or timed out, have no fallback: the inner service has their request.
    ///
    /// ```
    /// use breaker_core::{CircuitBreaker, Config, Mode, Rejection};
    /// use breaker_tower::CircuitBreakerLayer;
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let breaker = CircuitBreaker::new("prices", Config::default());
    /// breaker.set_mode(Mode::ForcedOpen);
    /// let layer = CircuitBreakerLayer::with(breaker)
    ///     .fallback(|item: &'static str, _: Rejection| async move { Ok::<_, &str>(format!("last price of {item}")) });
    /// let service = ServiceBuilder::new()
    ///     .layer(layer)
    ///     .service(service_fn(|_: &'static str| async { Err::<String, _>("connection refused") }));
    /// assert_eq!(service.oneshot("tea").await.unwrap(), "last price of tea");
    /// # });
    /// ```
    pub fn fallback<Request, Answer, G>(self, fallback: G) -> CircuitBreakerLayer<B, C, FallbackFn<G>>
    where
        G: Fn(Request, Rejection) -> Answer,
        Answer: Future,
    {
        self.answering(FallbackFn(fallback))
    }

    /// Answers rejected requests by a service: for example a replica, a cache, or another region. It is cloned for each
    /// rejected request, and called when it is ready. Otherwise like [`fallback`](Self::fallback).
    pub fn fallback_service<S>(self, service: S) -> CircuitBreakerLayer<B, C, FallbackService<S>> {
        self.answering(FallbackService(service))
    }

    fn answering<G>(self, fallback: G) -> CircuitBreakerLayer<B, C, G> {
        let Parts { select, classifier, backpressure, .. } = self.0;
        CircuitBreakerLayer(Parts { select, classifier, fallback, backpressure })
    }
}

impl<S, B: Clone, C: Clone, F: Clone> Layer<S> for CircuitBreakerLayer<B, C, F> {
    type Service = CircuitBreakerService<S, B, C, F>;

    fn layer(&self, inner: S) -> Self::Service {
        CircuitBreakerService::new(inner, self.0.clone())
    }
}
