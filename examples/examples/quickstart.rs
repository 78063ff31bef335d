//! One line over a function: `cargo run -p examples --example quickstart`.

use breaker_core::{CircuitBreakerError, Registry, circuit_breaker};

#[derive(Debug, thiserror::Error)]
enum RateError {
    #[error("the rate server does not answer")]
    Down,
    // Where a rejection goes when there is no fallback.
    #[error(transparent)]
    Rejected(#[from] CircuitBreakerError),
}

/// Stands for a call over the network: the server is down.
async fn ask_server(_currency: &str) -> Result<f64, RateError> {
    tokio::task::yield_now().await;
    Err(RateError::Down)
}

#[circuit_breaker(service = "rates", failure_threshold = 3, request_timeout = "1s", fallback = yesterday)]
async fn rate(currency: &str) -> Result<f64, RateError> {
    ask_server(currency).await
}

/// The same parameters, then the error that the caller would otherwise have got.
fn yesterday(currency: &str, error: RateError) -> Result<f64, RateError> {
    println!("  fallback, because {error}");
    if currency == "CHF" { Ok(0.93) } else { Err(error) }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RateError> {
    for call in 1..=5 {
        println!("call {call}");
        println!("  CHF {}", rate("CHF").await?);
    }
    for one in Registry::global().metrics().services {
        println!(
            "{} is {:?}: {} failures, {} rejected, {} fallbacks",
            one.service, one.state, one.failures, one.rejections, one.fallback_successes
        );
    }
    Ok(())
}
