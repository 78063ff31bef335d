use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", metrics_log_interval = "0s")]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
