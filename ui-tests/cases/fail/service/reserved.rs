use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "defaults")]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
