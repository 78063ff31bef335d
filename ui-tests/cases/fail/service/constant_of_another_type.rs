use breaker_core::circuit_breaker;
use ui_tests::Down;

const NAME: u32 = 5;

#[circuit_breaker(service = NAME)]
fn call() -> Result<(), Down> {
    Ok(())
}

fn main() {}
