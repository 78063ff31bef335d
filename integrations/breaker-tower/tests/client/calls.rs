//! What calls count as: results, cancellation, panics, timeouts, nested layers.

use std::convert::Infallible;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use breaker_core::{ByResult, CircuitBreaker, Config, Outcome, Registry, State, classify_fn};
use breaker_tower::{CircuitBreakerLayer, CircuitBreakerService, Fixed, NoFallback, ServerLayer};
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_test::mock::Spawn;

use crate::rig::{Answer, OPEN, Readiness, Strict, rig, tripping, with};

/// Services can be shared, sent and named.
const fn is_shared<T: Send + Sync + Clone + 'static>() {}
const _: () = is_shared::<CircuitBreakerService<Strict, Fixed, ByResult, NoFallback>>();

#[tokio::test]
async fn the_breaker_of_a_name_is_that_of_the_global_registry() {
    let mut service = CircuitBreakerLayer::new("by-name").layer(Strict::new(Readiness::Ready));
    let breaker = Registry::global().get("by-name").expect("the layer has made it");
    for n in 0..4 {
        assert!(service.ready().await.expect("ready").call(Ok(n)).await.is_ok());
    }
    assert_eq!(breaker.metrics().successes, 4);
    // A breaker that exists keeps its configuration, and nothing conflicts with it.
    Registry::global().get_or_create("made-before", tripping().build().expect("valid"));
    let service = CircuitBreakerLayer::new("made-before").layer(Strict::new(Readiness::Ready));
    assert!(service.oneshot(Err("down")).await.is_err());
    assert_eq!(Registry::global().get("made-before").expect("made").state(), State::Open);
    assert!(Registry::global().conflicts().iter().all(|conflict| conflict.service != "made-before"));
}

#[test]
fn a_conflict_names_the_line_that_has_made_the_layer() {
    let _ = (CircuitBreakerLayer::new("made-by-client"), ServerLayer::new("made-by-server"));
    for service in ["made-by-client", "made-by-server"] {
        Registry::global().get_or_create(service, tripping().build().expect("valid"));
        let conflicts = Registry::global().conflicts();
        let of_service: Vec<_> = conflicts.iter().filter(|conflict| conflict.service == service).collect();
        assert!(!of_service.is_empty(), "{service}: other values than the defaults");
        for conflict in of_service {
            let text = format!("{conflict:?}");
            assert!(text.contains("calls.rs") && !text.contains("src/"), "{text}");
        }
    }
}

#[test]
fn a_dropped_call_is_neutral() {
    let rig = rig();
    let inner = service_fn(|()| pending::<Result<(), Infallible>>());
    let mut service = Spawn::new(CircuitBreakerLayer::with(rig.breaker.clone()).layer(inner));
    for is_polled in [false, true] {
        assert_ready_ok!(service.poll_ready());
        let mut call = task::spawn(service.call(()));
        if is_polled {
            assert_pending!(call.poll());
        }
        assert_eq!(rig.breaker.metrics().in_flight, 1);
        drop(call);
    }
    assert_eq!((rig.counts(), rig.breaker.state()), ([0, 0, 0, 0, 2, 0, 0], State::Closed));
    // A probe that is dropped gives its place back.
    rig.open();
    rig.time.advance(OPEN);
    assert_ready_ok!(service.poll_ready());
    drop(service.call(()));
    assert!(rig.breaker.peek().is_ok());
}

#[test]
fn a_request_timeout_is_a_failure() {
    let rig = with(&tripping().request_timeout(Duration::from_secs(2)));
    let inner = service_fn(|()| pending::<Result<(), Infallible>>());
    let mut service = Spawn::new(CircuitBreakerLayer::with(rig.breaker.clone()).layer(inner));
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call(()));
    assert_pending!(call.poll());
    rig.time.advance(Duration::from_millis(1_999));
    assert_pending!(call.poll());
    rig.time.advance(Duration::from_millis(1));
    assert!(call.is_woken());
    let error = assert_ready_err!(call.poll());
    assert!(error.is_timeout() && !error.is_rejected());
    assert_eq!(error.to_string(), "the call of `svc` timed out");
    assert_eq!((rig.counts(), rig.breaker.state()), ([0, 1, 1, 0, 0, 0, 0], State::Open));
}

