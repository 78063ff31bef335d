use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", window = "100 calls")]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
