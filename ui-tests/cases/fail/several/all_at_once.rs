use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "", failure_threshold = 0, failure_rate = 1.5, open_timeout = "30", colour = 1)]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}

// mistakes: 5
