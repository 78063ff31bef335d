use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", slow_call_durration = "2s", slow_call_rate = 0.5)]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
