use breaker_core::circuit_breaker;

#[circuit_breaker(service = "s")]
async fn call() -> Option<u32> {
    Some(1)
}

fn main() {}
