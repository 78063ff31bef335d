//! Fallbacks answer rejected requests.

use std::time::Duration;

use breaker_core::{CircuitBreakerError, Rejection, State};
use breaker_tower::{CircuitBreakerLayer, Error, Http};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use tokio_test::{assert_pending, assert_ready_ok, task};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_test::mock::Spawn;

use crate::rig::{Answer, OPEN, Readiness, Strict, rig};

#[tokio::test]
async fn a_closure_gets_the_request_and_the_rejection() {
    let rig = rig();
    let layer =
        CircuitBreakerLayer::with(rig.breaker.clone()).fallback(|answer: Answer, rejection: Rejection| async move {
            assert_eq!((rejection.service, rejection.retry_after), ("svc", Some(OPEN)));
            answer.map(|n| n + 100).map_err(|_| "the fallback failed, too")
        });
    let mut service = layer.layer(Strict::new(Readiness::Ready));
    let failed = service.ready().await.expect("ready").call(Err("down")).await;
    assert_eq!(failed.expect_err("no fallback: the call was made").inner().expect("inner").to_string(), "down");
    assert_eq!(service.ready().await.expect("ready").call(Ok(1)).await.expect("the fallback's"), 101);
    let error = service.ready().await.expect("ready").call(Err("x")).await.expect_err("the fallback's");
    assert_eq!(error.inner().expect("inner").to_string(), "the fallback failed, too");
    let metrics = rig.breaker.metrics();
    assert_eq!((metrics.fallback_successes, metrics.fallback_failures), (1, 1));
    assert_eq!(metrics.rejections, 2);
    assert_eq!(service.get_ref().uses.counts(), [1, 1]);
}

#[tokio::test]
async fn a_fallback_may_return_the_rejection() {
    let rig = rig();
    rig.open();
    let layer = CircuitBreakerLayer::with(rig.breaker.clone())
        .fallback(|_: Answer, rejection: Rejection| async move { Err::<u32, _>(Error::from(rejection)) });
    let error = layer.layer(Strict::new(Readiness::Ready)).oneshot(Ok(1)).await.expect_err("rejected");
    assert!(error.is_rejected());
    assert_eq!(error.breaker().map(CircuitBreakerError::service), Some("svc"));
}

#[test]
fn a_service_is_called_when_it_is_ready() {
    let rig = rig();
    rig.open();
    let (replica, mut handle) = tower_test::mock::pair::<Answer, u32>();
    let layer = CircuitBreakerLayer::with(rig.breaker.clone()).fallback_service(replica);
    let mut service = Spawn::new(layer.layer(Strict::new(Readiness::Ready)));
    handle.allow(0);
    assert_ready_ok!(service.poll_ready::<Answer>());
    let mut call = task::spawn(service.call(Ok(5)));
    assert_pending!(call.poll());
    handle.allow(1);
    assert!(call.is_woken());
    assert_pending!(call.poll());
    let mut request = task::spawn(handle.next_request());
    let tokio_test_poll = request.poll();
    let std::task::Poll::Ready(Some((answer, send))) = tokio_test_poll else { panic!("the replica was not called") };
    assert_eq!(answer, Ok(5));
    send.send_response(55);
    assert_eq!(assert_ready_ok!(call.poll()), 55);
    assert_eq!(rig.breaker.metrics().fallback_successes, 1);
}

#[test]
fn a_dropped_fallback_counts_nothing() {
    let rig = rig();
    rig.open();
    let replica = service_fn(|_: Answer| std::future::pending::<Result<u32, &str>>());
    let layer = CircuitBreakerLayer::with(rig.breaker.clone()).fallback_service(replica);
    let mut service = Spawn::new(layer.layer(Strict::new(Readiness::Ready)));
    assert_ready_ok!(service.poll_ready::<Answer>());
    let mut call = task::spawn(service.call(Ok(5)));
    assert_pending!(call.poll());
    drop(call);
    let metrics = rig.breaker.metrics();
    assert_eq!((metrics.fallback_successes, metrics.fallback_failures, metrics.in_flight), (0, 0, 0));
}

/// The fallback of a layer that follows bodies responds with a plain body, which decides nothing.
#[tokio::test]
async fn a_fallback_works_with_followed_bodies() {
    let rig = rig();
    let answer = |status: StatusCode, text: &'static str| {
        Response::builder().status(status).body(Full::new(bytes::Bytes::from_static(text.as_bytes())))
    };
    let layer = CircuitBreakerLayer::with(rig.breaker.clone())
        .classify(Http::new())
        .follow_body()
        .fallback(move |_: Request<()>, _| async move { answer(StatusCode::OK, "stale") });
    let mut service = layer.layer(service_fn(move |_: Request<()>| async move { answer(StatusCode::BAD_GATEWAY, "") }));
    let response = service.ready().await.expect("ready").call(Request::new(())).await.expect("a response");
    assert_eq!((response.status(), rig.breaker.state()), (StatusCode::BAD_GATEWAY, State::Open));
    let response = service.ready().await.expect("ready").call(Request::new(())).await.expect("the fallback's");
    assert_eq!(response.into_body().collect().await.expect("a body").to_bytes(), "stale");
    assert_eq!(rig.counts(), [0, 1, 0, 0, 0, 1, 0]);
    rig.time.advance(Duration::from_secs(1));
}
