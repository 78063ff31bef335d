use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", consecutive_failures = off, failure_rate = off)]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
