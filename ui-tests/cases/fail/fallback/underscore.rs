use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", fallback = cached)]
fn call(_: u32) -> Result<u32, Down> {
    Ok(1)
}

fn cached(_: u32, error: Down) -> Result<u32, Down> {
    Err(error)
}

fn main() {}
