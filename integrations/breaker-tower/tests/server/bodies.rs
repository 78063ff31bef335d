//! `follow_body`: the end of the body decides.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::Response;
use axum::routing::get as on_get;
use breaker_core::{CircuitBreaker, ManualClock, Metrics, State};
use breaker_tower::{Error, ServerLayer};
use futures::stream;
use http::StatusCode;
use http_body_util::BodyExt as _;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::support::{at_rest, breaker, checked, get, problem, send, trip, two_failures};

type Chunk = io::Result<Bytes>;

struct Rig {
    breaker: CircuitBreaker,
    time: ManualClock,
    app: Router,
    /// Writes the body of the answer at `/download`.
    chunks: UnboundedSender<Chunk>,
}

fn rig() -> Rig {
    let (breaker, time) = breaker("files", &two_failures().request_timeout(Duration::from_secs(10)));
    let (chunks, download) = unbounded_channel::<Chunk>();
    let download = Arc::new(Mutex::new(Some(download)));
    let answer = async move || {
        let chunks = download.lock().expect("no panic").take().expect("one request");
        Body::from_stream(stream::unfold(chunks, async |mut chunks| Some((chunks.recv().await?, chunks))))
    };
    let routes = Router::new()
        .route("/download", on_get(answer))
        .route("/empty", on_get(async || StatusCode::NO_CONTENT))
        .route("/down", on_get(async || StatusCode::BAD_GATEWAY));
    Rig { app: routes.layer(ServerLayer::with(breaker.clone()).follow_body()), breaker, time, chunks }
}

fn counts(metrics: &Metrics) -> (u64, u64, u64) {
    (metrics.successes, metrics.failures, metrics.abandoned)
}

/// Starts the download, and reads its first chunk.
async fn begin(rig: &Rig) -> Response {
    rig.chunks.send(Ok("first".into())).expect("not dropped");
    let mut response = send(&rig.app, get("/download")).await;
    let frame = response.body_mut().frame().await.expect("a frame").expect("no error");
    assert_eq!(frame.into_data().expect("data"), "first");
    assert_eq!(checked(&rig.breaker).in_flight, 1);
    response
}

#[tokio::test]
async fn a_body_that_ends_is_a_success() {
    let rig = rig();
    let response = begin(&rig).await;
    rig.chunks.send(Ok("last".into())).expect("not dropped");
    drop(rig.chunks);
    assert_eq!(response.into_body().collect().await.expect("complete").to_bytes(), "last");
    assert_eq!(counts(&at_rest(&rig.breaker)), (1, 0, 0));
}

#[tokio::test]
async fn a_body_that_breaks_is_a_failure() {
    let rig = rig();
    let response = begin(&rig).await;
    rig.chunks.send(Err(io::Error::other("disk on fire"))).expect("not dropped");
    let error = response.into_body().collect().await.expect_err("the body breaks");
    let mut chain = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
    assert!(chain.any(|error| error.to_string() == "disk on fire"), "{error:?}");
    assert_eq!(counts(&at_rest(&rig.breaker)), (0, 1, 0));
}

#[tokio::test]
async fn a_client_that_disconnects_in_the_body_is_neutral() {
    let rig = rig();
    drop(begin(&rig).await);
    assert_eq!(counts(&at_rest(&rig.breaker)), (0, 0, 1));
}

#[tokio::test]
async fn the_timeout_covers_the_body() {
    let rig = rig();
    let response = begin(&rig).await;
    let mut body = Box::pin(response.into_body().collect());
    assert!(futures::poll!(body.as_mut()).is_pending());
    rig.time.advance(Duration::from_secs(10));
    let error = body.await.expect_err("the body is cut off");
    let error = error.into_inner().downcast::<Error>().expect("the error of this crate");
    assert!(error.breaker().is_some_and(breaker_core::CircuitBreakerError::is_timeout), "{error:?}");
    assert_eq!((counts(&at_rest(&rig.breaker)), at_rest(&rig.breaker).timeouts), ((0, 1, 0), 1));
}

#[tokio::test]
async fn headers_that_are_enough_decide_at_once() {
    let rig = rig();
    let (empty, down) = (send(&rig.app, get("/empty")).await, send(&rig.app, get("/down")).await);
    assert_eq!((empty.status().as_u16(), down.status().as_u16()), (204, 502));
    assert_eq!(counts(&at_rest(&rig.breaker)), (1, 1, 0));
}

#[tokio::test]
async fn a_problem_is_not_followed_and_a_probe_is() {
    let rig = rig();
    trip(&rig.breaker);
    let rejected = send(&rig.app, get("/download")).await;
    assert_eq!(at_rest(&rig.breaker).rejections, 1);
    assert_eq!(problem(rejected).await["status"], 503);
    rig.time.advance(Duration::from_secs(30));
    // A probe is one until its body ends.
    let response = begin(&rig).await;
    assert_eq!((checked(&rig.breaker).in_flight, rig.breaker.state()), (1, State::HalfOpen));
    drop(response);
    assert_eq!((at_rest(&rig.breaker).abandoned, rig.breaker.state()), (1, State::HalfOpen));
}
