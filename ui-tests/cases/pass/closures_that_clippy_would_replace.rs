#![deny(warnings, clippy::pedantic)]
#![allow(missing_docs, clippy::missing_errors_doc, clippy::must_use_candidate, clippy::unnecessary_wraps, clippy::unused_async)]
//! A path in place of these closures would also get the parameters. (Clippy does not run here; `attribute_lints` in `tests/`
//! has the same code, where it does.)

use breaker_core::circuit_breaker;
use ui_tests::Down;

fn spare(error: Down) -> Result<u32, Down> {
    Err(error)
}

async fn spare_later(error: Down) -> Result<u32, Down> {
    Err(error)
}

#[circuit_breaker(service = "s", fallback = |error| spare(error))]
pub fn plain(id: u32) -> Result<u32, Down> {
    Ok(id)
}

#[circuit_breaker(service = "s", fallback = |error| spare(error))]
pub async fn later(id: u32) -> Result<u32, Down> {
    Ok(id)
}

#[circuit_breaker(service = "s", fallback = |error| spare_later(error))]
pub async fn gives_a_future(id: u32) -> Result<u32, Down> {
    Ok(id)
}

#[circuit_breaker(service = "s", fallback = async |error| spare_later(error).await)]
pub async fn async_closure(id: u32) -> Result<u32, Down> {
    Ok(id)
}

#[circuit_breaker(service = "s", fallback = |_| Ok(Default::default()))]
pub async fn default(id: u32) -> Result<u32, Down> {
    Ok(id)
}

fn main() {}
