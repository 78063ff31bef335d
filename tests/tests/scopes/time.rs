//! The time of a scope: its own manual clock, or tokio's paused time.

use breaker_core::{CircuitBreakerError, Fault, Registry, State, circuit_breaker};
use breaker_tests::{poll_once, s, settle};
use tokio::time::{Instant, advance, sleep};

use super::{StoreError, breaker};

#[circuit_breaker(
    service = "timed",
    failure_threshold = 1,
    success_threshold = 1,
    open_timeout = "30s",
    half_open_timeout = "10s",
    window = "60s",
    request_timeout = "2s"
)]
async fn fetch() -> Result<u32, StoreError> {
    Ok(1)
}

#[circuit_breaker(service = "timed")]
fn fetch_now() -> Result<u32, StoreError> {
    Ok(1)
}

fn timed_out() -> Result<u32, StoreError> {
    Err(CircuitBreakerError::timed_out("timed", s(2.0)).into())
}

#[tokio::test(start_paused = true)]
async fn paused_time_passes_for_open_timeout_window_and_lease() {
    let scope = Registry::scope();
    scope.inject("timed", Fault::timeout().times(1));
    assert_eq!(fetch().await, timed_out());
    let timed = breaker("timed");
    advance(s(29.9)).await;
    assert_eq!(timed.state(), State::Open);
    advance(s(0.1)).await;
    assert_eq!(timed.state(), State::HalfOpen);
    let probe = timed.try_acquire().expect("half-open");
    advance(s(10.0)).await;
    assert_eq!(timed.state(), State::Open, "the lease has ended");
    drop(probe);
    advance(s(60.0)).await;
    assert_eq!(timed.metrics().window.failures, 0);
    assert_eq!((fetch().await, timed.state()), (Ok(1), State::Closed));
}

#[tokio::test(start_paused = true)]
async fn an_injected_latency_passes_by_paused_time_and_may_time_out() {
    let scope = Registry::scope();
    let start = Instant::now();
    scope.inject("timed", Fault::latency(s(1.5)));
    assert_eq!((fetch().await, start.elapsed()), (Ok(1), s(1.5)));
    assert_eq!(breaker("timed").metrics().response_time.max, Some(s(1.5)));
    scope.inject("timed", Fault::latency(s(2.5)));
    assert_eq!((fetch().await, start.elapsed()), (timed_out(), s(3.5)));
}

#[tokio::test(start_paused = true)]
async fn a_scope_of_paused_time_follows_it_on_other_threads() {
    let scope = Registry::scope();
    scope.inject("timed", Fault::timeout().times(1));
    let _ = fetch().await;
    sleep(s(3_600.0)).await;
    let state = scope.wrap(|| (breaker("timed").state(), fetch_now()));
    assert_eq!(std::thread::spawn(state).join().expect("no panic"), (State::HalfOpen, Ok(1)));
}

#[tokio::test]
async fn a_scope_of_its_own_clock_ignores_real_time() {
    let scope = Registry::scope();
    scope.inject("timed", Fault::latency(s(1.5)));
    let mut call = Box::pin(fetch());
    assert!(poll_once(&mut call).is_pending());
    scope.advance(s(1.4));
    assert!(poll_once(&mut call).is_pending());
    scope.advance(s(0.1));
    assert_eq!(call.await, Ok(1));
    // Until the timeout, which the clock wakes.
    scope.inject("timed", Fault::latency(s(2.5)));
    let call = tokio::spawn(scope.instrument(fetch()));
    settle().await;
    scope.advance(s(2.0));
    assert_eq!(call.await.expect("no panic"), timed_out());
}

#[test]
fn a_plain_function_moves_the_clock_forward() {
    let scope = Registry::scope();
    scope.inject("timed", Fault::latency(s(5.0)).times(2));
    assert_eq!((fetch_now(), fetch_now(), fetch_now()), (Ok(1), Ok(1), Ok(1)));
    let times = breaker("timed").metrics().response_time;
    assert_eq!((times.min, times.max), (Some(s(0.0)), Some(s(5.0))));
}

/// Not the manual clock of another scope.
#[test]
fn each_scope_has_its_own_clock() {
    let (one, other) = (Registry::scope(), Registry::scope());
    let sleep = |scope: &breaker_core::Scope| Box::pin(scope.clock().sleep(s(1.0)));
    let (mut ones, mut others) = (sleep(&one), sleep(&other));
    assert!(poll_once(&mut ones).is_pending() && poll_once(&mut others).is_pending());
    one.advance(s(1.0));
    assert!(poll_once(&mut ones).is_ready() && poll_once(&mut others).is_pending());
}
