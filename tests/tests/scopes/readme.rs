//! The tests that the README shows, word for word.

use breaker_core::{CircuitBreakerError, Fault, Registry, State, circuit_breaker};
use std::time::Duration;

#[derive(Debug, PartialEq)]
enum PhotoError {
    Unreachable,
    Breaker(CircuitBreakerError),
}

impl From<CircuitBreakerError> for PhotoError {
    fn from(error: CircuitBreakerError) -> Self {
        Self::Breaker(error)
    }
}

#[circuit_breaker(service = "photos", failure_threshold = 2, success_threshold = 1, request_timeout = "2s")]
async fn photo(key: &str) -> Result<String, PhotoError> {
    Ok(format!("photo of {key}")) // stands for a request
}

#[circuit_breaker(service = "photos", fallback = |_| Ok("placeholder".to_owned()))]
async fn thumbnail(key: &str) -> Result<String, PhotoError> {
    Ok(format!("thumbnail of {key}"))
}

#[tokio::test]
async fn opens_after_two_failures_and_recovers() {
    let scope = Registry::scope(); // this test's own breakers and clock
    scope.inject("photos", Fault::error(|| PhotoError::Unreachable).times(2));
    assert_eq!(photo("cat").await, Err(PhotoError::Unreachable));
    assert_eq!(photo("cat").await, Err(PhotoError::Unreachable));

    let photos = scope.registry().get("photos").unwrap();
    assert_eq!(photos.state(), State::Open);
    assert!(matches!(photo("cat").await, Err(PhotoError::Breaker(error)) if error.is_rejected()));

    scope.advance(Duration::from_secs(30)); // the open timeout
    assert_eq!(photo("cat").await.unwrap(), "photo of cat");
    assert_eq!(photos.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn gives_up_after_two_seconds() {
    let scope = Registry::scope(); // follows tokio's paused time
    scope.inject("photos", Fault::latency(Duration::from_secs(3)));
    let start = tokio::time::Instant::now();
    assert!(matches!(photo("cat").await, Err(PhotoError::Breaker(error)) if error.is_timeout()));
    assert_eq!(start.elapsed(), Duration::from_secs(2));
}

#[tokio::test]
async fn shows_a_placeholder_while_photos_are_down() {
    let scope = Registry::scope();
    scope.inject("photos", Fault::error(|| PhotoError::Unreachable));
    assert_eq!(thumbnail("cat").await.unwrap(), "placeholder");
    scope.clear("photos");
    assert_eq!(thumbnail("cat").await.unwrap(), "thumbnail of cat");
}
