use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s")]
async fn call() -> Result<usize, Down> {
    let text: &str = 5;
    Ok(text.len())
}

fn main() {}
