//! What a test can't inject: each panic says why.

use std::any::type_name;

use breaker_core::{Clock, Fault, Registry, circuit_breaker};
use breaker_tests::{block_on, s};

use super::{StoreError, breaker, panic_of};

#[circuit_breaker(service = "misused")]
fn plain() -> Result<u32, StoreError> {
    Ok(1)
}

#[circuit_breaker(service = "misused")]
async fn without_a_timeout() -> Result<u32, StoreError> {
    Ok(1)
}

#[track_caller]
fn assert_says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "`{part}` in: {message}");
    }
}

#[test]
fn a_service_that_no_function_has() {
    let scope = Registry::scope();
    let message = panic_of(|| scope.inject("misusd", Fault::timeout()));
    assert_says(&message, &["no annotated function has the service `misusd`", "did you mean `misused`?"]);
    assert_says(&panic_of(|| scope.clear("misusd")), &["`misusd`"]);
    scope.registry().get_or_create("by hand", breaker_core::Config::default());
    assert_says(&panic_of(|| scope.inject("by hand", Fault::timeout())), &["`by hand`"]);
}

#[test]
fn an_error_of_another_type() {
    let scope = Registry::scope();
    scope.inject("misused", Fault::error(|| 7_u8));
    assert_says(&panic_of(plain), &["`misused`", "`u8`", type_name::<StoreError>()]);
    assert_says(&panic_of(|| block_on(without_a_timeout())), &["`u8`", type_name::<StoreError>()]);
    assert_eq!((breaker("misused").metrics().failures, breaker("misused").metrics().in_flight), (2, 0));
}

#[test]
fn a_timeout_where_there_is_none() {
    let scope = Registry::scope();
    scope.inject("misused", Fault::timeout());
    assert_says(&panic_of(plain), &["`misused`", "a plain `fn` can't time out"]);
    assert_says(&panic_of(|| block_on(without_a_timeout())), &["`misused`", "`request_timeout`"]);
}

#[test]
fn a_plain_function_that_would_have_to_wait() {
    let scope = Registry::scope_on(Clock::monotonic());
    scope.inject("misused", Fault::latency(s(1.0)));
    assert_says(&panic_of(plain), &["`misused`", "a plain `fn` can't wait"]);
}

#[tokio::test(start_paused = true)]
async fn under_paused_time_a_plain_function_can_not_wait_and_the_scope_is_not_moved_by_hand() {
    let scope = Registry::scope();
    scope.inject("misused", Fault::latency(s(1.0)));
    assert_says(&panic_of(plain), &["a plain `fn` can't wait"]);
    assert_says(&panic_of(|| scope.advance(s(1.0))), &["tokio::time::advance"]);
}

#[test]
fn a_panic_in_what_makes_the_error_is_a_failure() {
    let scope = Registry::scope();
    scope.inject("misused", Fault::error(|| -> StoreError { panic!("on purpose") }));
    assert_says(&panic_of(plain), &["on purpose"]);
    assert_eq!(breaker("misused").metrics().failures, 1);
}
