use breaker_core::{CircuitBreakerError, circuit_breaker};

#[circuit_breaker(service = "s3")]
fn fetch() -> Result<u32, CircuitBreakerError> = Ok(1);

fn main() {
    let _ = fetch();
}
