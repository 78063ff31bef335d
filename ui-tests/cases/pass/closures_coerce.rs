use std::error::Error;

use breaker_core::{CircuitBreakerError, circuit_breaker};
use ui_tests::Down;

#[circuit_breaker(service = "s", fallback = |_| Ok(&[]))]
fn plain() -> Result<&'static [u8], Down> {
    Err(Down)
}

#[circuit_breaker(service = "s", fallback = |_| Ok(&[]))]
async fn later() -> Result<&'static [u8], Down> {
    Err(Down)
}

#[circuit_breaker(service = "s", fallback = |_| { println!("spare"); Ok(Box::new(3)) })]
async fn at_the_end_of_a_block() -> Result<Box<dyn ToString>, Down> {
    Err(Down)
}

#[circuit_breaker(service = "s", fallback = |_| async move { Ok(&[]) })]
async fn future() -> Result<&'static [u8], Down> {
    Err(Down)
}

#[circuit_breaker(service = "s", fallback = async |_| Ok(&[]))]
async fn async_closure() -> Result<&'static [u8], Down> {
    Err(Down)
}

#[circuit_breaker(service = "s", fallback = async |_| { if false { return Err(Down); } Ok(&[]) })]
async fn async_closure_that_returns() -> Result<&'static [u8], Down> {
    Err(Down)
}

#[circuit_breaker(service = "errors", map_error = |error| Box::new(error))]
fn boxed_error() -> Result<u8, Box<dyn Error>> {
    Ok(1)
}

#[circuit_breaker(service = "errors", map_error = |error: CircuitBreakerError| Box::new(error))]
async fn boxed_error_later() -> Result<u8, Box<dyn Error + Send + Sync>> {
    Ok(1)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(plain(), Ok(&[][..]));
    assert_eq!(later().await, Ok(&[][..]));
    assert_eq!(at_the_end_of_a_block().await.map(|found| found.to_string()).ok().as_deref(), Some("3"));
    assert_eq!(future().await, Ok(&[][..]));
    assert_eq!(async_closure().await, Ok(&[][..]));
    assert_eq!(async_closure_that_returns().await, Ok(&[][..]));
    assert_eq!(boxed_error().ok(), Some(1));
    assert_eq!(boxed_error_later().await.ok(), Some(1));
}
