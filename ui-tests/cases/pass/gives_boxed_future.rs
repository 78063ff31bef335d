use breaker_core::circuit_breaker;
use ui_tests::Down;

use std::future::Future;
use std::pin::Pin;

#[circuit_breaker(service = "s")]
fn call<'a>(name: &'a str) -> Pin<Box<dyn Future<Output = Result<usize, Down>> + Send + 'a>> {
    Box::pin(async move {
        tokio::task::yield_now().await;
        Ok(name.len())
    })
}

#[circuit_breaker(service = "s")]
fn made_elsewhere(name: &str) -> Pin<Box<dyn Future<Output = Result<usize, Down>> + Send + '_>> {
    call(name)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(call("abc").await, Ok(3));
    assert_eq!(made_elsewhere("abc").await, Ok(3));
}
