use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", health_check_successes = 0)]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
