use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", classify = |_| breaker_core::Outcome::Success, ignore_if = |_| true)]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
