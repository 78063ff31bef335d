//! The layer between others: buffers, limits, balancers, retries, timeouts, tracing.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::time::Duration;

use breaker_core::{CircuitBreaker, State};
use breaker_tower::{BoxError, CircuitBreakerLayer, Error, Http};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::Full;
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower::balance::p2c::Balance;
use tower::discover::ServiceList;
use tower::limit::ConcurrencyLimitLayer;
use tower::load::{CompleteOnResponse, PendingRequests};
use tower::retry::Policy;
use tower::timeout::error::Elapsed;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_http::set_header::SetRequestHeaderLayer;
use tower_http::trace::TraceLayer;
use tower_test::mock::Spawn;

use crate::rig::{Answer, OPEN, Readiness, Strict, rig, tripping, with};

#[tokio::test]
async fn in_a_buffer() {
    let rig = rig();
    let layer = CircuitBreakerLayer::with(rig.breaker.clone());
    // The worker keeps a readied service until a request comes.
    let mut service = ServiceBuilder::new().buffer(4).layer(layer).service(Strict::new(Readiness::Ready));
    assert_eq!(service.ready().await.expect("ready").call(Ok(1)).await.expect("ok"), 1);
    assert_eq!(rig.breaker.metrics().in_flight, 0);
    rig.open();
    for _ in 0..3 {
        let error = service.ready().await.expect("ready").call(Ok(2)).await.expect_err("open");
        assert!(error.downcast_ref::<Error>().is_some_and(Error::is_rejected), "{error:?}");
    }
    rig.time.advance(OPEN);
    assert_eq!(service.ready().await.expect("ready").call(Ok(3)).await.expect("a probe"), 3);
    assert_eq!((rig.breaker.state(), rig.breaker.metrics().abandoned), (State::Closed, 0));
}

#[tokio::test]
async fn around_a_buffer() {
    let rig = rig();
    let layer = CircuitBreakerLayer::with(rig.breaker.clone());
    let mut service = ServiceBuilder::new().layer(layer).buffer(4).service(Strict::new(Readiness::Ready));
    assert_eq!(service.ready().await.expect("ready").call(Ok(1)).await.expect("ok"), 1);
    assert!(service.ready().await.expect("ready").call(Err("down")).await.is_err());
    assert!(service.ready().await.expect("ready").call(Ok(1)).await.expect_err("open").is_rejected());
}

#[test]
fn around_a_concurrency_limit() {
    let rig = rig();
    let layer = CircuitBreakerLayer::with(rig.breaker.clone());
    let slow = service_fn(|()| std::future::pending::<Result<(), Infallible>>());
    let service = ServiceBuilder::new().layer(layer).layer(ConcurrencyLimitLayer::new(1)).service(slow);
    let (mut first, mut second) = (Spawn::new(service.clone()), Spawn::new(service));
    assert_ready_ok!(first.poll_ready());
    let call = task::spawn(first.call(()));
    // Waiting for the limit is no call of the breaker.
    assert_pending!(second.poll_ready());
    assert_eq!(rig.breaker.metrics().in_flight, 1);
    drop(call);
    assert!(second.is_woken());
    assert_ready_ok!(second.poll_ready());
    // Rejections don't use the limit up.
    rig.open();
    assert_ready_err!(task::spawn(second.call(())).poll());
    for _ in 0..3 {
        assert_ready_ok!(first.poll_ready());
        assert_ready_err!(task::spawn(first.call(())).poll());
    }
}

#[test]
fn inside_a_concurrency_limit() {
    let rig = rig();
    let layer = CircuitBreakerLayer::with(rig.breaker.clone());
    let inner = Strict::new(Readiness::Ready);
    let service = ServiceBuilder::new().layer(ConcurrencyLimitLayer::new(1)).layer(layer).service(inner);
    rig.open();
    let mut service = Spawn::new(service);
    for _ in 0..3 {
        assert_ready_ok!(service.poll_ready::<Answer>());
        // The limit's place is given back with the rejected call.
        assert!(assert_ready_err!(task::spawn(service.call(Ok(1))).poll()).is_rejected());
    }
    rig.time.advance(OPEN);
    assert_ready_ok!(service.poll_ready::<Answer>());
    assert_eq!(assert_ready_ok!(task::spawn(service.call(Ok(1))).poll()), 1);
}

