use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", classify = |_| true)]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
