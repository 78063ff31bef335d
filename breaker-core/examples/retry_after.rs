//! `classify` with a `Retry-After`: the circuit opens for as long as the service asks.

use std::time::Duration;

use breaker_core::{CircuitBreakerError, Outcome, Registry, circuit_breaker};

#[derive(Debug)]
enum ApiError {
    TooManyRequests { retry_after: Option<Duration> },
    NotFound,
    Breaker(CircuitBreakerError),
}

impl From<CircuitBreakerError> for ApiError {
    fn from(error: CircuitBreakerError) -> Self {
        Self::Breaker(error)
    }
}

/// What each result means to the circuit.
fn judge(result: &Result<String, ApiError>) -> Outcome {
    match result {
        // At once, whatever the failures before; at most for `open_timeout_max`.
        Err(ApiError::TooManyRequests { retry_after: Some(after) }) => Outcome::OpenFor(*after),
        Err(ApiError::TooManyRequests { retry_after: None }) => Outcome::Failure,
        // "Not found" is an answer: the service works.
        Ok(_) | Err(ApiError::NotFound) => Outcome::Success,
        Err(ApiError::Breaker(_)) => Outcome::Ignore,
    }
}

#[circuit_breaker(service = "geo", classify = judge)]
async fn locate(address: &str) -> Result<String, ApiError> {
    match address {
        "nowhere" => Err(ApiError::NotFound),
        "everywhere" => Err(ApiError::TooManyRequests { retry_after: Some(Duration::from_secs(90)) }),
        known => Ok(format!("{known}: 47.4 N, 8.5 E")),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!("{:?}", locate("Bahnhofstrasse 1").await);
    println!("{:?}", locate("nowhere").await);
    println!("{:?}", locate("everywhere").await);

    // The next caller is rejected, and learns when to come back.
    let Err(ApiError::Breaker(rejected)) = locate("Bahnhofstrasse 1").await else { panic!("the circuit is open") };
    println!("{rejected}; Retry-After: {:?}", rejected.retry_after_secs());
    assert!(rejected.retry_after_secs().is_some_and(|seconds| seconds <= 90), "of the 90 s");
    let metrics = Registry::global().get("geo").expect("named by the attribute").metrics();
    assert_eq!((metrics.successes, metrics.failures, metrics.rejections), (2, 1, 1));
}
