//! Requests that are meant to do harm.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::{get as on_get, post as on_post};
use breaker_core::{Mode, State};
use breaker_tower::ServerLayer;
use http::HeaderMap;
use http_body_util::{BodyExt as _, Collected};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;

use crate::support::{Server, at_rest, breaker, checked, get, problem, send, two_failures};

/// Sends these bytes on a connection of their own, and returns the head and the body of the answer.
async fn exchange(server: &Server, request: &[u8]) -> (String, String) {
    let (mut client, served) = server.connect().await;
    client.write_all(request).await.expect("connected");
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.expect("the answer is UTF-8");
    served.await.expect("the server has not panicked");
    let (head, body) = answer.split_once("\r\n\r\n").expect("headers and a body");
    (head.to_owned(), body.to_owned())
}

#[tokio::test]
async fn huge_headers_pass_or_are_refused_before_the_breaker() {
    let (breaker, _) = breaker("db", &two_failures());
    let echo = async |headers: HeaderMap| headers;
    let server = Server::new(Router::new().route("/", on_get(echo)).layer(ServerLayer::with(breaker.clone()))).await;
    let request =
        |length| format!("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-huge: {}\r\n\r\n", "h".repeat(length));
    let (head, _) = exchange(&server, request(200_000).as_bytes()).await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.len() > 200_000);
    assert_eq!(at_rest(&breaker).successes, 1);
    breaker.set_mode(Mode::ForcedOpen);
    let (head, body) = exchange(&server, request(200_000).as_bytes()).await;
    assert!(head.starts_with("HTTP/1.1 503 ") && head.len() + body.len() < 1_000, "{head}");
    let (head, _) = exchange(&server, request(1_000_000).as_bytes()).await;
    assert!(head.starts_with("HTTP/1.1 431 "), "{head}");
    assert_eq!(at_rest(&breaker).requests, 2);
}

#[tokio::test]
async fn any_path_is_a_valid_instance() {
    let (breaker, _) = breaker("db", &two_failures());
    let app = Router::new().fallback(async || "any").layer(ServerLayer::with(breaker.clone()));
    breaker.set_mode(Mode::ForcedOpen);
    let long = format!("/{}", "long".repeat(10_000));
    for (path, instance) in [
        ("/a\"b{c}", "/a%22b%7Bc%7D"),
        ("//example.org/x", "/.//example.org/x"),
        ("/%0d%0aset-cookie:x", "/%0d%0aset-cookie:x"),
        ("/ü", "/%C3%BC"),
        ("http://example.org/a?b=c", "/a"),
        ("*", "*"),
        (&long, &long),
    ] {
        assert_eq!(problem(send(&app, get(path)).await).await["instance"], instance);
    }
}

#[tokio::test]
async fn a_request_without_a_path_has_no_instance() {
    let (breaker, _) = breaker("db", &two_failures());
    let app = Router::new().fallback(async || "any").layer(ServerLayer::with(breaker.clone()));
    breaker.set_mode(Mode::ForcedOpen);
    let request = Request::connect("example.org:443").body(axum::body::Body::empty()).expect("valid");
    let body = send(&app, request).await.into_body().collect().await.expect("complete").to_bytes();
    let json: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!((json.get("instance"), &json["status"]), (None, &503.into()));
}

#[tokio::test]
async fn a_body_that_trickles_holds_one_call_until_the_timeout() {
    let (breaker, time) = breaker("db", &two_failures().request_timeout(Duration::from_secs(10)));
    let (began, mut begun) = mpsc::unbounded_channel();
    let upload = async move |request: Request| -> Response {
        began.send(()).expect("the test waits");
        let body = request.into_body().collect().await.map(Collected::to_bytes);
        Response::new(body.unwrap_or(Bytes::from_static(b"incomplete")).into())
    };
    let app = Router::new().route("/", on_post(upload)).layer(ServerLayer::with(breaker.clone()));
    let server = Server::new(app).await;
    let (mut client, served) = server.connect().await;
    client.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n").await.expect("connected");
    begun.recv().await.expect("the handler has begun");
    for _ in 0..9 {
        client.write_all(b"x").await.expect("connected");
        time.advance(Duration::from_secs(1));
        assert_eq!(checked(&breaker).in_flight, 1);
    }
    time.advance(Duration::from_secs(1));
    let mut answer = [0; 12];
    client.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 504");
    drop(client);
    served.await.expect("the server has not panicked");
    let metrics = at_rest(&breaker);
    assert_eq!((metrics.timeouts, metrics.requests, breaker.state()), (1, 1, State::Closed));
}
