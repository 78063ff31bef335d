use breaker_core::circuit_breaker;
use ui_tests::Down;

trait Store {
    fn get(&self, key: &str) -> Result<usize, Down>;
    fn get_later(&self, key: &str) -> impl Future<Output = Result<usize, Down>> + Send;
}

struct Memory;

impl Store for Memory {
    #[circuit_breaker(service = "s")]
    fn get(&self, key: &str) -> Result<usize, Down> {
        Ok(key.len())
    }

    #[circuit_breaker(service = "s")]
    async fn get_later(&self, key: &str) -> Result<usize, Down> {
        Ok(key.len())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(Memory.get("a"), Ok(1));
    assert_eq!(Memory.get_later("ab").await, Ok(2));
}
