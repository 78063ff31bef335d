//! Many requests on one connection.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get as on_get, post as on_post};
use breaker_core::{Config, State};
use breaker_tower::ServerLayer;
use futures::future::join_all;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{Barrier, mpsc};
use tokio::task::JoinHandle;

use crate::support::{Server, at_rest, breaker, checked};

const STREAMS: usize = 100;

type Client = SendRequest<Empty<Bytes>>;

/// Returns a client, and the task of its server, which ends with the connection.
async fn connect(app: Router) -> (Client, JoinHandle<()>) {
    let (stream, served) = Server::new(app).await.connect().await;
    let (client, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("the server speaks HTTP/2");
    tokio::spawn(connection);
    (client, served)
}

async fn status(mut client: Client, path: &str) -> (StatusCode, Bytes) {
    let request = Request::get(format!("http://server{path}")).body(Empty::new()).expect("valid");
    let response = client.send_request(request).await.expect("a response");
    let status = response.status();
    (status, response.into_body().collect().await.expect("complete").to_bytes())
}

#[tokio::test]
async fn a_hundred_streams_are_a_hundred_calls() {
    let (breaker, time) = breaker("db", &Config::builder().failure_threshold(50).success_threshold(1));
    let met = Arc::new(Barrier::new(STREAMS));
    let watched = breaker.clone();
    let meet = async move || {
        // All of them run at the same time.
        met.wait().await;
        checked(&watched).in_flight.to_string()
    };
    let routes = Router::new().route("/meet", on_get(meet)).route("/down", on_get(async || StatusCode::BAD_GATEWAY));
    let (client, served) = connect(routes.layer(ServerLayer::with(breaker.clone()))).await;

    let met = join_all((0..STREAMS).map(|_| status(client.clone(), "/meet"))).await;
    assert!(met.iter().all(|(status, _)| *status == 200));
    assert!(met.iter().any(|(_, in_flight)| in_flight == "100"), "{met:?}");
    assert_eq!(at_rest(&breaker).successes, 100);

    // 50 failures open the circuit; requests that are in flight then still get the handler's answer.
    let down = join_all((0..STREAMS).map(|_| status(client.clone(), "/down"))).await;
    assert!(down.iter().all(|(status, _)| *status == 502 || *status == 503));
    assert_eq!((breaker.state(), at_rest(&breaker).requests), (State::Open, 200));

    let rejected = join_all((0..STREAMS).map(|_| status(client.clone(), "/meet"))).await;
    assert!(rejected.iter().all(|(status, body)| *status == 503 && body.starts_with(b"{\"type\":")));
    let before = at_rest(&breaker).rejections;
    assert!(before >= 100, "{before}");

    time.advance(Duration::from_secs(30));
    assert_eq!(status(client.clone(), "/down").await.0, 502);
    assert_eq!(status(client.clone(), "/down").await.0, 503);
    drop(client);
    served.await.expect("the server has not panicked");
    assert_eq!(at_rest(&breaker).rejections, before + 1);
}

#[tokio::test]
async fn streams_that_are_reset_are_abandoned() {
    let (breaker, _) = breaker("db", &Config::builder());
    let (began, mut begun) = mpsc::unbounded_channel();
    let (ended, mut end) = mpsc::unbounded_channel::<()>();
    let hang = async move || {
        let _held_until_dropped = ended;
        began.send(()).expect("the test waits");
        pending::<()>().await;
    };
    let routes = Router::new().route("/hang", on_get(hang)).route("/hello", on_get(async || "hello"));
    let (client, served) = connect(routes.layer(ServerLayer::with(breaker.clone()))).await;
    let requests: Vec<_> = (0..STREAMS).map(|_| tokio::spawn(status(client.clone(), "/hang"))).collect();
    for _ in 0..STREAMS {
        begun.recv().await.expect("a handler has begun");
    }
    assert_eq!(checked(&breaker).in_flight, 100);
    for request in &requests {
        request.abort();
    }
    // The connection lives on. Its next request comes after the resets.
    assert_eq!(status(client.clone(), "/hello").await.0, 200);
    let metrics = at_rest(&breaker);
    assert_eq!((metrics.abandoned, metrics.successes), (100, 1));
    drop(client);
    served.await.expect("the server has not panicked");
    assert_eq!(end.recv().await, None);
}

/// Appends a frame of stream 1, or of the connection.
fn frame(bytes: &mut Vec<u8>, kind: u8, flags: u8, stream: u8, payload: &[u8]) {
    let length = u8::try_from(payload.len()).expect("short");
    bytes.extend([0, 0, length, kind, flags, 0, 0, 0, stream]);
    bytes.extend(payload);
}

/// Returns `POST /upload` as HTTP/2 writes it, and where its headers end.
fn upload() -> (Vec<u8>, usize) {
    const END_STREAM: u8 = 1;
    const END_HEADERS: u8 = 4;
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    frame(&mut bytes, 4, 0, 0, &[]);
    // `:method: POST` and `:scheme: http` from the static table, then `:path` and `:authority` as literals.
    frame(&mut bytes, 1, END_HEADERS, 1, b"\x83\x86\x04\x07/upload\x01\x06server");
    let headers = bytes.len();
    frame(&mut bytes, 0, 0, 1, b"hel");
    frame(&mut bytes, 0, END_STREAM, 1, b"lo");
    (bytes, headers)
}

/// Says so when it is dropped.
struct Guard(mpsc::UnboundedSender<()>);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

#[tokio::test]
async fn a_connection_that_ends_at_any_byte_leaves_nothing_behind() {
    let (breaker, _) = breaker("db", &Config::builder());
    let (began, mut begins) = mpsc::unbounded_channel();
    let (dropped, mut drops) = mpsc::unbounded_channel();
    let hang = async move |body: Body| {
        let _guard = Guard(dropped);
        began.send(()).expect("the test waits");
        let _ = body.collect().await;
        pending::<()>().await;
    };
    let app = Router::new().route("/upload", on_post(hang)).layer(ServerLayer::with(breaker.clone()));
    let server = Server::new(app).await;
    let (request, headers) = upload();
    let mut begun = 0;
    for length in 0..=request.len() {
        let (mut client, served) = server.connect().await;
        client.write_all(&request[..length]).await.expect("connected");
        if length >= headers {
            // Otherwise the server might see the end of the connection first, and drop the request unanswered.
            begins.recv().await.expect("the handler has begun");
        }
        drop(client);
        served.await.expect("the server has not panicked");
        if length >= headers {
            begun += 1;
            // The task of a stream ends on its own.
            drops.recv().await.expect("the handler was dropped");
        }
        let metrics = at_rest(&breaker);
        assert_eq!((metrics.requests, metrics.abandoned), (begun, begun), "after {length} bytes");
    }
    assert_eq!(begun, 24);
}
