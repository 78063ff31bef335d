//! hyper's clients over a real connection: HTTP/1, and HTTP/2 with a hundred streams.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use breaker_core::{CircuitBreaker, State};
use breaker_tower::{BoxError, CircuitBreakerLayer, Http};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tower::{Layer, Service, ServiceExt};

use crate::rig::{OPEN, Rig, rig, tripping, with};

/// A server on the loopback interface that answers each path by its name, and 503 while it is down.
pub(crate) struct Server {
    address: SocketAddr,
    is_down: Arc<AtomicBool>,
    // Stops the server when it is dropped.
    _tasks: JoinSet<()>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let is_down = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        let down = Arc::clone(&is_down);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let down = Arc::clone(&down);
                connections.spawn(async move {
                    let answer = service_fn(move |request| answer(down.load(Ordering::Relaxed), request));
                    let _ =
                        auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer).await;
                });
            }
        });
        Self { address, is_down, _tasks: tasks }
    }

    fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::Relaxed);
    }

    fn request(&self, path: &str) -> Request<Empty<Bytes>> {
        Request::get(format!("http://{}{path}", self.address)).body(Empty::new()).expect("a request")
    }
}

async fn answer(is_down: bool, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let response =
        if is_down { Response::builder().status(503).header("retry-after", "120") } else { Response::builder() };
    Ok(response.body(Full::from(request.uri().path().to_owned())).expect("a response"))
}

pub(crate) fn client(is_http2: bool) -> Client<HttpConnector, Empty<Bytes>> {
    Client::builder(TokioExecutor::new()).http2_only(is_http2).build_http()
}

