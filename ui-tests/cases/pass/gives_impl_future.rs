use breaker_core::circuit_breaker;
use ui_tests::Down;

use std::future::Future;

#[circuit_breaker(service = "s", request_timeout = "1s")]
fn call(id: u32) -> impl Future<Output = Result<u32, Down>> + Send {
    let doubled = id * 2;
    async move {
        tokio::task::yield_now().await;
        Ok(doubled)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(call(2).await, Ok(4));
}
