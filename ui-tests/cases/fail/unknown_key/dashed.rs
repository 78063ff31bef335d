use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", half-open-max-calls = 5)]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
