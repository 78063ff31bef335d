use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s")]
fn call(id: mut u32) -> Result<u32, Down> {
    Ok(1)
}

fn main() {}
