//! The attribute with a fallback: callers get yesterday's rate while the server is down.

use breaker_core::{CircuitBreakerError, Registry, State, circuit_breaker};

#[derive(Debug)]
enum RateError {
    Down,
    // A rejected call becomes this. With thiserror: `Breaker(#[from] CircuitBreakerError)`.
    Breaker(CircuitBreakerError),
}

impl From<CircuitBreakerError> for RateError {
    fn from(error: CircuitBreakerError) -> Self {
        Self::Breaker(error)
    }
}

#[circuit_breaker(service = "rates", failure_threshold = 3, request_timeout = "1s", fallback = yesterday)]
async fn rate(currency: &str) -> Result<f64, RateError> {
    ask_server(currency).await
}

/// The same parameters, then the error that the caller would otherwise get.
fn yesterday(currency: &str, error: RateError) -> Result<f64, RateError> {
    match &error {
        RateError::Down => println!("  fallback: the server does not answer"),
        RateError::Breaker(error) => println!("  fallback: {error}"),
    }
    if currency == "CHF" { Ok(0.93) } else { Err(error) }
}

/// Stands for a call over the network.
async fn ask_server(_currency: &str) -> Result<f64, RateError> {
    tokio::task::yield_now().await;
    Err(RateError::Down)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RateError> {
    for call in 1..=5 {
        println!("call {call}");
        println!("  CHF {}", rate("CHF").await?);
    }
    let rates = Registry::global().get("rates").expect("named by the attribute").metrics();
    println!("{} is {}: {} failures, {} rejections", rates.service, rates.state, rates.failures, rates.rejections);
    assert_eq!((rates.state, rates.failures, rates.rejections, rates.fallback_successes), (State::Open, 3, 2, 5));
    Ok(())
}
