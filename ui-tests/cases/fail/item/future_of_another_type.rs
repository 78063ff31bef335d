use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s")]
fn call() -> impl Future<Output = Result<u32, Down>> {
    async move { Ok("zero") }
}

#[circuit_breaker(service = "s")]
fn no_future() -> impl Future<Output = Result<u32, Down>> {
    Ok(0)
}

fn main() {}

// mistakes: 2
