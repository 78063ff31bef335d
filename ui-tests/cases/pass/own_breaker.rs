use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};

use breaker_core::{CircuitBreaker, Config, circuit_breaker};
use ui_tests::Down;

static SHARED: LazyLock<CircuitBreaker> = LazyLock::new(|| CircuitBreaker::new("shared", Config::default()));

struct Client {
    breaker: Arc<CircuitBreaker>,
    name: String,
}

impl Client {
    fn breaker(&self) -> &CircuitBreaker {
        &self.breaker
    }

    #[circuit_breaker(
        breaker = &self.breaker,
        request_timeout = "2s",
        fail_fast = true,
        fallback = |_| Ok(0),
        failure_if = |_| true,
        ignore_if = |_| false,
        map_error = |_| Down,
        crate = ::breaker_core
    )]
    async fn every_key(&self) -> Result<usize, Down> {
        tokio::task::yield_now().await;
        Ok(self.name.len())
    }

    #[circuit_breaker(breaker = self.breaker(), fail_fast = false)]
    fn plain(&self, ok: bool) -> Result<usize, Down> {
        if ok { Ok(self.name.len()) } else { Err(Down) }
    }

    #[circuit_breaker(breaker = &self.breaker.clone())]
    async fn rename(&mut self, name: String) -> Result<usize, Down> {
        self.name = name;
        Ok(self.name.len())
    }

    #[circuit_breaker(breaker = &self.breaker)]
    fn future(&self) -> impl Future<Output = Result<usize, Down>> + Send {
        async { Ok(self.name.len()) }
    }

    #[circuit_breaker(breaker = &self.breaker)]
    fn boxed(&self) -> Pin<Box<dyn Future<Output = Result<usize, Down>> + Send + '_>> {
        Box::pin(async { Ok(self.name.len()) })
    }
}

#[async_trait::async_trait]
trait Get {
    async fn get(&self, key: &str) -> Result<usize, Down>;
}

#[async_trait::async_trait]
impl Get for Client {
    #[circuit_breaker(breaker = &self.breaker, fallback = Self::cached)]
    async fn get(&self, key: &str) -> Result<usize, Down> {
        Ok(key.len())
    }
}

impl Client {
    async fn cached(&self, key: &str, _: Down) -> Result<usize, Down> {
        Ok(key.len())
    }
}

#[circuit_breaker(breaker = &SHARED)]
async fn by_static() -> Result<usize, Down> {
    Ok(1)
}

#[circuit_breaker(breaker = if first { one } else { other })]
#[track_caller]
fn chosen<B: AsRef<str>>(one: &CircuitBreaker, other: &CircuitBreaker, first: bool, text: B) -> Result<usize, Down> {
    Ok(text.as_ref().len())
}

fn must_be_send<T: Send>(value: T) -> T {
    value
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut client =
        Client { breaker: Arc::new(CircuitBreaker::new("own", Config::default())), name: "ab".to_owned() };
    assert_eq!(must_be_send(client.every_key()).await, Ok(2));
    assert_eq!((client.plain(true), client.plain(false)), (Ok(2), Ok(0)));
    assert_eq!(must_be_send(client.future()).await, Ok(2));
    assert_eq!(client.boxed().await, Ok(2));
    assert_eq!(client.get("abc").await, Ok(3));
    assert_eq!(must_be_send(by_static()).await, Ok(1));
    assert_eq!(chosen(&client.breaker, &SHARED, false, "a"), Ok(1));
    assert_eq!(must_be_send(client.rename("abc".to_owned())).await, Ok(3));
    assert_eq!((client.breaker.metrics().successes, SHARED.metrics().successes), (6, 2));
}
