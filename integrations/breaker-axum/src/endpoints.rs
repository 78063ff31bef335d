//! The builder of the router.

use std::sync::Arc;

use axum::Router;
use axum::routing::{MethodRouter, get};
use breaker_core::Registry;
use breaker_prometheus::{BreakerCollector, RegisterError};

use crate::shared::Shared;
use crate::{breakers, health, metrics, problem};

/// Endpoints that show the breakers of a registry: health, metrics and configuration. They only read.
///
/// | route | answers |
/// |---|---|
/// | `GET /health` | 200 with the health of all services as JSON; 503 while the circuit of a critical service is open |
/// | `GET /health/live` | 200 while the process answers requests |
/// | `GET /health/ready` | 200; if it [follows critical services](Self::ready_follows_critical), the same as `/health` |
/// | `GET /metrics` | Prometheus's text format, OpenMetrics or JSON, as `Accept` prefers |
/// | `GET /breakers` | all breakers with their states, as JSON |
/// | `GET /breakers/{service}` | one breaker with its configuration, window and last events, as JSON |
///
/// [`into_router`](Self::into_router) makes a router of them, to nest or merge into your own. The crate's documentation
/// describes the answers.
///
/// ```
/// use axum::{Router, routing::get};
/// use breaker_axum::Endpoints;
///
/// let app: Router = Router::new()
///     .route("/", get(|| async { "Hello, World!" }))
///     .nest("/internal", Endpoints::default().into_router());
/// ```
#[derive(Debug)]
#[must_use = "`into_router` makes a router of the endpoints"]
pub struct Endpoints {
    breakers: Registry,
    metrics: Option<prometheus_client::registry::Registry>,
    ready_follows_critical: bool,
}

impl Endpoints {
    /// Creates the endpoints of this registry's breakers. Breakers that are created later are shown, too.
    pub fn new(breakers: &Registry) -> Self {
        Self { breakers: breakers.clone(), metrics: None, ready_follows_critical: false }
    }

    /// Makes `/health/ready` answer as `/health`: 503 while the circuit of a critical service is open. By default it is
    /// always 200.
    ///
    /// Use this only if another instance may still reach the service, for example because each instance has its own
    /// replica or sidecar. If all instances share the service, they all become unready at the same time, and the load
    /// balancer has none left: an outage of one service has become one of everything. A service counts as critical
    /// unless its key `criticality` is `"optional"`.
    ///
    /// ```
    /// use axum::Router;
    /// use breaker_axum::Endpoints;
    ///
    /// let app: Router = Router::new().merge(Endpoints::default().ready_follows_critical().into_router());
    /// ```
    pub fn ready_follows_critical(mut self) -> Self {
        self.ready_follows_critical = true;
        self
    }

    /// Serves the metrics of this registry, too: your own, beside those of the breakers, in both text formats. (The JSON
    /// of `/metrics` has those of the breakers alone.) Constant labels and a prefix of the registry apply to all.
    ///
    /// The endpoints register a [`BreakerCollector`] in it. A second call replaces the registry of the first.
    ///
    /// ```
    /// use breaker_axum::Endpoints;
    /// use prometheus_client::metrics::counter::Counter;
    ///
    /// let orders: Counter = Counter::default();
    /// let mut metrics = prometheus_client::registry::Registry::default();
    /// metrics.register("orders", "Orders received", orders.clone());
    /// let endpoints = Endpoints::default().metrics(metrics)?;
    /// orders.inc();
    /// # let _: axum::Router = endpoints.into_router();
    /// # Ok::<(), breaker_axum::RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// If the registry already has metrics of the breakers, because you have registered a [`BreakerCollector`] yourself,
    /// or if one of its metrics can't be encoded.
    pub fn metrics(mut self, mut metrics: prometheus_client::registry::Registry) -> Result<Self, RegisterError> {
        BreakerCollector::new(&self.breakers).register(&mut metrics)?;
        self.metrics = Some(metrics);
        Ok(self)
    }

    /// Makes a router of the endpoints, for [`Router::nest`] or [`Router::merge`]. The state of your own router may have
    /// any type.
    ///
    /// The router has no fallback: paths that it doesn't know get the answer of your router.
    ///
    /// # Panics
    /// Merging panics, as always in axum, if your router has a `GET` handler for one of the routes. Nest it then.
    pub fn into_router<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        let Self { breakers, metrics, ready_follows_critical } = self;
        let metrics = metrics.unwrap_or_else(|| {
            let mut alone = prometheus_client::registry::Registry::default();
            let registered = BreakerCollector::new(&breakers).register(&mut alone);
            registered.expect("an empty registry has no metric of the same name, and none that can't be encoded");
            alone
        });
        Router::new()
            .route("/health", reading(get(health::all)))
            .route("/health/live", reading(get(health::live)))
            .route("/health/ready", reading(get(health::ready)))
            .route("/metrics", reading(get(metrics::metrics)))
            .route("/breakers", reading(get(breakers::list)))
            .route("/breakers/{service}", reading(get(breakers::one)))
            .with_state(Arc::new(Shared { breakers, metrics, ready_follows_critical }))
    }
}

impl Default for Endpoints {
    /// Creates the endpoints of [`Registry::global`], where annotated functions have their breakers.
    fn default() -> Self {
        Self::new(Registry::global())
    }
}

/// Answers other methods than `GET` and `HEAD` with a problem. axum adds `Allow`.
fn reading(route: MethodRouter<Arc<Shared>>) -> MethodRouter<Arc<Shared>> {
    route.fallback(problem::wrong_method)
}
