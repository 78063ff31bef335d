use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", crate = ::no_such_crate)]
fn call() -> impl Future<Output = Result<u32, Down>> {
    async move { Ok(0) }
}

fn main() {}
