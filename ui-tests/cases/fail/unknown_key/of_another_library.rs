use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", wait_duration_in_open_state = "30s")]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
