#![deny(warnings, unused)]

use breaker_core::circuit_breaker;
use ui_tests::Down;

use std::future::Future;
use std::pin::Pin;

#[circuit_breaker(service = "s")]
async fn one(id: u32) -> Result<u32, Down> { std::future::ready(Ok(id)).await }

#[circuit_breaker(service = "s")]
fn plain(id: u32) -> Result<u32, Down> { Ok(id) }

#[circuit_breaker(service = "s")]
fn boxed(id: u32) -> Pin<Box<dyn Future<Output = Result<u32, Down>>>> { Box::pin(async move { Ok(id) }) }

#[circuit_breaker(service = "s")]
fn opaque(id: u32) -> impl Future<Output = Result<u32, Down>> { one(id) }

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((one(1).await, plain(2), boxed(3).await, opaque(4).await), (Ok(1), Ok(2), Ok(3), Ok(4)));
}
