#![deny(unreachable_code, unused_mut)]

use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s")]
async fn call(mut never_changed: u32) -> Result<u32, Down> {
    return Ok(never_changed);
    println!("too late");
}

fn main() {
    drop(call(1));
}

// mistakes: 2
