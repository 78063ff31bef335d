use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(serv)]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