async fn text(response: Response<impl hyper::body::Body<Data = Bytes, Error = impl Into<BoxError>>>) -> String {
    let bytes = response.into_body().collect().await.map_err(Into::into).expect("a whole body").to_bytes();
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// An outage, as a client sees it.
async fn outage(is_http2: bool) {
    let (server, rig) = (Server::start().await, rig());
    let layer = CircuitBreakerLayer::with(rig.breaker.clone()).classify(Http::new());
    let mut service = layer.layer(client(is_http2));
    let response = service.ready().await.expect("ready").call(server.request("/a")).await.expect("a response");
    assert_eq!((response.status().as_u16(), text(response).await), (200, "/a".to_owned()));
    server.set_down(true);
    let response = service.ready().await.expect("ready").call(server.request("/b")).await.expect("a response");
    assert_eq!((response.status().as_u16(), rig.breaker.state()), (503, State::Open));
    let error = service.ready().await.expect("ready").call(server.request("/c")).await.expect_err("open");
    assert!(error.is_rejected());
    server.set_down(false);
    rig.time.advance(OPEN);
    let response = service.ready().await.expect("ready").call(server.request("/d")).await.expect("a response");
    assert_eq!((text(response).await, rig.breaker.state()), ("/d".to_owned(), State::Closed));
    assert_eq!(rig.counts(), [2, 1, 0, 0, 0, 1, 0]);
}

#[tokio::test]
async fn an_outage_over_http1() {
    outage(false).await;
}

#[tokio::test]
async fn an_outage_over_http2() {
    outage(true).await;
}

#[tokio::test]
async fn a_refused_connection_is_a_failure() {
    let rig = rig();
    // A port that nobody listens on.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let request = Request::get(format!("http://{address}/")).body(Empty::<Bytes>::new()).expect("a request");
    let layer = CircuitBreakerLayer::with(rig.breaker.clone()).classify(Http::new());
    let error = layer.layer(client(false)).oneshot(request).await.expect_err("refused");
    let inner = error.inner().and_then(|error| error.downcast_ref::<hyper_util::client::legacy::Error>());
    assert!(inner.is_some_and(hyper_util::client::legacy::Error::is_connect), "{error:?}");
    assert_eq!(rig.breaker.state(), State::Open);
}

/// A cooldown is clamped by `open_timeout_max`.
#[tokio::test]
async fn a_cooldown_lasts_as_long_as_the_server_asks() {
    let server = Server::start().await;
    server.set_down(true);
    for (most, expected) in [(600, 120), (60, 60)] {
        let rig = with(&tripping().open_timeout_max(std::time::Duration::from_secs(most)));
        let layer = CircuitBreakerLayer::with(rig.breaker.clone()).classify(Http::new().cooldown());
        let response = layer.layer(client(false)).oneshot(server.request("/")).await.expect("a response");
        assert_eq!(response.status().as_u16(), 503);
        assert_eq!(rig.breaker.metrics().retry_after, Some(std::time::Duration::from_secs(expected)));
    }
}

async fn hundred(rig: &Rig, server: &Server, follow: bool) {
    let layer = CircuitBreakerLayer::with(rig.breaker.clone()).classify(Http::new());
    let client = client(true);
    let mut calls = JoinSet::new();
    for n in 0..100 {
        let (request, path) = (server.request(&format!("/{n}")), format!("/{n}"));
        if follow {
            let service = layer.clone().follow_body().layer(client.clone());
            calls.spawn(async move { text(service.oneshot(request).await.expect("a response")).await == path });
        } else {
            let service = layer.layer(client.clone());
            calls.spawn(async move { text(service.oneshot(request).await.expect("a response")).await == path });
        }
    }
    let answers = calls.join_all().await;
    assert!(answers.len() == 100 && answers.iter().all(|is_own| *is_own));
}

#[tokio::test]
async fn a_hundred_streams_of_one_connection() {
    let server = Server::start().await;
    for follow in [false, true] {
        let rig = rig();
        hundred(&rig, &server, follow).await;
        assert_eq!(rig.counts(), [100, 0, 0, 0, 0, 0, 0]);
        // While the circuit is open, none reaches the server.
        rig.open();
        let layer = CircuitBreakerLayer::with(rig.breaker.clone()).classify(Http::new());
        let service = layer.layer(client(true));
        for _ in 0..100 {
            assert!(service.clone().oneshot(server.request("/")).await.expect_err("open").is_rejected());
        }
        assert_eq!(rig.counts(), [100, 1, 0, 0, 0, 100, 0]);
    }
}

/// Half-open, the streams of one connection race for the probe's place: one gets it.
#[tokio::test]
async fn one_stream_of_a_hundred_is_the_probe() {
    let (server, rig) = (Server::start().await, with(&tripping().success_threshold(2).half_open_max_calls(1)));
    rig.open();
    rig.time.advance(OPEN);
    let layer = CircuitBreakerLayer::with(rig.breaker.clone()).classify(Http::new());
    let client = client(true);
    // All are admitted or rejected before any of them runs.
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let mut service = layer.layer(client.clone());
            let waker = std::task::Waker::noop();
            assert!(service.poll_ready(&mut std::task::Context::from_waker(waker)).is_ready());
            service.call(server.request("/"))
        })
        .collect();
    let mut admitted = 0;
    for call in calls {
        admitted += u32::from(call.await.is_ok());
    }
    assert_eq!((admitted, rig.breaker.metrics().rejections), (1, 99));
    assert!(rig.breaker.peek().is_ok(), "the place is free again");
}

/// A breaker by the host of the request.
#[tokio::test]
async fn a_breaker_for_each_host() {
    let (up, down) = (Server::start().await, Server::start().await);
    down.set_down(true);
    let config = tripping().build().expect("valid");
    let breakers = [(up.address, "up"), (down.address, "down")]
        .map(|(address, name)| (address.to_string(), CircuitBreaker::new(name, config.clone())));
    let known = breakers.clone();
    let layer = CircuitBreakerLayer::select(move |request: &Request<Empty<Bytes>>| {
        let host = request.uri().authority().map(|host| host.as_str());
        known.iter().find(|(address, _)| host == Some(address)).expect("a known host").1.clone()
    });
    let service = layer.classify(Http::new()).layer(client(false));
    for _ in 0..3 {
        assert!(service.clone().oneshot(up.request("/")).await.is_ok());
        let _ = service.clone().oneshot(down.request("/")).await;
    }
    let [(_, up), (_, down)] = &breakers;
    assert_eq!((up.metrics().successes, down.metrics().failures, down.metrics().rejections), (3, 1, 2));
}
