//! When the outcome is known: at the headers, or at the end of the body.

use std::collections::VecDeque;
use std::future::ready;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use breaker_core::State;
use breaker_tower::{CircuitBreakerLayer, Http};
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Empty, Full};
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Layer, ServiceExt, service_fn};
use tower_test::mock::Spawn;

use crate::rig::{OPEN, Rig, rig, tripping, with};

/// A step of a body: `None` is a poll that is pending.
pub(crate) type Step = Option<Result<Frame<Bytes>, &'static str>>;

pub(crate) fn data(text: &'static str) -> Step {
    Some(Ok(Frame::data(Bytes::from_static(text.as_bytes()))))
}

/// A body that takes these steps, and then ends.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    steps: VecDeque<Step>,
    /// Whether it says that it has ended, like hyper's bodies of a known length.
    announces_end: bool,
}

impl Steps {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), announces_end: false }
    }
}

impl Body for Steps {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        match self.steps.pop_front() {
            Some(None) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Some(frame)) => Poll::Ready(Some(frame)),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.announces_end && self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(7)
    }
}

/// Calls a service that responds with this body, once, and returns the body that the caller gets.
async fn followed(
    rig: &Rig,
    status: u16,
    body: Steps,
) -> impl Body<Data = Bytes, Error = breaker_tower::Error> + Unpin {
    let mut response = Response::builder().status(status).body(body).ok();
    let service = service_fn(move |()| ready(response.take().ok_or("called twice")));
    let layer = CircuitBreakerLayer::with(rig.breaker.clone()).classify(Http::new()).follow_body();
    layer.layer(service).oneshot(()).await.expect("a response").into_body()
}

