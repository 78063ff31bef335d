//! Each exit of an annotated function is recorded once (case 35).

use breaker_core::{CircuitBreakerError, Registry, circuit_breaker};
use breaker_tests::{assert_identity, block_on};

#[derive(Debug, PartialEq)]
enum Error {
    Text,
    Rejected,
}

impl From<std::num::ParseIntError> for Error {
    fn from(_: std::num::ParseIntError) -> Self {
        Self::Text
    }
}

impl From<CircuitBreakerError> for Error {
    fn from(_: CircuitBreakerError) -> Self {
        Self::Rejected
    }
}

#[circuit_breaker(service = "exits-plain", failure_threshold = 1_000)]
fn plain(text: &str) -> Result<i32, Error> {
    if text.is_empty() {
        return Ok(0);
    }
    if text == "no" {
        return Err(Error::Text);
    }
    for part in text.split(',') {
        let number: i32 = part.parse()?;
        if number > 9 {
            return Ok(number);
        }
    }
    Ok(1)
}

#[circuit_breaker(service = "exits-async", failure_threshold = 1_000)]
async fn later(text: &str) -> Result<i32, Error> {
    if text.is_empty() {
        return Ok(0);
    }
    if text == "no" {
        return Err(Error::Text);
    }
    for part in text.split(',') {
        std::future::ready(()).await;
        let number: i32 = part.parse()?;
        if number > 9 {
            return Ok(number);
        }
    }
    Ok(1)
}

#[test]
fn case_35_every_exit_of_an_annotated_function_is_recorded_once() {
    let exits = [("", Ok(0)), ("no", Err(Error::Text)), ("1,x", Err(Error::Text)), ("1,10,x", Ok(10)), ("1,2", Ok(1))];
    for (index, (text, expected)) in exits.iter().enumerate() {
        assert_eq!(&plain(text), expected);
        assert_eq!(&block_on(later(text)), expected);
        let so_far = &exits[..=index];
        let good = so_far.iter().filter(|(_, result)| result.is_ok()).count() as u64;
        for service in ["exits-plain", "exits-async"] {
            let breaker = Registry::global().get(service).expect("annotated");
            let m = breaker.metrics();
            assert_eq!((m.requests, m.successes), (so_far.len() as u64, good), "{service} after {text:?}");
            assert_eq!((m.failures, m.in_flight), (m.requests - good, 0), "{service} after {text:?}");
            assert_identity(&breaker);
        }
    }
}
