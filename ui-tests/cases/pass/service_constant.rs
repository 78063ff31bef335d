//! The name of a service can be a constant.

use breaker_core::{Registry, circuit_breaker};
use ui_tests::Down;

mod services {
    pub const STORE: &str = "store of a constant";
}

struct Store;

impl Store {
    #[circuit_breaker(service = services::STORE)]
    fn read(&self) -> Result<u32, Down> {
        Ok(1)
    }

    #[circuit_breaker(service = crate::services::STORE, request_timeout = "1s")]
    async fn write(&self) -> Result<u32, Down> {
        Ok(2)
    }
}

fn main() {
    assert_eq!(Store.read().ok(), Some(1));
    drop(Store.write());
    let breaker = Registry::global().get(services::STORE).expect("named by an attribute");
    assert_eq!(breaker.metrics().successes, 1);
}
