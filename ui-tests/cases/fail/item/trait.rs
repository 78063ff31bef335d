use breaker_core::circuit_breaker;
use ui_tests::Down;

#[circuit_breaker(service = "s")]
trait Store {
    fn call(&self) -> Result<(), Down>;
}

fn main() {}
