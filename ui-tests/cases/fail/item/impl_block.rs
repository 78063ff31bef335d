use breaker_core::circuit_breaker;
use ui_tests::Down;

struct Client;

#[circuit_breaker(service = "s")]
impl Client {
    fn call(&self) -> Result<(), Down> {
        Ok(())
    }
}

fn main() {
    let _ = Client.call();
}
