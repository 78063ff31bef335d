use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", fallback = |error| Err(error.))]
fn call(id: u32) -> Result<u32, Down> {
    Ok(id)
}

fn main() {}
