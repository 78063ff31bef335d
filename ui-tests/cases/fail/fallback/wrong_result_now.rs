use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", fallback = cached)]
async fn call(id: u32) -> Result<String, Down> {
    Ok(id.to_string())
}

fn cached(_: u32, _: Down) -> Result<u32, Down> {
    Err(Down)
}

fn main() {}
