use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", ignore_if = |_, _| true)]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
