use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s", fallback = cached)]
fn call(token: Token) -> Result<(), Down> {
    drop(token);
    Ok(())
}

struct Token;

fn cached(_: Token, error: Down) -> Result<(), Down> {
    Err(error)
}

fn main() {}