#[test]
fn panics_are_failures_wherever_they_are_raised() {
    for in_call in [true, false] {
        let rig = rig();
        let inner = service_fn(move |()| {
            assert!(!in_call, "in call");
            async { panic!("in the future") as Result<(), Infallible> }
        });
        let mut service = Spawn::new(CircuitBreakerLayer::with(rig.breaker.clone()).layer(inner));
        assert_ready_ok!(service.poll_ready());
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let mut call = task::spawn(service.call(()));
            let _ = call.poll();
        }));
        assert!(panicked.is_err());
        assert_eq!(rig.counts(), [0, 1, 0, 0, 0, 0, 0], "in call: {in_call}");
    }
}

/// Both layers ask the breaker in `call`. What the outer probe calls is part of it.
#[tokio::test]
async fn two_layers_of_one_breaker_are_one_call() {
    let rig = rig();
    let layer = CircuitBreakerLayer::with(rig.breaker.clone());
    let mut service = ServiceBuilder::new().layer(&layer).layer(&layer).service(Strict::new(Readiness::Ready));
    rig.open();
    rig.time.advance(OPEN);
    let answer = service.ready().await.expect("ready").call(Ok(1)).await;
    assert_eq!(answer.expect("the inner layer admits what belongs to the probe"), 1);
    assert_eq!((rig.breaker.state(), rig.counts()), (State::Closed, [1, 1, 0, 0, 0, 0, 0]));
}

#[tokio::test]
async fn a_classifier_decides() {
    let rig = rig();
    let layer = CircuitBreakerLayer::with(rig.breaker.clone()).classify(classify_fn(|answer: &Answer| match answer {
        Ok(0) => Outcome::Failure,
        Err("not found") => Outcome::Ignore,
        Err("wait") => Outcome::OpenFor(Duration::from_secs(90)),
        _ => Outcome::Success,
    }));
    let mut service = layer.layer(Strict::new(Readiness::Ready));
    for answer in [Ok(1), Err("not found"), Err("other"), Err("wait")] {
        let _ = service.ready().await.expect("ready").call(answer).await;
    }
    assert_eq!(rig.counts(), [2, 1, 0, 1, 0, 0, 0]);
    assert_eq!(rig.breaker.metrics().retry_after, Some(Duration::from_secs(90)));
    rig.breaker.reset();
    assert_eq!(service.ready().await.expect("ready").call(Ok(0)).await.expect("what the service answered"), 0);
    assert_eq!(rig.breaker.state(), State::Open);
}

#[tokio::test]
async fn a_breaker_on_paused_time_opens_and_closes() {
    tokio::time::pause();
    let breaker = CircuitBreaker::new("paused", tripping().build().expect("valid"));
    let mut service = CircuitBreakerLayer::with(breaker).layer(Strict::new(Readiness::Ready));
    assert!(service.ready().await.expect("ready").call(Err("down")).await.is_err());
    assert!(service.ready().await.expect("ready").call(Ok(1)).await.expect_err("open").is_rejected());
    tokio::time::advance(OPEN).await;
    assert_eq!(service.ready().await.expect("ready").call(Ok(1)).await.expect("a probe"), 1);
}

#[test]
fn a_default_configuration_tolerates_a_few_failures() {
    let breaker = CircuitBreaker::new("defaults", Config::default());
    let mut service = Spawn::new(CircuitBreakerLayer::with(breaker.clone()).layer(Strict::new(Readiness::Ready)));
    for _ in 0..4 {
        assert_ready_ok!(service.poll_ready::<Answer>());
        assert_ready_err!(task::spawn(service.call(Err("down"))).poll());
    }
    assert_eq!((breaker.state(), breaker.metrics().consecutive_failures), (State::Closed, 4));
}
