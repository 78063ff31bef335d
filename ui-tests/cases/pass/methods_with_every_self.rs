use breaker_core::circuit_breaker;
use ui_tests::Down;

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

#[derive(Clone)]
struct Client(u32);

impl Client {
    #[circuit_breaker(service = "s")]
    fn by_reference(&self) -> Result<u32, Down> {
        Ok(self.0)
    }

    #[circuit_breaker(service = "s")]
    async fn by_mut(&mut self) -> Result<u32, Down> {
        self.0 += 1;
        Ok(self.0)
    }

    #[circuit_breaker(service = "s")]
    async fn by_value(self) -> Result<u32, Down> {
        Ok(self.0)
    }

    #[circuit_breaker(service = "s")]
    fn by_mut_value(mut self) -> Result<u32, Down> {
        self.0 += 1;
        Ok(self.0)
    }

    #[circuit_breaker(service = "s")]
    fn by_arc(self: Arc<Self>) -> Result<u32, Down> {
        Ok(self.0)
    }

    #[circuit_breaker(service = "s")]
    fn by_rc(self: &Rc<Self>) -> Result<u32, Down> {
        Ok(self.0)
    }

    #[circuit_breaker(service = "s")]
    fn pinned(self: Pin<&Self>) -> Result<u32, Down> {
        Ok(self.0)
    }

    #[circuit_breaker(service = "s")]
    fn without() -> Result<u32, Down> {
        Ok(0)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut client = Client(1);
    assert_eq!(client.by_reference(), Ok(1));
    assert_eq!(client.by_mut().await, Ok(2));
    assert_eq!(client.clone().by_value().await, Ok(2));
    assert_eq!(client.clone().by_mut_value(), Ok(3));
    assert_eq!(Arc::new(client.clone()).by_arc(), Ok(2));
    assert_eq!(Rc::new(client.clone()).by_rc(), Ok(2));
    assert_eq!(Pin::new(&client).pinned(), Ok(2));
    assert_eq!(Client::without(), Ok(0));
}
