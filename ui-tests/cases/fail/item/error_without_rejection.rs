use breaker_core::circuit_breaker;

#[derive(Debug)]
struct Plain;

#[circuit_breaker(service = "s")]
async fn call() -> Result<(), Plain> {
    Err(Plain)
}

fn main() {}
