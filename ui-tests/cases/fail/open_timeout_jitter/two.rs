use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", open_timeout_jitter = 2.0)]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
