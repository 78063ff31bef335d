use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", fallback = "cached")]
fn call(id: u32, name: &str) -> Result<String, Down> {
    Ok(format!("{id} {name}"))
}

fn main() {}
