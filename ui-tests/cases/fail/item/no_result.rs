use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s")]
fn call() -> u32 {
    1
}

fn main() {}
