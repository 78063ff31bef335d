use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", request_timeout = "1s")]
async fn call(id: u32) -> Result<u32, Down> {
    tokio::task::yield_now().await;
    Ok(id)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(call(7).await, Ok(7));
}
