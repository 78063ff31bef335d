//! Registries, requests to a router, and connections to a real server.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use breaker_axum::Endpoints;
use breaker_core::{CircuitBreaker, Clock, Config, ConfigBuilder, Criticality, ManualClock, Outcome, Registry, State};
use http::HeaderMap;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

/// All routes, where the registry has the service `db`.
pub(crate) const ROUTES: [&str; 6] =
    ["/health", "/health/live", "/health/ready", "/metrics", "/breakers", "/breakers/db"];

pub(crate) fn manual() -> (Registry, ManualClock) {
    let (clock, time) = Clock::manual();
    (Registry::with_clock(clock), time)
}

/// One failure opens the circuit for 30 s, and one probe closes it.
pub(crate) fn one_failure() -> ConfigBuilder {
    Config::builder().consecutive_failures(1).success_threshold(1).open_timeout(Duration::from_secs(30))
}

pub(crate) fn service(registry: &Registry, name: &str, criticality: Criticality) -> CircuitBreaker {
    registry.get_or_create(name, one_failure().criticality(criticality).build().expect("valid"))
}

/// A registry with the closed circuits `db` and `mail`.
pub(crate) fn two() -> (Registry, ManualClock) {
    let (registry, time) = manual();
    service(&registry, "db", Criticality::Critical);
    service(&registry, "mail", Criticality::Optional);
    (registry, time)
}

pub(crate) fn open(breaker: &CircuitBreaker) {
    breaker.record(Outcome::Failure, Duration::ZERO);
    assert_eq!(breaker.state(), State::Open);
}

pub(crate) fn app(registry: &Registry) -> Router {
    Endpoints::new(registry).into_router()
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// Returns a header, or an empty text.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }

    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/json");
        serde_json::from_str(&self.body).expect("the body is JSON")
    }

    /// Returns the `detail` of a problem, after checking its other fields.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, kind: &str, instance: &str) -> String {
        assert_eq!((self.status, self.header("content-type")), (status, "application/problem+json"));
        assert_eq!((self.header("cache-control"), self.header("etag")), ("no-store", ""));
        let json: Value = serde_json::from_str(&self.body).expect("the body is JSON");
        let fields: Vec<_> = json.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(fields, ["detail", "instance", "status", "title", "type"]);
        assert_eq!((&json["status"], &json["instance"]), (&status.into(), &instance.into()));
        assert_eq!(json["type"], format!("urn:circuit-breaker:{kind}"));
        assert!(!json["title"].as_str().expect("text").is_empty());
        json["detail"].as_str().expect("text").to_owned()
    }
}

pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request {
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Body::empty()).expect("the request is valid")
}

pub(crate) async fn send(app: &Router, request: Request) -> Answer {
    let response = app.clone().oneshot(request).await.unwrap_or_else(|error| match error {});
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("the body is complete").to_bytes();
    let body = String::from_utf8(body.into()).expect("the body is UTF-8");
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

pub(crate) async fn get(app: &Router, path: &str) -> Answer {
    send(app, request("GET", path, &[])).await
}

pub(crate) async fn get_with(app: &Router, path: &str, headers: &[(&str, &str)]) -> Answer {
    send(app, request("GET", path, headers)).await
}

/// Percent-encodes every byte of a name.
pub(crate) fn encoded(name: &str) -> String {
    name.bytes().fold(String::new(), |mut encoded, byte| {
        write!(encoded, "%{byte:02X}").expect("a string takes any text");
        encoded
    })
}

/// Serves the router on the loopback device until the runtime ends.
pub(crate) async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("the loopback device has a free port");
    let address = listener.local_addr().expect("the listener is bound");
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}

/// A client that writes bytes, and reads answers by their `content-length`.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) async fn new(server: SocketAddr) -> Self {
        Self(BufReader::new(TcpStream::connect(server).await.expect("the server listens")))
    }

    /// Writes as much as the server takes: it may answer and close before it has read everything.
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes).await;
    }

    /// Reads one answer: its head, and a body of its `content-length` if it has one.
    pub(crate) async fn read(&mut self, has_body: bool) -> (String, String) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.expect("the answer has a head"));
        }
        let head = String::from_utf8(head).expect("the head is ASCII");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
        let mut body = vec![0; if has_body { length.parse().expect("a number") } else { 0 }];
        self.0.read_exact(&mut body).await.expect("the body is complete");
        (head, String::from_utf8(body).expect("the body is UTF-8"))
    }

    /// Sends a request without a body.
    pub(crate) async fn ask(&mut self, line: &str, headers: &str) -> (String, String) {
        self.write(format!("{line} HTTP/1.1\r\nhost: x\r\n{headers}\r\n").as_bytes()).await;
        self.read(!line.starts_with("HEAD")).await
    }
}
