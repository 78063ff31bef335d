//! What a client gets.

use std::future::{Future as _, pending};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::get as on_get;
use breaker_core::{Mode, State};
use breaker_tower::ServerLayer;
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tower::ServiceExt as _;

use crate::support::{Server, at_rest, breaker, checked, get, problem, send, trip, two_failures};

fn hello(layer: ServerLayer) -> Router {
    Router::new().route("/hello", on_get(async || "hello")).layer(layer)
}

#[tokio::test]
async fn an_admitted_request_gets_the_handlers_answer() {
    let (breaker, _) = breaker("db", &two_failures());
    let response = send(&hello(ServerLayer::with(breaker.clone())), get("/hello")).await;
    assert_eq!(
        (response.status(), &response.headers()["content-type"]),
        (StatusCode::OK, &"text/plain; charset=utf-8".parse().expect("valid"))
    );
    assert_eq!(response.headers()["content-length"], "5");
    assert_eq!(response.into_body().collect().await.expect("complete").to_bytes(), "hello");
    assert_eq!(at_rest(&breaker).successes, 1);
}

#[tokio::test]
async fn a_rejection_is_a_503_with_the_remaining_time_rounded_up() {
    let (breaker, time) = breaker("db", &two_failures());
    let app = hello(ServerLayer::with(breaker.clone()));
    trip(&breaker);
    let mut rejections = 0;
    for (advance, seconds) in [(0, "30"), (1, "30"), (9_999, "20"), (19_000, "1"), (999, "1")] {
        time.advance(Duration::from_millis(advance));
        let response = send(&app, get("/hello?token=secret")).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()["retry-after"], seconds);
        let problem = problem(response).await;
        assert_eq!(problem["type"], "urn:circuit-breaker:rejected");
        assert_eq!(problem["title"], "Request rejected by the circuit breaker");
        assert_eq!(problem["instance"], "/hello");
        let detail = problem["detail"].as_str().expect("a string");
        assert!(detail.starts_with("circuit breaker `db` is open: call rejected, retry in "), "{detail}");
        rejections += 1;
        assert_eq!(at_rest(&breaker).rejections, rejections);
    }
    time.advance(Duration::from_millis(1));
    assert_eq!(send(&app, get("/hello")).await.status(), StatusCode::OK);
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test]
async fn while_forced_open_there_is_no_retry_after() {
    let (breaker, _) = breaker("db", &two_failures());
    breaker.set_mode(Mode::ForcedOpen);
    let response = send(&hello(ServerLayer::with(breaker.clone())), get("/hello")).await;
    assert_eq!((response.status(), response.headers().get("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, None));
    assert_eq!(problem(response).await["type"], "urn:circuit-breaker:rejected");
    assert_eq!(at_rest(&breaker).rejections_by_reason.forced_open, 1);
}

#[tokio::test]
async fn while_all_probes_are_in_flight_there_is_no_retry_after() {
    let (breaker, time) = breaker("db", &two_failures());
    let app = Router::new().route("/hang", on_get(pending::<()>)).route("/hello", on_get(async || "hello"));
    let app = app.layer(ServerLayer::with(breaker.clone()));
    trip(&breaker);
    time.advance(Duration::from_secs(30));
    let mut probe = Box::pin(app.clone().oneshot(get("/hang")));
    assert!(probe.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let response = send(&app, get("/hello")).await;
    assert_eq!((response.status(), response.headers().get("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, None));
    drop(problem(response).await);
    // The client of the probe disconnects: the place is free for the next one.
    drop(probe);
    assert_eq!(breaker.state(), State::HalfOpen);
    assert_eq!(send(&app, get("/hello")).await.status(), StatusCode::OK);
    assert_eq!((breaker.state(), at_rest(&breaker).abandoned), (State::Closed, 1));
}

#[tokio::test]
async fn a_timeout_is_a_504_and_drops_the_handler() {
    let (breaker, time) = breaker("db", &two_failures().request_timeout(Duration::from_secs(2)));
    let (held, mut dropped) = tokio::sync::mpsc::channel::<()>(1);
    let hang = async move || {
        let _held = held;
        pending::<()>().await;
    };
    let app = Router::new().route("/hang/{id}", on_get(hang)).layer(ServerLayer::with(breaker.clone()));
    let mut call = Box::pin(app.oneshot(get("/hang/7?token=secret")));
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(call.as_mut().poll(cx).is_pending());
    time.advance(Duration::from_millis(1_999));
    assert!(call.as_mut().poll(cx).is_pending());
    assert_eq!(checked(&breaker).in_flight, 1);
    time.advance(Duration::from_millis(1));
    let Poll::Ready(Ok(response)) = call.as_mut().poll(cx) else { panic!("the call has timed out") };
    assert_eq!((response.status(), response.headers().get("retry-after")), (StatusCode::GATEWAY_TIMEOUT, None));
    let problem = problem(response).await;
    assert_eq!(problem["type"], "urn:circuit-breaker:timed-out");
    assert_eq!(problem["title"], "Request timed out");
    assert_eq!(problem["instance"], "/hang/7");
    assert_eq!(problem["detail"], "circuit breaker `db`: call timed out after 2s");
    let metrics = at_rest(&breaker);
    assert_eq!((metrics.failures, metrics.timeouts), (1, 1));
    // Although the future of the call still exists.
    assert_eq!(dropped.recv().await, None);
    drop(call);
}

#[tokio::test]
async fn any_name_of_a_service_fits_into_the_answer() {
    let long = "x".repeat(100_000);
    let names = [
        "a \"quoted\" name",
        "two\nlines\r\n\r\nHTTP/1.1 200 OK",
        "tab\t nul\0 escape\u{1b}",
        "データベース🦀",
        "\\",
        &long,
    ];
    for name in names {
        let (breaker, _) = breaker(name, &two_failures());
        let app = hello(ServerLayer::with(breaker.clone()));
        breaker.set_mode(Mode::ForcedOpen);
        let detail = breaker.try_acquire().expect_err("the circuit is forced open").to_string();
        assert_eq!(problem(send(&app, get("/hello")).await).await["detail"], detail);
        breaker.set_mode(Mode::Automatic);
        trip(&breaker);

        // On the wire, in case that a header could hold it.
        let (mut client, served) = Server::new(app).await.connect().await;
        client.write_all(b"GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.expect("connected");
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.expect("the answer is UTF-8");
        let (head, body) = answer.split_once("\r\n\r\n").expect("headers and a body");
        assert!(head.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{head}");
        assert!(head.contains("\r\nretry-after: 30"), "{head}");
        assert!(head.contains(&format!("\r\ncontent-length: {}", body.len())), "{head}");
        let json: serde_json::Value = serde_json::from_str(body).expect("the body is JSON");
        assert!(json["detail"].as_str().is_some_and(|detail| detail.contains("call rejected, retry in 30s")), "{json}");
        served.await.expect("the server has not panicked");
    }
}

#[tokio::test]
async fn a_head_request_gets_the_status_and_no_body() {
    let (breaker, _) = breaker("db", &two_failures());
    trip(&breaker);
    let request = Request::head("/hello").body(Body::empty()).expect("valid");
    let response = send(&hello(ServerLayer::with(breaker)), request).await;
    assert_eq!(
        (response.status(), &response.headers()["retry-after"]),
        (StatusCode::SERVICE_UNAVAILABLE, &"30".parse().expect("valid"))
    );
    assert_eq!(response.into_body().collect().await.expect("complete").to_bytes(), "");
}

#[tokio::test]
async fn the_layer_of_one_route_leaves_the_others_alone() {
    let (breaker, _) = breaker("db", &two_failures());
    let layered = on_get(async || "hello").route_layer(ServerLayer::with(breaker.clone()));
    let app = Router::new().route("/hello", layered).route("/about", on_get(async || "a shop"));
    trip(&breaker);
    assert_eq!(send(&app, get("/hello")).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(send(&app, get("/about")).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_open_circuit_leaves_the_body_of_the_request_unread() {
    let (breaker, _) = breaker("db", &two_failures());
    trip(&breaker);
    let body = Body::from_stream(futures::stream::poll_fn(|_| -> Poll<Option<Result<&str, std::io::Error>>> {
        panic!("the body must not be read")
    }));
    let request = Request::builder().method(Method::POST).uri("/hello").body(body).expect("valid");
    let response = send(&hello(ServerLayer::with(breaker)), request).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn in_a_nested_router_the_instance_is_the_path_that_the_layer_sees() {
    let (breaker, _) = breaker("db", &two_failures());
    trip(&breaker);
    let layer = || ServerLayer::with(breaker.clone());
    for (app, instance) in [
        (Router::new().nest("/api", hello(layer())), "/hello"),
        (
            Router::new().nest("/api", Router::new().route("/hello", on_get(async || "hello"))).layer(layer()),
            "/api/hello",
        ),
    ] {
        assert_eq!(problem(send(&app, get("/api/hello")).await).await["instance"], instance);
    }
}
