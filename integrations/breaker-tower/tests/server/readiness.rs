//! The contract of tower's services: which service is asked whether it is ready, and which one is called.

use std::future::{Ready, pending, ready};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::get as on_get;
use breaker_core::{Mode, State};
use breaker_tower::ServerLayer;
use tower::{Layer as _, Service, ServiceBuilder, ServiceExt as _, service_fn};

use crate::support::{at_rest, breaker, checked, get, send, trip, two_failures};

/// Panics if it is called without having been ready; each clone must be asked itself.
#[derive(Default)]
struct Strict {
    is_ready: bool,
    asked: Arc<AtomicU32>,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self { is_ready: false, asked: Arc::clone(&self.asked) }
    }
}

impl Service<Request> for Strict {
    type Response = Response;
    type Error = io::Error;
    type Future = Ready<io::Result<Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request) -> Self::Future {
        assert!(std::mem::take(&mut self.is_ready), "called without having been ready");
        ready(Ok(Response::new(Body::empty())))
    }
}

/// Answers `poll_ready` with this, and must not be called.
#[derive(Clone)]
struct NotReady(Option<io::ErrorKind>);

impl Service<Request> for NotReady {
    type Response = Response;
    type Error = io::Error;
    type Future = Ready<io::Result<Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.map_or(Poll::Pending, |kind| Poll::Ready(Err(kind.into())))
    }

    fn call(&mut self, _: Request) -> Self::Future {
        panic!("called without having been ready")
    }
}

