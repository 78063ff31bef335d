use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = format!("user-{user}"))]
async fn call(user: u32) -> Result<u32, Down> {
    Ok(user)
}

fn main() {}
