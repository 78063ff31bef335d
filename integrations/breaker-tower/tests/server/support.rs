//! A breaker on a manual clock, requests to a router, and connections to a real server.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use breaker_core::{CircuitBreaker, Clock, Config, ConfigBuilder, ManualClock, Metrics, Outcome};
use http_body_util::BodyExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

/// Two failures open the circuit for 30 s; one probe at a time, and one good one closes it.
pub(crate) fn two_failures() -> ConfigBuilder {
    Config::builder().failure_threshold(2).open_timeout(Duration::from_secs(30)).success_threshold(1)
}

pub(crate) fn breaker(name: &str, config: &ConfigBuilder) -> (CircuitBreaker, ManualClock) {
    let (clock, time) = Clock::manual();
    (CircuitBreaker::with_clock(name, config.build().expect("the configuration is valid"), clock), time)
}

/// Opens the circuit.
pub(crate) fn trip(breaker: &CircuitBreaker) {
    for _ in 0..2 {
        breaker.record(Outcome::Failure, Duration::ZERO);
    }
    assert_eq!(breaker.state(), breaker_core::State::Open);
}

/// Returns the metrics, after checking that `requests` is the sum of all ends and the calls in flight.
pub(crate) fn checked(breaker: &CircuitBreaker) -> Metrics {
    let m = breaker.metrics();
    let ended = m.successes + m.failures + m.ignored + m.abandoned + m.rejections;
    assert_eq!(m.requests, ended + m.in_flight, "{m:?}");
    m
}

/// Like `checked`, when no call may be in flight.
pub(crate) fn at_rest(breaker: &CircuitBreaker) -> Metrics {
    let m = checked(breaker);
    assert_eq!(m.in_flight, 0, "{m:?}");
    m
}

pub(crate) fn get(uri: &str) -> Request {
    Request::get(uri).body(Body::empty()).expect("the request is valid")
}

pub(crate) async fn send(app: &Router, request: Request) -> Response {
    app.clone().oneshot(request).await.unwrap_or_else(|error| match error {})
}

/// Returns the body of a problem, after checking its form.
pub(crate) async fn problem(response: Response) -> Value {
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.expect("the body is complete").to_bytes();
    let json: Value = serde_json::from_slice(&bytes).expect("the body is JSON");
    let fields: Vec<_> = json.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(fields, ["detail", "instance", "status", "title", "type"]);
    assert_eq!(json["status"], status);
    json
}

/// A server on the loopback device.
pub(crate) struct Server {
    listener: TcpListener,
    app: Router,
}

impl Server {
    pub(crate) async fn new(app: Router) -> Self {
        let address: SocketAddr = ([127, 0, 0, 1], 0).into();
        Self { listener: TcpListener::bind(address).await.expect("the loopback device has a free port"), app }
    }

    /// Returns the client's end of a new connection, and the task that serves it, which ends with the connection.
    pub(crate) async fn connect(&self) -> (TcpStream, JoinHandle<()>) {
        let address = self.listener.local_addr().expect("the listener is bound");
        let client = TcpStream::connect(address).await.expect("the server listens");
        let (stream, _) = self.listener.accept().await.expect("a client has connected");
        let service = TowerToHyperService::new(self.app.clone());
        let served = tokio::spawn(async move {
            let builder = auto::Builder::new(TokioExecutor::new());
            // A client that disconnects is an error of its connection.
            let _ = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
        });
        (client, served)
    }
}
