use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", ignore_if = |error: &String| error.is_empty())]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
