use breaker_core::circuit_breaker;
use ui_tests::Down;

trait Store {
    #[circuit_breaker(service = "s")]
    fn call(&self) -> Result<(), Down>;
}

fn main() {}
