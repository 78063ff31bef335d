use breaker_core::{CircuitBreaker, circuit_breaker};
use ui_tests::Down;

struct Client {
    breaker: CircuitBreaker,
    name: String,
}

impl Client {
    #[circuit_breaker(breaker = self.breaker)]
    async fn get(&self) -> Result<usize, Down> {
        Ok(self.name.len())
    }
}

fn main() {}
