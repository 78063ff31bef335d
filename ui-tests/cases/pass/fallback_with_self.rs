use breaker_core::circuit_breaker;
use ui_tests::Down;

struct Client {
    copy: String,
}

impl Client {
    #[circuit_breaker(service = "s", fallback = Self::copy)]
    async fn read(&self, key: &str) -> Result<String, Down> {
        if key.is_empty() { Err(Down) } else { Ok(key.to_owned()) }
    }

    async fn copy(&self, _key: &str, _error: Down) -> Result<String, Down> {
        Ok(self.copy.clone())
    }

    #[circuit_breaker(service = "s", fallback = |_| Ok(self.copy.len()))]
    fn length(&self, key: &str) -> Result<usize, Down> {
        if key.is_empty() { Err(Down) } else { Ok(key.len()) }
    }

    #[circuit_breaker(service = "s", fallback = Self::refill)]
    async fn take(&mut self) -> Result<String, Down> {
        self.copy.clear();
        Err(Down)
    }

    fn refill(&mut self, _error: Down) -> Result<String, Down> {
        assert!(self.copy.is_empty());
        self.copy.push_str("full");
        Ok(self.copy.clone())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut client = Client { copy: "old".into() };
    assert_eq!(client.read("new").await.as_deref(), Ok("new"));
    assert_eq!(client.read("").await.as_deref(), Ok("old"));
    assert_eq!(client.length(""), Ok(3));
    assert_eq!(client.take().await.as_deref(), Ok("full"));
}
