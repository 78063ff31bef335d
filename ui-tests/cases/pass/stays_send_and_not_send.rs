use breaker_core::circuit_breaker;
use ui_tests::Down;

use std::rc::Rc;

#[circuit_breaker(service = "s", request_timeout = "1s", fallback = |_| Ok(0))]
async fn sendable(name: String) -> Result<usize, Down> {
    tokio::task::yield_now().await;
    Ok(name.len())
}

#[circuit_breaker(service = "s")]
async fn local(count: Rc<u32>) -> Result<u32, Down> {
    tokio::task::yield_now().await;
    Ok(*count)
}

fn must_be_send<T: Send>(value: T) -> T {
    value
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(must_be_send(sendable("ab".into())).await, Ok(2));
    assert_eq!(local(Rc::new(2)).await, Ok(2));
}
