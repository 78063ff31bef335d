//! Annotated functions that call other functions of their service (rule H7).

use breaker_core::{CircuitBreaker, CircuitBreakerError, Mode, Registry, State, circuit_breaker};
use breaker_tests::block_on;

#[derive(Debug, PartialEq)]
enum StoreError {
    Broken,
    Rejected,
}

impl From<CircuitBreakerError> for StoreError {
    fn from(_: CircuitBreakerError) -> Self {
        Self::Rejected
    }
}

// `open_timeout` ends at once, so the first call after a failure is a probe.
#[circuit_breaker(
    service = "nested async",
    consecutive_failures = 1,
    open_timeout = "1ns",
    half_open_timeout = "1h",
    success_threshold = 1,
    half_open_max_calls = 1
)]
async fn get(works: bool) -> Result<u32, StoreError> {
    tokio::task::yield_now().await;
    if works { Ok(1) } else { Err(StoreError::Broken) }
}

#[circuit_breaker(service = "nested async")]
async fn list() -> Result<u32, StoreError> {
    Ok(get(true).await? + get(true).await?)
}

#[circuit_breaker(
    service = "nested plain",
    consecutive_failures = 1,
    open_timeout = "1ns",
    half_open_timeout = "1h",
    success_threshold = 1,
    half_open_max_calls = 1
)]
fn get_plain(works: bool) -> Result<u32, StoreError> {
    if works { Ok(1) } else { Err(StoreError::Broken) }
}

#[circuit_breaker(service = "nested plain")]
fn list_plain() -> Result<u32, StoreError> {
    Ok(get_plain(true)? + get_plain(true)?)
}

#[circuit_breaker(
    service = "nested fallback",
    consecutive_failures = 1,
    open_timeout = "1ns",
    half_open_timeout = "1h",
    success_threshold = 1,
    half_open_max_calls = 1,
    fallback = |error| if error == StoreError::Broken { Ok(5) } else { Err(error) }
)]
async fn get_or_five(works: bool) -> Result<u32, StoreError> {
    if works { Ok(1) } else { Err(StoreError::Broken) }
}

/// The fallback takes `name` by value, so the breaker admits the call before the body's future is made.
#[circuit_breaker(service = "nested fallback", fallback = without)]
async fn list_or(name: String) -> Result<u32, StoreError> {
    assert_eq!(get_or_five(false).await, Ok(5), "its own fallback runs within the probe");
    drop(name);
    Err(StoreError::Broken)
}

/// Runs after the probe, whose failure has opened the circuit, so its call is an ordinary one.
async fn without(name: String, _error: StoreError) -> Result<u32, StoreError> {
    drop(name);
    breaker("nested fallback").set_mode(Mode::ForcedOpen);
    let rejected = get_or_five(true).await;
    assert_eq!(rejected, Err(StoreError::Rejected));
    Ok(7)
}

fn breaker(service: &str) -> CircuitBreaker {
    Registry::global().get(service).expect("annotated")
}

/// Returns successes, failures and rejections.
fn counted(breaker: &CircuitBreaker) -> [u64; 3] {
    let m = breaker.metrics();
    assert_eq!((m.abandoned, m.ignored, m.in_flight), (0, 0, 0));
    [m.successes, m.failures, m.rejections]
}

#[tokio::test]
async fn an_async_function_that_calls_another_of_its_service_closes_the_circuit() {
    let breaker = breaker("nested async");
    assert_eq!(get(false).await, Err(StoreError::Broken));
    assert_eq!(breaker.state(), State::HalfOpen);
    assert_eq!(list().await, Ok(2));
    assert_eq!((breaker.state(), counted(&breaker)), (State::Closed, [1, 1, 0]));
    assert_eq!(list().await, Ok(2));
    assert_eq!(counted(&breaker), [4, 1, 0], "closed: each call counts separately");
}

#[test]
fn a_plain_function_that_calls_another_of_its_service_closes_the_circuit() {
    let breaker = breaker("nested plain");
    assert_eq!(get_plain(false), Err(StoreError::Broken));
    assert_eq!(list_plain(), Ok(2));
    assert_eq!((breaker.state(), counted(&breaker)), (State::Closed, [1, 1, 0]));
}

#[test]
fn the_fallback_of_a_probe_runs_after_it_and_that_of_a_nested_call_within_it() {
    let breaker = breaker("nested fallback");
    assert_eq!(block_on(get_or_five(false)), Ok(5));
    assert_eq!((counted(&breaker), breaker.metrics().fallback_successes), ([0, 1, 0], 1));
    assert_eq!(block_on(list_or("a".to_owned())), Ok(7));
    let m = breaker.metrics();
    // The fallback of a call within the probe is not counted; the fallback of the rejected call has failed.
    assert_eq!((counted(&breaker), m.fallback_successes, m.fallback_failures), ([0, 2, 1], 2, 1));
}
