use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s")]
fn plain(cached: Result<u32, Down>) -> Result<u32, Down> {
    cached.
}

#[circuit_breaker(service = "s")]
async fn later(cached: Result<u32, Down>) -> Result<u32, Down> {
    cached.
}

fn main() {}

// mistakes: 2
