use breaker_core::circuit_breaker;
use ui_tests::Down;

use std::fmt::Display;

#[circuit_breaker(service = "s")]
async fn takes(value: impl Display + Send) -> Result<String, Down> {
    Ok(value.to_string())
}

#[circuit_breaker(service = "s")]
fn gives(n: u32) -> Result<impl Iterator<Item = u32>, Down> {
    Ok(0..n)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(takes(1).await.as_deref(), Ok("1"));
    assert_eq!(gives(3).map(Iterator::count), Ok(3));
}