#[tokio::test]
async fn at_the_headers_by_default() {
    let rig = rig();
    let service = service_fn(|()| ready(Ok::<_, &str>(Response::new(Steps::new([Some(Err("reset"))])))));
    let service = CircuitBreakerLayer::with(rig.breaker.clone()).classify(Http::new()).layer(service);
    let response: Response<Steps> = service.oneshot(()).await.expect("a response");
    assert_eq!(rig.counts(), [1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(response.into_body().collect().await.expect_err("broken"), "reset");
    assert_eq!(rig.counts(), [1, 0, 0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn a_body_that_ends_is_a_success() {
    let rig = rig();
    let body = followed(&rig, 200, Steps::new([data("a"), None, data("b")])).await;
    assert_eq!(rig.counts(), [0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(body.size_hint().exact(), Some(7));
    assert_eq!(body.collect().await.expect("whole").to_bytes(), "ab");
    assert_eq!(rig.counts(), [1, 0, 0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn a_body_that_breaks_is_a_failure() {
    let rig = rig();
    let body = followed(&rig, 200, Steps::new([data("a"), Some(Err("connection reset"))])).await;
    let error = body.collect().await.expect_err("broken");
    assert_eq!(error.inner().expect("the body's error").to_string(), "connection reset");
    assert_eq!((rig.counts(), rig.breaker.state()), ([0, 1, 0, 0, 0, 0, 0], State::Open));
}

#[tokio::test]
async fn a_body_that_is_dropped_is_neutral() {
    for polls in [0, 1, 2] {
        let rig = rig();
        let mut body = followed(&rig, 200, Steps::new([data("a"), data("b"), data("c")])).await;
        for _ in 0..polls {
            assert!(body.frame().await.is_some());
        }
        drop(body);
        assert_eq!(rig.counts(), [0, 0, 0, 0, 1, 0, 0], "{polls}");
    }
}

/// A reader such as hyper's server doesn't poll a body again that says that it has ended.
#[tokio::test]
async fn a_body_that_announces_its_end_is_a_success_then() {
    let rig = rig();
    let steps = Steps { announces_end: true, ..Steps::new([data("a"), data("b")]) };
    let mut body = followed(&rig, 200, steps).await;
    assert!(body.frame().await.is_some() && !body.is_end_stream());
    assert_eq!(rig.breaker.metrics().in_flight, 1);
    assert!(body.frame().await.is_some() && body.is_end_stream());
    drop(body);
    assert_eq!(rig.counts(), [1, 0, 0, 0, 0, 0, 0]);
    // So is an empty body, which nobody polls.
    drop(followed(&rig, 204, Steps { announces_end: true, ..Steps::default() }).await);
    assert_eq!(rig.counts(), [2, 0, 0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn trailers_are_the_end() {
    let rig = rig();
    let mut body = followed(&rig, 200, Steps::new([data("a"), Some(Ok(Frame::trailers(HeaderMap::new())))])).await;
    assert!(body.frame().await.expect("data").expect("no error").is_data());
    assert!(body.frame().await.expect("trailers").expect("no error").is_trailers());
    drop(body);
    assert_eq!(rig.counts(), [1, 0, 0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn headers_that_are_no_success_decide_at_once() {
    for (status, expected) in [(500, [0, 1, 0, 0, 0, 0, 0]), (429, [0, 0, 0, 1, 0, 0, 0])] {
        let rig = rig();
        let body = followed(&rig, status, Steps::new([data("sorry")])).await;
        assert_eq!(rig.counts(), expected, "{status}");
        assert_eq!(body.collect().await.expect("whole").to_bytes(), "sorry");
        assert_eq!(rig.counts(), expected, "{status}");
    }
}

#[tokio::test]
async fn a_request_timeout_covers_the_body() {
    // Timed, so that it starts at the admission.
    let rig = with(&tripping().request_timeout(Duration::from_secs(10)));
    let steps = std::iter::once(data("a")).chain((0..10).map(|_| None));
    let mut body = task::spawn(followed(&rig, 200, Steps::new(steps)).await);
    rig.time.advance(Duration::from_secs(6));
    assert!(assert_ready!(body.enter(|cx, body| body.poll_frame(cx))).is_some());
    assert_pending!(body.enter(|cx, body| body.poll_frame(cx)));
    rig.time.advance(Duration::from_secs(4));
    let error = assert_ready!(body.enter(|cx, body| body.poll_frame(cx))).expect("an error").expect_err("timed out");
    assert!(error.is_timeout());
    assert!(assert_ready!(body.enter(|cx, body| body.poll_frame(cx))).is_none());
    assert!(body.is_end_stream());
    assert_eq!(rig.counts(), [0, 1, 1, 0, 0, 0, 0]);
}

#[test]
fn a_request_timeout_covers_the_headers() {
    let rig = with(&tripping().request_timeout(Duration::from_secs(10)));
    let inner = service_fn(|()| std::future::pending::<Result<Response<Empty<Bytes>>, &str>>());
    let layer = CircuitBreakerLayer::with(rig.breaker.clone()).classify(Http::new()).follow_body();
    let mut service = Spawn::new(layer.layer(inner));
    assert!(assert_ready!(service.poll_ready()).is_ok());
    let mut call = task::spawn(service.call(()));
    assert_pending!(call.poll());
    rig.time.advance(Duration::from_secs(10));
    assert!(call.is_woken());
    assert!(assert_ready!(call.poll()).expect_err("timed out").is_timeout());
    assert_eq!(rig.counts(), [0, 1, 1, 0, 0, 0, 0]);
}

#[tokio::test]
async fn a_probe_whose_body_is_followed_holds_its_place() {
    let rig = rig();
    rig.open();
    rig.time.advance(OPEN);
    let body = followed(&rig, 200, Steps::new([data("a")])).await;
    assert!(rig.breaker.peek().is_err(), "the probe is in flight");
    body.collect().await.expect("whole");
    assert_eq!(rig.breaker.state(), State::Closed);
}

/// Bodies of a server that follows the connection of its client: an upgraded connection has an empty body.
#[tokio::test]
async fn an_upgrade_is_a_success_at_its_headers() {
    let rig = rig();
    let service = service_fn(|_: Request<()>| {
        let mut response = Response::new(Empty::<Bytes>::new());
        *response.status_mut() = http::StatusCode::SWITCHING_PROTOCOLS;
        response.extensions_mut().insert("the connection");
        ready(Ok::<_, &str>(response))
    });
    let layer = CircuitBreakerLayer::with(rig.breaker.clone()).classify(Http::new()).follow_body();
    let response = layer.layer(service).oneshot(Request::new(())).await.expect("a response");
    assert_eq!(response.extensions().get(), Some(&"the connection"));
    assert_eq!(rig.counts(), [1, 0, 0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn an_error_is_a_failure_and_a_panic_in_a_body_too() {
    let rig = rig();
    let layer = CircuitBreakerLayer::with(rig.breaker.clone()).classify(Http::new()).follow_body();
    let service = service_fn(|()| ready(Err::<Response<Full<Bytes>>, _>("refused")));
    let error = layer.layer(service).oneshot(()).await.expect_err("refused");
    assert_eq!(error.inner().expect("inner").to_string(), "refused");
    assert_eq!(rig.counts(), [0, 1, 0, 0, 0, 0, 0]);

    rig.breaker.reset();
    let panics = Full::new(Bytes::from_static(b"x")).map_frame(|_| -> Frame<Bytes> { panic!("in the body") });
    let mut response = Some(Response::new(panics));
    let service = service_fn(move |()| ready(response.take().ok_or("called twice")));
    let body = layer.layer(service).oneshot(()).await.expect("a response").into_body();
    let panicked = tokio::spawn(async move { body.collect().await.is_ok() }).await.expect_err("a panic");
    assert!(panicked.is_panic());
    assert_eq!(rig.counts(), [0, 2, 0, 0, 0, 0, 0]);
}
