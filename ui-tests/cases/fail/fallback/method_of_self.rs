use breaker_core::circuit_breaker;
use ui_tests::Down;

struct Client;

impl Client {
    #[circuit_breaker(service = "s", fallback = self.cached)]
    fn call(&self) -> Result<(), Down> {
        Ok(())
    }
}

fn main() {}
