//! `poll_ready` looks at the breaker, `call` asks it, and the service that was ready is the one that is called.

use std::time::Duration;

use breaker_core::{CircuitBreaker, Config, State};
use breaker_tower::CircuitBreakerLayer;
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower::{Layer, Service, ServiceExt};
use tower_test::mock::Spawn;

use crate::rig::{Answer, OPEN, Readiness, Strict, rig};

#[tokio::test]
async fn the_service_that_was_ready_is_called() {
    let rig = rig();
    let mut service = CircuitBreakerLayer::with(rig.breaker.clone()).layer(Strict::new(Readiness::Ready));
    // `Strict` panics when it is called unready, and its clones are unready.
    for n in 0..3 {
        assert_eq!(service.ready().await.expect("ready").call(Ok(n)).await.expect("ok"), n);
    }
    assert_eq!(service.clone().oneshot(Ok(7)).await.expect("ok"), 7);
    assert_eq!(service.get_ref().uses.counts(), [4, 4]);
    assert_eq!(rig.counts(), [4, 0, 0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn an_open_circuit_never_touches_the_inner_service() {
    let rig = rig();
    let mut service = CircuitBreakerLayer::with(rig.breaker.clone()).layer(Strict::new(Readiness::Ready));
    assert_eq!(service.ready().await.expect("ready").call(Err("down")).await.expect_err("down").is_rejected(), false);
    assert_eq!(rig.breaker.state(), State::Open);
    for n in 1..=5 {
        let error = service.ready().await.expect("ready to reject").call(Ok(1)).await.expect_err("open");
        assert!(error.is_rejected());
        assert_eq!(error.retry_after(), Some(OPEN));
        assert_eq!(rig.counts(), [0, 1, 0, 0, 0, n, 0]);
    }
    assert_eq!(service.get_ref().uses.counts(), [1, 1]);
    rig.time.advance(OPEN);
    assert_eq!(service.ready().await.expect("ready").call(Ok(3)).await.expect("a probe"), 3);
    assert_eq!(rig.breaker.state(), State::Closed);
}

#[test]
fn a_service_that_is_never_ready_is_an_open_circuit_away_from_being_asked() {
    let rig = rig();
    let inner = Strict::new(Readiness::Pending);
    let mut service = Spawn::new(CircuitBreakerLayer::with(rig.breaker.clone()).layer(inner));
    assert_pending!(service.poll_ready::<Answer>());
    // Waiting is no call.
    assert_eq!(rig.counts(), [0; 7]);
    rig.open();
    assert_ready_ok!(service.poll_ready::<Answer>());
    let mut call = task::spawn(service.call(Ok(1)));
    assert!(assert_ready_err!(call.poll()).is_rejected());
    assert_eq!(service.get_ref().get_ref().uses.counts(), [1, 0]);
}

#[test]
fn an_error_of_poll_ready_passes_through_uncounted() {
    let rig = rig();
    let inner = Strict::new(Readiness::Broken);
    let mut service = Spawn::new(CircuitBreakerLayer::with(rig.breaker.clone()).layer(inner));
    for _ in 0..3 {
        let error = assert_ready_err!(service.poll_ready::<Answer>());
        assert_eq!(error.inner().expect("the inner error").to_string(), "broken for good");
    }
    assert_eq!((rig.counts(), rig.breaker.state()), ([0; 7], State::Closed));
}

#[test]
fn a_ready_service_holds_no_permit() {
    let rig = rig();
    let layer = CircuitBreakerLayer::with(rig.breaker.clone());
    let mut kept = Spawn::new(layer.layer(Strict::new(Readiness::Ready)));
    rig.open();
    rig.time.advance(OPEN);
    assert_ready_ok!(kept.poll_ready::<Answer>());
    assert_eq!(rig.breaker.metrics().in_flight, 0, "only `call` takes the probe's place");
    // Another caller takes it meanwhile, and the kept service is rejected when it is called.
    let probe = rig.breaker.try_acquire().expect("a probe");
    let mut call = task::spawn(kept.call(Ok(1)));
    assert!(assert_ready_err!(call.poll()).is_rejected());
    probe.success();
    assert_eq!(kept.get_ref().get_ref().uses.counts(), [1, 0]);
    // It is still ready.
    let mut call = task::spawn(kept.call(Ok(2)));
    assert_eq!(assert_ready_ok!(call.poll()), 2);
}

#[test]
fn a_service_that_was_ready_to_reject_rejects_even_after_the_deadline() {
    let rig = rig();
    let mut service = Spawn::new(CircuitBreakerLayer::with(rig.breaker.clone()).layer(Strict::new(Readiness::Ready)));
    rig.open();
    assert_ready_ok!(service.poll_ready::<Answer>());
    rig.time.advance(OPEN);
    // The inner service wasn't asked, so it must not be called.
    let mut call = task::spawn(service.call(Ok(1)));
    let error = assert_ready_err!(call.poll());
    assert_eq!((error.is_rejected(), error.retry_after()), (true, Some(Duration::ZERO)));
    assert_eq!(service.get_ref().get_ref().uses.counts(), [0, 0]);
    // The probe's place was given back, and the call is no failure.
    assert_eq!((rig.breaker.state(), rig.counts()), (State::HalfOpen, [0, 1, 0, 0, 1, 0, 0]));
    assert_ready_ok!(service.poll_ready::<Answer>());
    let mut call = task::spawn(service.call(Ok(1)));
    assert_eq!(assert_ready_ok!(call.poll()), 1);
    assert_eq!(rig.breaker.state(), State::Closed);
}

#[tokio::test]
async fn clones_share_the_breaker() {
    let rig = rig();
    let service = CircuitBreakerLayer::with(rig.breaker.clone()).layer(Strict::new(Readiness::Ready));
    let other = service.clone();
    assert!(service.oneshot(Err("down")).await.is_err());
    assert!(other.oneshot(Ok(1)).await.expect_err("open").is_rejected());
}

#[tokio::test]
async fn a_request_may_choose_its_breaker() {
    let [even, odd] = ["even", "odd"].map(|name| {
        let config = Config::builder().consecutive_failures(1).build().expect("valid");
        CircuitBreaker::new(name, config)
    });
    let chosen = [even.clone(), odd.clone()];
    let layer = CircuitBreakerLayer::select(move |answer: &Answer| chosen[(answer.unwrap_or(1) % 2) as usize].clone());
    let mut service = layer.layer(Strict::new(Readiness::Ready));
    assert!(service.ready().await.expect("ready").call(Err("down")).await.is_err());
    assert_eq!((even.state(), odd.state()), (State::Closed, State::Open));
    // The inner service is ready, but only called for the breaker that is closed.
    let error = service.ready().await.expect("ready").call(Ok(3)).await.expect_err("open");
    assert_eq!(error.breaker().map(|error| error.service()), Some("odd"));
    assert_eq!(service.ready().await.expect("ready").call(Ok(4)).await.expect("closed"), 4);
    assert_eq!(service.get_ref().uses.counts(), [3, 2]);
}
