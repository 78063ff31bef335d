#![deny(unused_must_use)]

use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s")]
async fn call() -> Result<(), Down> {
    Err::<(), _>(Down);
    Ok(())
}

fn main() {
    call();
}

// mistakes: 2
