use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", enable_health_check = 1)]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
