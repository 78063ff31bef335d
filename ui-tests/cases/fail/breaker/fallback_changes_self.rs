use breaker_core::{CircuitBreaker, circuit_breaker};
use ui_tests::Down;

struct Client {
    breaker: CircuitBreaker,
    name: String,
}

impl Client {
    #[circuit_breaker(breaker = &self.breaker, fallback = Self::cached)]
    async fn get(&mut self) -> Result<usize, Down> {
        Ok(1)
    }

    async fn cached(&mut self, _: Down) -> Result<usize, Down> {
        self.name.clear();
        Ok(0)
    }
}

fn main() {}
