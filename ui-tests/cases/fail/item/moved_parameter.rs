use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s")]
async fn call(name: String) -> Result<usize, Down> {
    drop(name);
    Ok(name.len())
}

fn main() {}
