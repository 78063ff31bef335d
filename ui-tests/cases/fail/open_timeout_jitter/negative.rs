use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", open_timeout_jitter = -0.1)]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
