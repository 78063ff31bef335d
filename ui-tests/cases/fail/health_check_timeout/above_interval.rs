use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", health_check_interval = "5s", health_check_timeout = "10s")]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
