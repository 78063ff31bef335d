//! Clients that disconnect, over real connections.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::{get as on_get, post as on_post};
use breaker_core::State;
use breaker_tower::ServerLayer;
use futures::stream;
use http::StatusCode;
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{Server, at_rest, breaker, trip, two_failures};

const HEAD: &str = "POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n";
const HELLO: &[u8] = b"GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

/// Refuses an incomplete body, as axum's extractors do. Never answers to a complete one.
async fn swallow(body: Body) -> StatusCode {
    match body.collect().await {
        Ok(_) => pending().await,
        Err(_) => StatusCode::BAD_REQUEST,
    }
}

/// A body without an end.
async fn endless() -> Body {
    Body::from_stream(stream::repeat(Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 1024]))))
}

fn app(layer: ServerLayer) -> Router {
    let routes = Router::new().route("/upload", on_post(swallow)).route("/endless", on_get(endless));
    routes.route("/hello", on_get(async || "hello")).layer(layer)
}

#[tokio::test]
async fn a_client_that_disconnects_at_any_byte_of_its_request_leaves_nothing_behind() {
    let (breaker, _) = breaker("db", &two_failures());
    let server = Server::new(app(ServerLayer::with(breaker.clone()))).await;
    let request = format!("{HEAD}hello");
    let mut begun = 0;
    for length in 0..=request.len() {
        let (mut client, served) = server.connect().await;
        client.write_all(&request.as_bytes()[..length]).await.expect("connected");
        drop(client);
        served.await.expect("the server has not panicked");
        begun += u64::from(length >= HEAD.len());
        // The handler has answered 400 to an incomplete body; it was still working on a complete one.
        let abandoned = u64::from(length == request.len());
        let metrics = at_rest(&breaker);
        let counted = (metrics.requests, metrics.successes, metrics.abandoned);
        assert_eq!(counted, (begun, begun - abandoned, abandoned), "after {length} bytes");
    }
    assert_eq!((begun, breaker.state()), (6, State::Closed));
}

#[tokio::test]
async fn a_client_that_disconnects_in_the_response_has_had_its_outcome() {
    let (breaker, _) = breaker("db", &two_failures());
    let server = Server::new(app(ServerLayer::with(breaker.clone()))).await;
    for length in [1, 12, 100, 5_000, 100_000] {
        let (mut client, served) = server.connect().await;
        client.write_all(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("connected");
        client.read_exact(&mut vec![0; length]).await.expect("the body has no end");
        drop(client);
        served.await.expect("the server has not panicked");
    }
    let metrics = at_rest(&breaker);
    assert_eq!((metrics.requests, metrics.successes), (5, 5));
}

#[tokio::test]
async fn a_client_that_disconnects_from_a_rejection_leaves_nothing_behind() {
    let (breaker, _) = breaker("db", &two_failures());
    let server = Server::new(app(ServerLayer::with(breaker.clone()))).await;
    trip(&breaker);
    for length in 0..=HELLO.len() {
        let (mut client, served) = server.connect().await;
        client.write_all(&HELLO[..length]).await.expect("connected");
        drop(client);
        served.await.expect("the server has not panicked");
    }
    assert_eq!(at_rest(&breaker).rejections, 1);
}

#[tokio::test]
async fn a_probe_whose_client_disconnects_gives_its_place_back() {
    let (breaker, time) = breaker("db", &two_failures());
    let server = Server::new(app(ServerLayer::with(breaker.clone()))).await;
    trip(&breaker);
    time.advance(Duration::from_secs(30));
    for _ in 0..3 {
        let (mut client, served) = server.connect().await;
        client.write_all(format!("{HEAD}hello").as_bytes()).await.expect("connected");
        drop(client);
        served.await.expect("the server has not panicked");
        assert_eq!((breaker.state(), at_rest(&breaker).rejections), (State::HalfOpen, 0));
    }
    let (mut client, served) = server.connect().await;
    client.write_all(HELLO).await.expect("connected");
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.expect("the answer is UTF-8");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nhello"), "{answer}");
    served.await.expect("the server has not panicked");
    assert_eq!((breaker.state(), at_rest(&breaker).abandoned), (State::Closed, 3));
}