fn poll_ready<S: Service<Request>>(service: &mut S) -> Poll<Result<(), S::Error>> {
    service.poll_ready(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn the_service_that_was_ready_is_the_one_that_is_called() {
    let (breaker, _) = breaker("db", &two_failures());
    let mut service = ServerLayer::with(breaker.clone()).layer(Strict::default());
    for _ in 0..3 {
        assert!(poll_ready(&mut service).is_ready());
        let mut clone = service.clone();
        service.call(get("/")).await.expect("it was ready");
        clone.ready().await.expect("ready").call(get("/")).await.expect("it was ready");
    }
    assert_eq!(at_rest(&breaker).successes, 6);
}

#[tokio::test]
async fn an_open_circuit_never_touches_the_inner_service() {
    let (breaker, _) = breaker("db", &two_failures());
    let inner = Strict::default();
    let mut service = ServerLayer::with(breaker.clone()).layer(inner.clone());
    trip(&breaker);
    for _ in 0..3 {
        assert!(matches!(poll_ready(&mut service), Poll::Ready(Ok(()))));
        assert_eq!(service.call(get("/")).await.expect("the layer answers").status(), 503);
    }
    assert_eq!((inner.asked.load(Ordering::Relaxed), at_rest(&breaker).rejections), (0, 3));
}

#[tokio::test]
async fn poll_ready_takes_no_permit() {
    let (breaker, time) = breaker("db", &two_failures());
    let mut services: Vec<_> = (0..3).map(|_| ServerLayer::with(breaker.clone()).layer(Strict::default())).collect();
    trip(&breaker);
    time.advance(Duration::from_secs(30));
    // Only one probe may run, but all of them may wait for a request.
    assert!(services.iter_mut().all(|service| poll_ready(service).is_ready()));
    assert_eq!(checked(&breaker).in_flight, 0);
    let last = services.last_mut().expect("three");
    assert_eq!(last.call(get("/")).await.expect("admitted").status(), 200);
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test]
async fn a_circuit_that_opens_after_poll_ready_rejects() {
    let (breaker, _) = breaker("db", &two_failures());
    let mut service = ServerLayer::with(breaker.clone()).layer(Strict::default());
    assert!(poll_ready(&mut service).is_ready());
    trip(&breaker);
    assert_eq!(service.call(get("/")).await.expect("the layer answers").status(), 503);
    breaker.reset();
    assert_eq!(service.ready().await.expect("ready").call(get("/")).await.expect("admitted").status(), 200);
    assert_eq!((at_rest(&breaker).rejections, at_rest(&breaker).successes), (1, 1));
}

#[tokio::test]
async fn a_service_that_was_not_asked_is_not_called_when_the_circuit_has_closed_meanwhile() {
    let (breaker, time) = breaker("db", &two_failures());
    let mut service = ServerLayer::with(breaker.clone()).layer(Strict::default());
    trip(&breaker);
    assert!(poll_ready(&mut service).is_ready());
    time.advance(Duration::from_secs(30));
    let response = service.call(get("/")).await.expect("the layer answers");
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (503, &"1".parse().expect("valid")));
    assert_eq!((breaker.state(), at_rest(&breaker).abandoned), (State::HalfOpen, 1));
    assert_eq!(service.ready().await.expect("ready").call(get("/")).await.expect("a probe").status(), 200);
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test]
async fn a_clone_does_not_take_over_that_its_service_was_refusing() {
    let (breaker, _) = breaker("db", &two_failures());
    // Callers may skip `poll_ready` where they know that a service is always ready.
    let inner = service_fn(async |_: Request| Ok::<_, io::Error>(Response::new(Body::empty())));
    let mut service = ServerLayer::with(breaker.clone()).layer(inner);
    trip(&breaker);
    assert!(poll_ready(&mut service).is_ready());
    breaker.reset();
    assert_eq!(service.clone().call(get("/")).await.expect("admitted").status(), 200);
    assert_eq!(service.call(get("/")).await.expect("the layer answers").status(), 503);
    let metrics = at_rest(&breaker);
    assert_eq!((metrics.successes, metrics.abandoned), (1, 1));
}

#[tokio::test]
async fn an_error_of_poll_ready_passes_through_uncounted() {
    let (breaker, _) = breaker("db", &two_failures());
    let mut service = ServerLayer::with(breaker.clone()).layer(NotReady(Some(io::ErrorKind::BrokenPipe)));
    let Poll::Ready(Err(error)) = poll_ready(&mut service) else { panic!("it can't be ready") };
    assert_eq!((error.kind(), at_rest(&breaker).requests), (io::ErrorKind::BrokenPipe, 0));
}

#[tokio::test]
async fn a_service_that_is_never_ready_keeps_a_closed_circuit_waiting_and_an_open_one_not() {
    let (breaker, _) = breaker("db", &two_failures());
    let mut service = ServerLayer::with(breaker.clone()).layer(NotReady(None));
    assert!(poll_ready(&mut service).is_pending());
    breaker.set_mode(Mode::ForcedOpen);
    assert!(poll_ready(&mut service).is_ready());
    assert_eq!(service.call(get("/")).await.expect("the layer answers").status(), 503);
    breaker.set_mode(Mode::Automatic);
    assert!(poll_ready(&mut service).is_pending());
    assert_eq!(at_rest(&breaker).requests, 1);
}

#[tokio::test]
async fn with_a_concurrency_limit_inside_or_outside_no_place_is_lost() {
    for is_inside in [true, false] {
        let (breaker, _) = breaker("db", &two_failures());
        let layer = ServerLayer::with(breaker.clone());
        let routes = Router::new().route("/hang", on_get(pending::<()>)).route("/hello", on_get(async || "hello"));
        let limit = tower::limit::GlobalConcurrencyLimitLayer::new(1);
        let app = if is_inside {
            routes.layer(ServiceBuilder::new().layer(layer).layer(limit))
        } else {
            routes.layer(ServiceBuilder::new().layer(limit).layer(layer))
        };
        for _ in 0..3 {
            let mut hanging = Box::pin(app.clone().oneshot(get("/hang")));
            assert!(futures::poll!(hanging.as_mut()).is_pending());
            let mut waiting = Box::pin(app.clone().oneshot(get("/hello")));
            assert!(futures::poll!(waiting.as_mut()).is_pending());
            // The one that waits for the limit has no permit yet.
            assert_eq!(checked(&breaker).in_flight, 1, "{is_inside}");
            drop(hanging);
            assert_eq!(waiting.await.unwrap_or_else(|error| match error {}).status(), 200);
        }
        trip(&breaker);
        for _ in 0..3 {
            assert_eq!(send(&app, get("/hello")).await.status(), 503);
        }
        let metrics = at_rest(&breaker);
        assert_eq!((metrics.successes, metrics.abandoned, metrics.rejections), (3, 3, 3));
    }
}

#[tokio::test]
async fn behind_a_buffer_requests_are_admitted_and_rejected() {
    let (breaker, _) = breaker("db", &two_failures());
    let service = ServerLayer::with(breaker.clone()).layer(Strict::default());
    let mut buffered = ServiceBuilder::new().buffer(8).service(service);
    for status in [200, 200, 503, 503] {
        if status == 503 && breaker.state() == State::Closed {
            trip(&breaker);
        }
        // The worker of the buffer asks its service again before each request.
        let response = buffered.ready().await.expect("the worker runs").call(get("/")).await.expect("an answer");
        assert_eq!(response.status(), status);
    }
    assert_eq!((at_rest(&breaker).successes, at_rest(&breaker).rejections), (4 - 2, 2));
}
