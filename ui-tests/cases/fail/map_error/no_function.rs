use breaker_core::circuit_breaker;

struct Unit;

#[circuit_breaker(service = "s", map_error = Unit)]
fn call() -> Result<u32, String> {
    Ok(1)
}

fn main() {}
