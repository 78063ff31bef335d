use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", crate = breaker_core)]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
