//! Annotated functions whose breaker is an expression: `breaker = &self.breaker`.

use std::future::Future;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

use breaker_core::{
    CircuitBreaker, CircuitBreakerError, Clock, Config, ManualClock, Mode, Registry, State, circuit_breaker,
};
use breaker_tests::{assert_identity, block_on, poll_once, s};

#[derive(Clone, Debug, PartialEq)]
enum Fault {
    Broken,
    Breaker(CircuitBreakerError),
}

impl From<CircuitBreakerError> for Fault {
    fn from(error: CircuitBreakerError) -> Self {
        Self::Breaker(error)
    }
}

fn is_rejected<T>(result: &Result<T, Fault>) -> bool {
    matches!(result, Err(Fault::Breaker(CircuitBreakerError::Rejected(_))))
}

fn breaker() -> CircuitBreaker {
    CircuitBreaker::new("own", Config::builder().consecutive_failures(2).build().expect("in range"))
}

/// A library's client: each value has its own breaker.
struct Client {
    breaker: CircuitBreaker,
    asked: AtomicU32,
    name: String,
}

impl Client {
    fn new(name: &str) -> Self {
        Self { breaker: breaker(), asked: AtomicU32::new(0), name: name.to_owned() }
    }

    fn guard(&self) -> &CircuitBreaker {
        self.asked.fetch_add(1, Ordering::Relaxed);
        &self.breaker
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }

    #[circuit_breaker(breaker = self.guard())]
    async fn get(&self, ok: bool) -> Result<&str, Fault> {
        tokio::task::yield_now().await;
        if ok { Ok(&self.name) } else { Err(Fault::Broken) }
    }

    #[circuit_breaker(breaker = self.guard())]
    fn get_plain(&self, ok: bool) -> Result<&str, Fault> {
        if ok { Ok(&self.name) } else { Err(Fault::Broken) }
    }

    #[circuit_breaker(breaker = self.guard())]
    fn get_future(&self, ok: bool) -> impl Future<Output = Result<&str, Fault>> + Send {
        async move { if ok { Ok(&*self.name) } else { Err(Fault::Broken) } }
    }

    #[circuit_breaker(breaker = self.guard())]
    fn get_boxed(&self, ok: bool) -> Pin<Box<dyn Future<Output = Result<&str, Fault>> + Send + '_>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            if ok { Ok(&*self.name) } else { Err(Fault::Broken) }
        })
    }

    #[circuit_breaker(breaker = &self.breaker.clone())]
    async fn change(&mut self, ok: bool) -> Result<&str, Fault> {
        self.name.push('!');
        if ok { Ok(&self.name) } else { Err(Fault::Broken) }
    }

    #[circuit_breaker(breaker = &self.breaker.clone())]
    async fn consume(self) -> Result<String, Fault> {
        Ok(self.name)
    }
}

#[test]
fn each_value_is_protected_by_its_own_breaker() {
    let (good, bad) = (Client::new("good"), Client::new("bad"));
    for _ in 0..2 {
        assert_eq!(block_on(bad.get(false)), Err(Fault::Broken));
        assert_eq!(block_on(good.get(true)), Ok("good"));
    }
    assert_eq!((bad.breaker.state(), good.breaker.state()), (State::Open, State::Closed));
    assert!(is_rejected(&block_on(bad.get(true))));
    assert_eq!(block_on(good.get(true)), Ok("good"));
    let (good, bad) = (good.breaker.metrics(), bad.breaker.metrics());
    assert_eq!((good.successes, good.failures), (3, 0));
    assert_eq!((bad.failures, bad.rejections), (2, 1));
}

#[test]
fn every_kind_of_function_asks_it_once_for_each_call() {
    type Call = fn(&Client, bool) -> Result<String, Fault>;
    let calls: [(&str, Call); 4] = [
        ("async", |client, ok| block_on(client.get(ok)).map(str::to_owned)),
        ("plain", |client, ok| client.get_plain(ok).map(str::to_owned)),
        ("future", |client, ok| block_on(client.get_future(ok)).map(str::to_owned)),
        ("boxed", |client, ok| block_on(client.get_boxed(ok)).map(str::to_owned)),
    ];
    for (kind, call) in calls {
        let client = Client::new(kind);
        assert_eq!(call(&client, true).as_deref(), Ok(kind));
        assert_eq!((call(&client, false), call(&client, false)), (Err(Fault::Broken), Err(Fault::Broken)), "{kind}");
        assert!(is_rejected(&call(&client, true)), "{kind}");
        assert_eq!(client.asked(), 4, "{kind}");
        assert_identity(&client.breaker);
    }
}

