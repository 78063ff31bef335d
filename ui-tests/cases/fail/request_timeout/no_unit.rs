use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", request_timeout = "2")]
async fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
