use breaker_core::circuit_breaker;
use ui_tests::Down;

#[async_trait::async_trait]
trait Store {
    async fn get(&self, key: &str) -> Result<usize, Down>;
}

struct Memory;

#[async_trait::async_trait]
impl Store for Memory {
    #[circuit_breaker(service = "s", fallback = |_| Ok(0))]
    async fn get(&self, key: &str) -> Result<usize, Down> {
        tokio::task::yield_now().await;
        if key.is_empty() { Err(Down) } else { Ok(key.len()) }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let store: Box<dyn Store> = Box::new(Memory);
    assert_eq!((store.get("a").await, store.get("").await), (Ok(1), Ok(0)));
}
