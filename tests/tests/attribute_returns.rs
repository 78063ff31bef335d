//! In a crate that enables `clippy::implicit_return`, generated code must not trigger it.

#![deny(clippy::implicit_return)]
#![allow(clippy::needless_return, reason = "the opposite of what is tested")]

use std::pin::Pin;

use breaker_core::{CircuitBreakerError, circuit_breaker};
use breaker_tests::block_on;

type Count = Result<usize, CircuitBreakerError>;

#[expect(clippy::unnecessary_wraps, reason = "a fallback has this shape")]
fn spare(name: String, _: CircuitBreakerError) -> Count {
    return Ok(name.len());
}

#[circuit_breaker(service = "returns")]
fn plain(name: &str) -> Count {
    return Ok(name.len());
}

#[circuit_breaker(service = "returns", fallback = spare)]
fn plain_with_a_path(name: String) -> Count {
    return Ok(name.len());
}

#[circuit_breaker(service = "returns", fallback = |error| return Err(error), ignore_if = |_| return false)]
fn plain_with_a_closure(name: &str) -> Count {
    return Ok(name.len());
}

#[track_caller]
#[circuit_breaker(service = "returns")]
fn tracked(name: &str) -> Count {
    return Ok(name.len());
}

#[circuit_breaker(service = "returns")]
async fn later(name: &str) -> Count {
    return Ok(name.len());
}

#[circuit_breaker(service = "returns", fallback = spare)]
async fn later_with_a_path(name: String) -> Count {
    return Ok(name.len());
}

#[circuit_breaker(service = "returns", fallback = |error| return Err(error), map_error = |error| return error)]
async fn later_with_a_closure(name: String) -> Count {
    return Ok(name.len());
}

#[circuit_breaker(service = "returns", fail_fast = false)]
fn opaque(name: &str) -> impl Future<Output = Count> {
    return async move { return Ok(name.len()) };
}

#[circuit_breaker(service = "returns")]
fn boxed(name: String) -> Pin<Box<dyn Future<Output = Count>>> {
    return Box::pin(async move { return Ok(name.len()) });
}

#[test]
fn generated_code_has_each_return_written() {
    let name = || return "abc".to_owned();
    assert_eq!((plain("abc"), plain_with_a_path(name()), plain_with_a_closure("abc")), (Ok(3), Ok(3), Ok(3)));
    assert_eq!((tracked("abc"), block_on(later("abc")), block_on(opaque("abc"))), (Ok(3), Ok(3), Ok(3)));
    assert_eq!(block_on(later_with_a_path(name())), Ok(3));
    assert_eq!((block_on(later_with_a_closure(name())), block_on(boxed(name()))), (Ok(3), Ok(3)));
}
