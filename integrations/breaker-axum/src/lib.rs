//! Health, metrics and configuration of breaker-core's circuit breakers over HTTP, as an [axum] router.
//!
//! ```
//! use axum::{Router, routing::get};
//! use breaker_axum::Endpoints;
//!
//! let app: Router = Router::new()
//!     .route("/", get(|| async { "Hello, World!" }))
//!     .nest("/internal", Endpoints::default().into_router());
//! ```
//!
//! # Routes
//!
//! | route | status | media type | body |
//! |---|---|---|---|
//! | `GET /health` | 200; 503 while the circuit of a critical service is open | `application/json` | [`HealthReport`](breaker_core::HealthReport) |
//! | `GET /health/live` | 200 | `application/json` | `{"status":"up"}` |
//! | `GET /health/ready` | 200; see [`ready_follows_critical`](Endpoints::ready_follows_critical) | `application/json` | `{"status":"up"}`, or that of `/health` |
//! | `GET /metrics` | 200 | `text/plain` (default), `application/openmetrics-text` or `application/json`, by `Accept` | the metrics of breaker-prometheus and yours; as JSON, [`RegistryMetrics`](breaker_core::RegistryMetrics) |
//! | `GET /breakers` | 200, 304 | `application/json` | see below |
//! | `GET /breakers/{service}` | 200, 304, 404 | `application/json` | see below |
//!
//! - The health is 200 for `up` and `degraded`, 503 for `down`, as [`HealthStatus`](breaker_core::HealthStatus) defines
//!   them. The health routes ignore `Accept`.
//! - `HEAD` gets the headers of `GET`. Bodies of requests are not read. No route changes anything.
//! - `/breakers` and `/breakers/{service}` have a strong `ETag`. A request whose `If-None-Match` contains it gets 304.
//! - Health, metrics and errors are `Cache-Control: no-store`; what has an `ETag` is `no-cache`. `/metrics` sends
//!   `Vary: Accept`.
//! - In the path, a name of a service is percent-encoded: the service `a/b` is `/breakers/a%2Fb`. The names
//!   `.` and `..` need a client that doesn't normalize paths, as browsers do.
//!
//! `/breakers` is `{"boot_id": …, "breakers": […]}`, in the order of the names. A breaker has `service`, `state`, `mode` and
//! `criticality`. `boot_id` is that of the [`Registry`](breaker_core::Registry::boot_id).
//!
//! `/breakers/{service}` is one object: `boot_id`, the fields above, and
//!
//! | field | content |
//! |---|---|
//! | `configuration` | the value of each key in force, with its origin and the weaker values that it overrides: [`ExplainedValue`](breaker_core::ExplainedValue) |
//! | `window` | the sliding window: [`WindowMetrics`](breaker_core::WindowMetrics) |
//! | `history` | the last 32 events, oldest first: [`Event`](breaker_core::Event) |
//!
//! Its body changes when an event happens, when the configuration changes, and when calls enter or leave the window. Both
//! bodies have no field that only shows the time since something; such fields are in the metrics.
//!
//! # Errors
//!
//! Errors are problem details (`application/problem+json`, RFC 9457). Their `detail` names what was asked, what is
//! available, and what to do.
//!
//! | status | `type` | when |
//! |---|---|---|
//! | 400 | `urn:circuit-breaker:path-not-utf-8` | the path is not UTF-8 when decoded |
//! | 404 | `urn:circuit-breaker:unknown-service` | the registry has no such service; `detail` has the nearest name |
//! | 405 | `urn:circuit-breaker:method-not-allowed` | other methods than `GET` and `HEAD`; `Allow` lists these |
//! | 406 | `urn:circuit-breaker:not-acceptable` | `Accept` excludes all media types of the route |
//! | 500 | `urn:circuit-breaker:metrics-not-encodable` | one of your own metrics can't be encoded |
//!
//! Paths that are none of these routes get the answer of your own router.
//!
//! # What it costs
//!
//! Calls pay nothing: each request reads snapshots. A scrape takes about 10 µs for each service, on the thread of the runtime
//! that serves the connection, and is not moved to `spawn_blocking`, whose threads may all be taken in an outage. If you have
//! thousands of services, or metrics that take long to collect, serve the endpoints from a runtime of their own.
//!
//! # Who may see it
//!
//! The endpoints have no authentication. They reveal names of services, errors of health checks, and the configuration with
//! the paths of files. Serve them on a port that is only reachable internally, or put your own authentication around
//! the router with [`Router::layer`](axum::Router::layer).

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![allow(clippy::doc_markdown, reason = "OpenMetrics is the name of a format, not an item")]

mod accept;
mod breakers;
mod endpoints;
mod health;
mod metrics;
mod problem;
mod response;
mod shared;
mod tagged;

/// The examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[doc(no_inline)]
pub use breaker_prometheus::RegisterError;
pub use endpoints::Endpoints;
