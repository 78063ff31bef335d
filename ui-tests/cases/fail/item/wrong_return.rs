use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s")]
async fn call(id: u32) -> Result<u32, Down> {
    if id < 2 {
        return Ok(if id == 0 { "zero" } else { id });
    }
    Ok(id)
}

fn main() {}
