use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s")]
async fn unit() -> Result<(), Down> {
    Ok(())
}

#[circuit_breaker(service = "s")]
fn only_fails() -> Result<std::convert::Infallible, Down> {
    Err(Down)
}

#[circuit_breaker(service = "s")]
async fn diverges(really: bool) -> Result<u32, Down> {
    if really {
        loop {
            tokio::task::yield_now().await;
        }
    }
    Err(Down)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(unit().await, Ok(()));
    assert!(only_fails().is_err());
    assert_eq!(diverges(false).await, Err(Down));
}
