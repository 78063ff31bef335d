use breaker_core::circuit_breaker;
use ui_tests::Down;

struct Store;

impl Store {
    const NAME: &'static str = "s3";

    #[circuit_breaker(service = Self::NAME)]
    fn call(&self) -> Result<(), Down> {
        Ok(())
    }
}

fn main() {
    let _ = (Store.call(), Store::NAME);
}
