//! A service that isn't ready while its circuit is open.

use std::time::Duration;

use breaker_core::{CircuitBreaker, Mode, State};
use breaker_tower::CircuitBreakerLayer;
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower::{Layer, Service, ServiceExt};
use tower_test::mock::Spawn;

use crate::rig::{Answer, OPEN, Readiness, Rig, Strict, rig, tripping, with};

type Service1 = breaker_tower::CircuitBreakerService<
    Strict,
    breaker_tower::Fixed,
    breaker_core::ByResult,
    breaker_tower::NoFallback,
>;

fn waiting(rig: &Rig) -> Spawn<Service1> {
    let layer = CircuitBreakerLayer::with(rig.breaker.clone()).backpressure();
    Spawn::new(layer.layer(Strict::new(Readiness::Ready)))
}

#[test]
fn it_is_woken_at_the_deadline() {
    let rig = rig();
    let mut service = waiting(&rig);
    assert_ready_ok!(service.poll_ready::<Answer>());
    rig.open();
    // The timer asks to be polled once more before it waits.
    assert_pending!(service.poll_ready::<Answer>());
    assert_pending!(service.poll_ready::<Answer>());
    assert!(!service.is_woken());
    rig.time.advance(OPEN - Duration::from_millis(1));
    // A manual clock wakes whoever waits on it at each step.
    assert_pending!(service.poll_ready::<Answer>());
    rig.time.advance(Duration::from_millis(1));
    assert!(service.is_woken());
    assert_ready_ok!(service.poll_ready::<Answer>());
    assert_eq!(assert_ready_ok!(task::spawn(service.call(Ok(1))).poll()), 1);
    assert_eq!(rig.breaker.state(), State::Closed);
    assert_eq!(rig.counts(), [1, 1, 0, 0, 0, 0, 0], "waiting counts nothing");
}

#[test]
fn it_is_woken_when_the_circuit_closes_earlier() {
    let rig = rig();
    let mut service = waiting(&rig);
    rig.open();
    for _ in 0..2 {
        assert_pending!(service.poll_ready::<Answer>());
    }
    rig.breaker.reset();
    assert!(service.is_woken());
    assert_ready_ok!(service.poll_ready::<Answer>());
}

#[test]
fn it_is_woken_when_the_deadline_moves() {
    let rig = rig();
    let mut service = waiting(&rig);
    rig.open();
    for _ in 0..2 {
        assert_pending!(service.poll_ready::<Answer>());
    }
    rig.breaker.reconfigure(tripping().open_timeout(Duration::from_secs(5)).build().expect("valid"));
    assert!(service.is_woken());
    for _ in 0..2 {
        assert_pending!(service.poll_ready::<Answer>());
    }
    rig.time.advance(Duration::from_secs(5));
    assert!(service.is_woken());
    assert_ready_ok!(service.poll_ready::<Answer>());
}

#[test]
fn it_waits_for_the_end_of_a_forced_mode() {
    let rig = rig();
    let mut service = waiting(&rig);
    rig.force_open();
    assert_pending!(service.poll_ready::<Answer>());
    rig.time.advance(Duration::from_secs(86_400));
    assert_pending!(service.poll_ready::<Answer>());
    assert!(!service.is_woken());
    rig.breaker.set_mode(Mode::Automatic);
    assert!(service.is_woken());
    assert_ready_ok!(service.poll_ready::<Answer>());
}

/// A probe that ends without closing the circuit, or is dropped, sends no event.
#[test]
fn it_is_woken_when_a_probe_gives_its_place_back() {
    let rig = rig();
    let mut service = waiting(&rig);
    rig.open();
    rig.time.advance(OPEN);
    let probe = rig.breaker.try_acquire().expect("a probe");
    for _ in 0..2 {
        assert_pending!(service.poll_ready::<Answer>());
    }
    drop(probe);
    rig.time.advance(Duration::from_millis(10));
    assert!(service.is_woken());
    assert_ready_ok!(service.poll_ready::<Answer>());
}

#[test]
fn a_call_that_finds_the_circuit_open_again_is_rejected() {
    let rig = rig();
    let mut service = waiting(&rig);
    assert_ready_ok!(service.poll_ready::<Answer>());
    rig.open();
    assert!(assert_ready_err!(task::spawn(service.call(Ok(1))).poll()).is_rejected());
    assert_eq!(service.get_ref().get_ref().uses.counts(), [1, 0]);
}

#[test]
fn every_service_that_waits_is_woken() {
    let rig = rig();
    let layer = CircuitBreakerLayer::with(rig.breaker.clone()).backpressure();
    let service = layer.layer(Strict::new(Readiness::Ready));
    rig.open();
    let mut waiting = [Spawn::new(service.clone()), Spawn::new(service)];
    for service in &mut waiting {
        assert_pending!(service.poll_ready::<Answer>());
        assert_pending!(service.poll_ready::<Answer>());
    }
    rig.time.advance(OPEN);
    assert!(waiting.iter().all(Spawn::is_woken));
}

#[test]
fn a_timed_mode_ends_the_wait() {
    let rig = with(&tripping());
    let mut service = waiting(&rig);
    rig.breaker.set_mode_for(Mode::ForcedOpen, Duration::from_secs(7));
    for _ in 0..2 {
        assert_pending!(service.poll_ready::<Answer>());
    }
    rig.breaker.set_mode(Mode::Automatic);
    assert!(service.is_woken());
    assert_ready_ok!(service.poll_ready::<Answer>());
}

#[tokio::test(start_paused = true)]
async fn it_follows_paused_time() {
    let breaker = CircuitBreaker::new("paused", tripping().build().expect("valid"));
    let mut service = CircuitBreakerLayer::with(breaker.clone()).backpressure().layer(Strict::new(Readiness::Ready));
    assert!(service.ready().await.expect("ready").call(Err("down")).await.is_err());
    let before = tokio::time::Instant::now();
    // Nothing else runs, so tokio advances to the deadline.
    assert_eq!(service.ready().await.expect("ready").call(Ok(1)).await.expect("a probe"), 1);
    let waited = before.elapsed();
    assert!(waited >= OPEN && waited < OPEN + Duration::from_millis(10), "{waited:?}");
    assert_eq!(breaker.metrics().rejections, 0);
}
