use breaker_core::{CircuitBreaker, circuit_breaker};
use ui_tests::Down;

struct Client {
    breaker: CircuitBreaker,
    name: String,
}

impl Client {
    #[circuit_breaker(breaker = &self.breaker)]
    async fn get(&mut self) -> Result<usize, Down> {
        self.name.clear();
        Ok(0)
    }
}

fn main() {}
