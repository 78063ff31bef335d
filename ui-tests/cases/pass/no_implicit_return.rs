#![deny(warnings, clippy::implicit_return)]
#![allow(missing_docs, clippy::needless_return)]
//! A crate that denies implicit returns.

use std::pin::Pin;

use breaker_core::{CircuitBreakerError, circuit_breaker};
use ui_tests::Down;

#[circuit_breaker(service = "s")]
pub fn plain() -> Result<u8, CircuitBreakerError> {
    return Ok(1);
}

#[circuit_breaker(service = "s", fallback = |error| return Err(error))]
pub async fn later(name: String) -> Result<usize, Down> {
    return Ok(name.len());
}

#[circuit_breaker(service = "s")]
pub fn eager(name: String) -> impl Future<Output = Result<usize, Down>> {
    return async move { return Ok(name.len()) };
}

#[circuit_breaker(service = "s")]
pub fn boxed(name: String) -> Pin<Box<dyn Future<Output = Result<usize, Down>>>> {
    return Box::pin(async move { return Ok(name.len()) });
}

fn main() {}
