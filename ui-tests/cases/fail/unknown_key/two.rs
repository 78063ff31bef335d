use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", open_time = "30s", colour = "red")]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}

// mistakes: 2
