use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", map_error = |error| error.to_string())]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
