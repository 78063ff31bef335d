//! Scopes: tests of annotated code in one process, in parallel and in any order. A program of its own, run by the threads of
//! plain `cargo test`.

#![allow(
    clippy::needless_pass_by_value,
    clippy::unused_async,
    reason = "a fallback has the shape of its function: parameters by value, async whether it waits or not"
)]

mod borrowing;
mod carried;
mod fault_misuse;
mod faults;
mod isolation;
mod readme;
mod time;

use std::panic::{AssertUnwindSafe, catch_unwind};

use breaker_core::{CircuitBreaker, CircuitBreakerError, Registry};

#[derive(Clone, Debug, PartialEq)]
enum StoreError {
    Unreachable,
    Missing,
    Breaker(CircuitBreakerError),
}

impl From<CircuitBreakerError> for StoreError {
    fn from(error: CircuitBreakerError) -> Self {
        Self::Breaker(error)
    }
}

/// The breaker of a service in the scope of this thread.
fn breaker(service: &str) -> CircuitBreaker {
    Registry::global().get(service).expect("annotated")
}

/// The message of a panic.
fn panic_of<T>(run: impl FnOnce() -> T) -> String {
    let payload = catch_unwind(AssertUnwindSafe(run)).err().expect("it panics");
    payload
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| Some((*payload.downcast_ref::<&str>()?).to_owned()))
        .expect("text")
}

#[test]
fn the_readme_shows_these_tests() {
    let (_, code) = include_str!("readme.rs").split_once("\n\n").expect("a line of documentation first");
    assert!(include_str!("../../../README.md").contains(code), "copy readme.rs into the section on tests");
}
