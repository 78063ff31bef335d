use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", slow_call_rate = 2.0, slow_call_duration = "1s")]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
