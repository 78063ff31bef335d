use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", fail_fast = "false")]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
