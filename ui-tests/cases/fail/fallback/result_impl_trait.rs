use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", fallback = |_| Ok(Vec::new().into_iter()))]
fn call() -> Result<impl Iterator<Item = u32>, Down> {
    Ok([1].into_iter())
}

fn main() {}
