use std::rc::Rc;

use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s")]
async fn call(count: Rc<u32>) -> Result<u32, Down> {
    std::future::ready(()).await;
    Ok(*count)
}

fn must_be_send(_: impl Send) {}

fn main() {
    must_be_send(call(Rc::new(1)));
}
