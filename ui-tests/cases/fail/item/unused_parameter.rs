#![deny(unused)]

use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", fallback = |_| Ok(seen))]
pub async fn call(seen: u32, unseen: u32) -> Result<u32, Down> {
    Err(Down)
}

fn main() {
    drop(call(1, 2));
}
