use breaker_core::circuit_breaker;

#[circuit_breaker(service = "s")]
fn call() -> u32 {
    1
}

fn main() {}