#[test]
fn it_is_evaluated_at_the_first_poll_of_an_async_fn_and_at_the_call_of_other_functions() {
    let client = Client::new("a");
    let mut lazy = Box::pin(client.get(true));
    assert_eq!(client.asked(), 0);
    assert!(poll_once(&mut lazy).is_pending());
    assert_eq!(block_on(lazy), Ok("a"));
    assert_eq!(client.asked(), 1);
    let eager = client.get_future(true);
    assert_eq!((client.asked(), client.breaker.metrics().requests), (2, 1), "the breaker is asked at the first poll");
    assert_eq!(block_on(eager), Ok("a"));
    assert_eq!((client.asked(), client.breaker.metrics().requests), (2, 2));
}

#[test]
fn a_clone_of_the_handle_leaves_the_value_to_the_body() {
    let mut client = Client::new("a");
    assert_eq!(block_on(client.change(true)), Ok("a!"));
    assert_eq!(block_on(client.change(false)), Err(Fault::Broken));
    let breaker = client.breaker.clone();
    assert_eq!(block_on(client.consume()).as_deref(), Ok("a!!"));
    assert_eq!((breaker.metrics().successes, breaker.metrics().failures), (2, 1));
}

#[test]
fn it_is_in_no_registry() {
    let client = Client::new("a");
    assert_eq!(block_on(client.get(true)), Ok("a"));
    assert!(Registry::global().get("own").is_none());
    assert!(Registry::global().conflicts().iter().all(|conflict| conflict.service != "own"));
}

static SHARED: LazyLock<CircuitBreaker> = LazyLock::new(breaker);

#[circuit_breaker(breaker = &SHARED)]
fn by_static(ok: bool) -> Result<(), Fault> {
    if ok { Ok(()) } else { Err(Fault::Broken) }
}

#[circuit_breaker(breaker = breaker)]
async fn by_shared_pointer(breaker: &Arc<CircuitBreaker>) -> Result<(), Fault> {
    Ok(())
}

#[circuit_breaker(breaker = breaker.as_ref())]
async fn generic<B: AsRef<CircuitBreaker> + Sync, const N: usize>(breaker: &B) -> Result<usize, Fault> {
    tokio::task::yield_now().await;
    Ok(N)
}

#[test]
fn what_derefs_to_a_breaker_is_one() {
    assert_eq!(by_static(true), Ok(()));
    assert_eq!(SHARED.metrics().successes, 1);
    let shared = Arc::new(breaker());
    assert_eq!(block_on(by_shared_pointer(&shared)), Ok(()));
    assert_eq!(block_on(generic::<_, 7>(&shared)), Ok(7));
    assert_eq!(shared.metrics().successes, 2);
}

#[circuit_breaker(breaker = breaker)]
#[track_caller]
fn tracked(breaker: &CircuitBreaker) -> Result<u32, Fault> {
    Ok(Location::caller().line())
}

#[test]
fn a_tracked_function_knows_its_caller() {
    let breaker = breaker();
    assert_eq!(tracked(&breaker), Ok(line!()));
    breaker.set_mode(Mode::ForcedOpen);
    assert!(is_rejected(&tracked(&breaker)));
    assert_eq!(breaker.metrics().successes, 1);
}

#[async_trait::async_trait]
trait Source {
    async fn read(&self, key: String) -> Result<String, Fault>;
    async fn rename(&mut self) -> Result<(), Fault>;
}

#[async_trait::async_trait]
impl Source for Client {
    #[circuit_breaker(breaker = self.guard(), fallback = |error| Ok(format!("{key}: {error:?}")))]
    async fn read(&self, key: String) -> Result<String, Fault> {
        tokio::task::yield_now().await;
        if key == self.name { Ok(key) } else { Err(Fault::Broken) }
    }

    #[circuit_breaker(breaker = &self.breaker.clone())]
    async fn rename(&mut self) -> Result<(), Fault> {
        self.name.push('!');
        Ok(())
    }
}

#[test]
fn a_method_of_an_async_trait_has_it_and_its_fallback_is_counted_there() {
    let mut client = Client::new("a");
    let read = |client: &Client, key: &str| block_on(client.read(key.to_owned()));
    assert_eq!(read(&client, "a").as_deref(), Ok("a"));
    assert_eq!(read(&client, "b").as_deref(), Ok("b: Broken"));
    client.breaker.set_mode(Mode::ForcedOpen);
    assert!(read(&client, "a").is_ok_and(|answer| answer.starts_with("a: Breaker(Rejected")));
    assert_eq!(client.asked(), 3);
    client.breaker.set_mode(Mode::Automatic);
    assert_eq!(block_on(client.rename()), Ok(()));
    let metrics = client.breaker.metrics();
    assert_eq!((metrics.fallback_successes, metrics.fallback_failures), (2, 0));
    assert_eq!((metrics.successes, metrics.failures, metrics.rejections), (2, 1, 1));
}

async fn from_cache(_: &CircuitBreaker, key: String, error: Fault) -> Result<String, Fault> {
    tokio::task::yield_now().await;
    if key.is_empty() { Err(error) } else { Ok(key) }
}

#[circuit_breaker(breaker = breaker, fallback = from_cache, failure_if = |_| true)]
async fn cached(breaker: &CircuitBreaker, key: String) -> Result<String, Fault> {
    drop(key);
    Err(Fault::Broken)
}

