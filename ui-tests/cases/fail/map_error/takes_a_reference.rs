use breaker_core::circuit_breaker;

#[circuit_breaker(service = "s", map_error = text)]
async fn call() -> Result<u32, String> {
    Ok(1)
}

fn text(error: &breaker_core::CircuitBreakerError) -> String {
    error.to_string()
}

fn main() {}
