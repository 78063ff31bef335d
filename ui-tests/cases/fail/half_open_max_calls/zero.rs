use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", half_open_max_calls = 0)]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
