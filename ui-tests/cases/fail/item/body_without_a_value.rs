use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s")]
async fn call() -> Result<u32, Down> {
    let _ = Err::<u32, _>(Down)?;
}

fn main() {}
