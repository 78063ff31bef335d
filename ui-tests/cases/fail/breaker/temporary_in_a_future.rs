use breaker_core::{CircuitBreaker, circuit_breaker};
use ui_tests::Down;

struct Client {
    breaker: CircuitBreaker,
    name: String,
}

impl Client {
    #[circuit_breaker(breaker = &self.breaker.clone())]
    fn get(&self) -> impl Future<Output = Result<usize, Down>> {
        async { Ok(self.name.len()) }
    }
}

fn main() {}
