use breaker_core::circuit_breaker;

#[circuit_breaker(service = "s", fallback = |_| Ok(1))]
fn call() -> Option<u32> {
    None
}

fn main() {}
