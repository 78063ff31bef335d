use breaker_core::circuit_breaker;
use ui_tests::Down;

#[tracing::instrument(skip(secret))]
#[circuit_breaker(service = "s")]
async fn above(id: u32, secret: &str) -> Result<usize, Down> {
    Ok(id as usize + secret.len())
}

#[circuit_breaker(service = "s")]
#[tracing::instrument(skip(secret))]
async fn below(id: u32, secret: &str) -> Result<usize, Down> {
    Ok(id as usize + secret.len())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((above(1, "a").await, below(1, "a").await), (Ok(2), Ok(2)));
}
