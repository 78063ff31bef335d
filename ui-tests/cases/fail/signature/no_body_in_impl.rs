use breaker_core::circuit_breaker;
use ui_tests::Down;

struct Client;

impl Client {
    #[circuit_breaker(service = "s")]
    fn call(id: u32) -> impl Future<Output = Result<u32, Down>>;
}

fn main() {}