/// Two endpoints, of which one fails: with backpressure, its circuit takes it out of the balancer, and in again.
#[tokio::test(start_paused = true)]
async fn in_a_balancer() {
    let breakers = ["bad", "good"].map(|name| CircuitBreaker::new(name, tripping().build().expect("valid")));
    let endpoints = breakers.clone().map(|breaker| {
        let is_bad = breaker.service() == "bad";
        let inner = service_fn(move |()| async move { if is_bad { Err("down") } else { Ok("good") } });
        let service = CircuitBreakerLayer::with(breaker).backpressure().layer(inner);
        PendingRequests::new(service, CompleteOnResponse::default())
    });
    let mut balance = Balance::new(ServiceList::new(endpoints));
    let mut failures = 0;
    for _ in 0..100 {
        // A balancer's error is boxed.
        failures += u32::from(balance.ready().await.expect("one endpoint is ready").call(()).await.is_err());
    }
    let [bad, good] = &breakers;
    assert!(failures <= 1, "{failures}");
    assert_eq!(bad.metrics().rejections, 0, "an open circuit isn't chosen");
    assert_eq!(u64::from(failures), bad.metrics().failures);
    assert_eq!(good.metrics().successes, u64::from(100 - failures));
    assert_eq!([bad, good].map(|breaker| breaker.metrics().in_flight), [0, 0]);
}

/// Retries what may be retried: not a rejection.
#[derive(Clone)]
struct Thrice(u32);

impl Policy<Answer, u32, Error> for Thrice {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Answer, result: &mut Result<u32, Error>) -> Option<Ready<()>> {
        let error = result.as_ref().err()?;
        if error.is_rejected() || self.0 == 0 {
            return None;
        }
        self.0 -= 1;
        Some(ready(()))
    }

    fn clone_request(&mut self, request: &Answer) -> Option<Answer> {
        Some(*request)
    }
}

#[tokio::test]
async fn inside_a_retry() {
    let rig = with(&tripping().consecutive_failures(2));
    let layer = CircuitBreakerLayer::with(rig.breaker.clone());
    let inner = Strict::new(Readiness::Ready);
    let uses = inner.uses.clone();
    let mut service = ServiceBuilder::new().retry(Thrice(3)).layer(layer).service(inner);
    // Two attempts fail and open the circuit. The third is rejected, which ends the retries.
    let error = service.ready().await.expect("ready").call(Err("down")).await.expect_err("open");
    assert!(error.is_rejected());
    assert_eq!((uses.counts()[1], rig.counts()), (2, [0, 2, 0, 0, 0, 1, 0]));
    let error = service.ready().await.expect("ready").call(Err("down")).await.expect_err("open");
    assert!(error.is_rejected());
    assert_eq!((uses.counts()[1], rig.counts()), (2, [0, 2, 0, 0, 0, 2, 0]));
}

#[tokio::test(start_paused = true)]
async fn around_a_timeout() {
    let breaker = CircuitBreaker::new("slow", tripping().build().expect("valid"));
    let slow = service_fn(|()| std::future::pending::<Result<(), Infallible>>());
    let layer = CircuitBreakerLayer::with(breaker.clone());
    let mut service = ServiceBuilder::new().layer(layer).timeout(Duration::from_secs(2)).service(slow);
    let error = service.ready().await.expect("ready").call(()).await.expect_err("timed out");
    assert!(error.inner().is_some_and(|error| error.is::<Elapsed>()), "{error:?}");
    assert_eq!((breaker.metrics().failures, breaker.state()), (1, State::Open));
}

/// A timeout around the layer drops the call, which says nothing about the service.
#[tokio::test(start_paused = true)]
async fn inside_a_timeout() {
    let breaker = CircuitBreaker::new("slow", tripping().build().expect("valid"));
    let slow = service_fn(|()| std::future::pending::<Result<(), Infallible>>());
    let layer = CircuitBreakerLayer::with(breaker.clone());
    let service = ServiceBuilder::new().timeout(Duration::from_secs(2)).layer(layer).service(slow);
    let error = service.oneshot(()).await.expect_err("timed out");
    assert!(error.is::<Elapsed>());
    assert_eq!((breaker.metrics().abandoned, breaker.state()), (1, State::Closed));
}

/// Layers that require an error which is one of the standard library's, or converts to a box.
#[tokio::test]
async fn with_the_layers_of_tower_http() {
    let rig = rig();
    let inner = service_fn(|request: Request<Full<Bytes>>| async move {
        assert!(request.headers().contains_key("x-sent-by"));
        Ok::<_, BoxError>(Response::new(Full::<Bytes>::default()))
    });
    let (name, value) = (HeaderName::from_static("x-sent-by"), HeaderValue::from_static("test"));
    let service = ServiceBuilder::new()
        .layer(TraceLayer::new_for_http())
        .layer(CircuitBreakerLayer::with(rig.breaker.clone()).classify(Http::new()).follow_body())
        .layer(SetRequestHeaderLayer::overriding(name, value))
        .service(inner);
    let service = service.boxed_clone();
    assert!(service.clone().oneshot(Request::default()).await.is_ok());
    rig.open();
    let error: BoxError = service.oneshot(Request::default()).await.map(drop).expect_err("open").into();
    assert!(error.downcast_ref::<Error>().is_some_and(Error::is_rejected));
}
