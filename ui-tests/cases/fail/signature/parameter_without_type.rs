use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s")]
async fn call(id) -> Result<u32, Down> {
    Ok(id)
}

fn main() {}