#[circuit_breaker(breaker = breaker, fallback = |_| panic!("no cache"))]
fn panics_in_the_fallback(breaker: &CircuitBreaker) -> Result<(), Fault> {
    Err(Fault::Broken)
}

#[test]
fn the_runs_of_a_fallback_are_counted_there() {
    let breaker = breaker();
    assert_eq!(block_on(cached(&breaker, "a".to_owned())).as_deref(), Ok("a"));
    assert_eq!(block_on(cached(&breaker, String::new())), Err(Fault::Broken));
    let _ = block_on(cached(&breaker, "b".to_owned()));
    assert!(catch_unwind(AssertUnwindSafe(|| panics_in_the_fallback(&breaker))).is_err());
    let metrics = breaker.metrics();
    assert_eq!((metrics.fallback_successes, metrics.fallback_failures), (2, 2));
    assert_eq!((metrics.failures, metrics.rejections), (2, 2));
}

#[circuit_breaker(breaker = breaker, fail_fast = false)]
async fn degrades(breaker: &CircuitBreaker) -> Result<Option<u32>, String> {
    Err("down".to_owned())
}

#[circuit_breaker(breaker = breaker, request_timeout = "2s")]
async fn hangs(breaker: &CircuitBreaker) -> Result<(), Fault> {
    std::future::pending().await
}

fn timed(config: Config) -> (CircuitBreaker, ManualClock) {
    let (clock, time) = Clock::manual();
    (CircuitBreaker::with_clock("own", config, clock), time)
}

#[test]
fn fail_fast_and_request_timeout_are_those_of_the_function() {
    let (breaker, time) = timed(Config::default());
    assert_eq!(block_on(degrades(&breaker)), Ok(None));
    let mut call = Box::pin(hangs(&breaker));
    assert!(poll_once(&mut call).is_pending());
    time.advance(s(2.0));
    assert!(matches!(block_on(call), Err(Fault::Breaker(CircuitBreakerError::TimedOut { .. }))));
    assert_eq!((breaker.metrics().timeouts, breaker.metrics().failures), (1, 2));
}

#[circuit_breaker(breaker = breaker)]
async fn outer(breaker: &CircuitBreaker) -> Result<(), Fault> {
    inner(breaker).await
}

#[circuit_breaker(breaker = breaker)]
async fn inner(breaker: &CircuitBreaker) -> Result<(), Fault> {
    tokio::task::yield_now().await;
    Ok(())
}

#[test]
fn a_nested_call_is_part_of_its_probe() {
    let config = Config::builder().consecutive_failures(1).success_threshold(1).open_timeout(s(5.0)).build();
    let (breaker, time) = timed(config.expect("in range"));
    breaker.try_acquire().expect("closed").failure();
    assert!(is_rejected(&block_on(outer(&breaker))));
    time.advance(s(5.0));
    assert_eq!(block_on(outer(&breaker)), Ok(()));
    assert_eq!((breaker.state(), breaker.metrics().successes), (State::Closed, 1));
}

#[test]
fn a_call_that_is_dropped_is_abandoned() {
    let breaker = breaker();
    drop(inner(&breaker));
    assert_eq!(breaker.metrics().requests, 0, "never polled");
    let mut call = Box::pin(inner(&breaker));
    assert!(poll_once(&mut call).is_pending());
    drop(call);
    assert_eq!(breaker.metrics().abandoned, 1);
    assert_identity(&breaker);
}

#[circuit_breaker(breaker = breaker)]
async fn panics(breaker: &CircuitBreaker) -> Result<(), Fault> {
    panic!("of the body")
}

#[circuit_breaker(breaker = { assert!(ok, "of the expression"); breaker })]
fn panics_before(breaker: &CircuitBreaker, ok: bool) -> Result<(), Fault> {
    Ok(())
}

#[test]
fn a_panic_of_the_body_is_a_failure_and_one_of_the_expression_is_no_call() {
    let breaker = breaker();
    assert!(catch_unwind(AssertUnwindSafe(|| block_on(panics(&breaker)))).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| panics_before(&breaker, false))).is_err());
    assert_eq!(panics_before(&breaker, true), Ok(()));
    let metrics = breaker.metrics();
    assert_eq!((metrics.requests, metrics.failures, metrics.successes), (2, 1, 1));
}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[test]
fn its_future_stays_send_and_small() {
    let client = Client::new("a");
    let call = is_send(client.get(true));
    let bare = async {
        let client = &client;
        tokio::task::yield_now().await;
        Ok::<_, Fault>(&client.name)
    };
    assert!(size_of_val(&call) <= size_of_val(&bare) + 72, "{} and {}", size_of_val(&call), size_of_val(&bare));
    let shared = Arc::new(breaker());
    drop((is_send(generic::<_, 1>(&shared)), is_send(client.get_boxed(true)), is_send(client.get_future(true))));
    drop(is_send(cached(&shared, String::new())));
}
