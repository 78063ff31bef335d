use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", fallback = cached)]
async fn call(id: u32, name: &str) -> Result<String, Down> {
    Ok(format!("{id} {name}"))
}

async fn cached(_: u32, _: &str, _: Down) -> Option<String> {
    None
}

fn main() {}
