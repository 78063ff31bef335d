use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", fallback = cached)]
fn call((a, b): (u32, u32)) -> Result<u32, Down> {
    Ok(a + b)
}

fn cached(_: (u32, u32), error: Down) -> Result<u32, Down> {
    Err(error)
}

fn main() {}
