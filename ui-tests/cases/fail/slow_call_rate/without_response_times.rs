use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", slow_call_rate = 0.5, slow_call_duration = "1s", response_times = false)]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
