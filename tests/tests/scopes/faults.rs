//! What is injected, and how it counts.

use std::sync::atomic::{AtomicU32, Ordering};

use breaker_core::{CircuitBreakerError, Fault, Mode, Outcome, Registry, State, bypass, circuit_breaker};
use breaker_tests::{assert_identity, block_on, poll_once, s};

use super::{StoreError, breaker};

static BODIES: AtomicU32 = AtomicU32::new(0);

#[circuit_breaker(
    service = "errors",
    failure_threshold = 2,
    success_threshold = 1,
    ignore_if = |error| *error == StoreError::Missing
)]
fn plain(text: &str) -> Result<String, StoreError> {
    BODIES.fetch_add(1, Ordering::SeqCst);
    Ok(text.to_owned())
}

#[circuit_breaker(service = "errors")]
async fn waits(text: &str) -> Result<String, StoreError> {
    tokio::task::yield_now().await;
    Ok(text.to_owned())
}

fn unreachable() -> Fault {
    Fault::error(|| StoreError::Unreachable)
}

#[test]
fn an_error_comes_in_place_of_the_body_and_counts() {
    let scope = Registry::scope();
    let bodies = BODIES.load(Ordering::SeqCst);
    scope.inject("errors", unreachable());
    assert_eq!(plain("a"), Err(StoreError::Unreachable));
    assert_eq!(block_on(waits("a")), Err(StoreError::Unreachable));
    let errors = breaker("errors");
    assert_eq!((errors.metrics().failures, errors.state()), (2, State::Open));
    // A breaker that is open rejects first.
    assert!(matches!(plain("a"), Err(StoreError::Breaker(error)) if error.is_rejected()));
    scope.clear("errors");
    scope.advance(s(60.0));
    assert_eq!(plain("a").as_deref(), Ok("a"));
    assert_eq!(errors.state(), State::Closed);
    assert_eq!(BODIES.load(Ordering::SeqCst) - bodies, 1);
    assert_identity(&errors);
}

#[test]
fn it_is_judged_as_one_of_the_body() {
    let scope = Registry::scope();
    scope.inject("errors", Fault::error(|| StoreError::Missing));
    assert_eq!(plain("a"), Err(StoreError::Missing));
    let metrics = breaker("errors").metrics();
    assert_eq!((metrics.ignored, metrics.failures), (1, 0));
}

#[test]
fn for_so_many_calls() {
    let scope = Registry::scope();
    scope.inject("errors", Fault::error(|| StoreError::Missing).times(2));
    assert!(plain("a").is_err() && block_on(waits("a")).is_err() && plain("a").is_ok());
    scope.inject("errors", unreachable().times(0));
    assert!(plain("a").is_ok());
    // Each is made anew.
    let made = AtomicU32::new(0);
    scope.inject(
        "errors",
        Fault::error(move || {
            if made.fetch_add(1, Ordering::SeqCst) == 0 { StoreError::Missing } else { StoreError::Unreachable }
        }),
    );
    assert_eq!((plain("a"), plain("a")), (Err(StoreError::Missing), Err(StoreError::Unreachable)));
}

#[test]
fn of_two_the_later_holds_and_other_scopes_have_none() {
    let scope = Registry::scope();
    scope.inject("errors", unreachable());
    scope.inject("errors", Fault::error(|| StoreError::Missing));
    assert_eq!(plain("a"), Err(StoreError::Missing));
    let another = Registry::scope();
    assert!(plain("a").is_ok());
    another.inject("errors", unreachable());
    drop(another);
    assert_eq!(plain("a"), Err(StoreError::Missing));
    drop(scope);
}

#[test]
fn calls_by_hand_are_left_alone() {
    let scope = Registry::scope();
    scope.inject("errors", unreachable());
    assert_eq!(breaker("errors").call(|| Ok::<_, StoreError>(1)), Ok(1));
}

#[circuit_breaker(service = "by-result", failure_threshold = 1, classify = |result| match result {
    Err(StoreError::Missing) => Outcome::Success,
    result => Outcome::of(result),
})]
async fn classified() -> Result<(), StoreError> {
    Ok(())
}

#[test]
fn classify_sees_it() {
    let scope = Registry::scope();
    scope.inject("by-result", Fault::error(|| StoreError::Missing));
    assert_eq!(block_on(classified()), Err(StoreError::Missing));
    let by_result = breaker("by-result");
    assert_eq!((by_result.metrics().successes, by_result.state()), (1, State::Closed));
    scope.inject("by-result", unreachable());
    assert_eq!(block_on(classified()), Err(StoreError::Unreachable));
    assert_eq!(by_result.state(), State::Open);
}

#[circuit_breaker(service = "answered", request_timeout = "1s", fallback = told)]
async fn answered(key: String) -> Result<String, StoreError> {
    Ok(key)
}

#[circuit_breaker(service = "answered", fallback = told_now)]
fn answered_now(key: String) -> Result<String, StoreError> {
    Ok(key)
}

async fn told(key: String, error: StoreError) -> Result<String, StoreError> {
    told_now(key, error)
}

#[expect(clippy::unnecessary_wraps, reason = "a fallback has this shape")]
fn told_now(key: String, error: StoreError) -> Result<String, StoreError> {
    Ok(format!("{key}: {error:?}"))
}

#[test]
fn the_fallback_gets_it() {
    let scope = Registry::scope();
    scope.inject("answered", unreachable());
    assert_eq!(block_on(answered("a".into())).as_deref(), Ok("a: Unreachable"));
    assert_eq!(answered_now("a".into()).as_deref(), Ok("a: Unreachable"));
    scope.inject("answered", Fault::timeout());
    let told = block_on(answered("a".into())).expect("the fallback's");
    assert!(told.contains("TimedOut") && told.contains("1s"), "{told}");
    let metrics = breaker("answered").metrics();
    assert_eq!((metrics.fallback_successes, metrics.failures, metrics.timeouts), (3, 3, 1));
}

#[circuit_breaker(service = "degrades", fail_fast = false)]
fn degrades() -> Result<Option<u32>, String> {
    Ok(Some(1))
}

#[circuit_breaker(service = "maps", request_timeout = "5s", map_error = |error: CircuitBreakerError| error.to_string())]
async fn maps() -> Result<u32, String> {
    Ok(1)
}

#[test]
fn a_call_degrades_or_maps_as_ever() {
    let scope = Registry::scope();
    scope.inject("degrades", Fault::error(|| "down".to_owned()));
    assert_eq!((degrades(), breaker("degrades").metrics().failures), (Ok(None), 1));
    scope.inject("maps", Fault::error(|| "down".to_owned()).times(1));
    assert_eq!(block_on(maps()), Err("down".to_owned()));
    scope.inject("maps", Fault::timeout());
    let error = block_on(maps()).expect_err("timed out");
    assert!(error.contains("maps") && error.contains("5s"), "{error}");
}

#[derive(Clone)]
struct Repo(u32);

impl Repo {
    #[circuit_breaker(service = "methods", fallback = Self::cached)]
    async fn find(&self, id: u32) -> Result<u32, StoreError> {
        Ok(self.0 + id)
    }

    async fn cached(&self, id: u32, _error: StoreError) -> Result<u32, StoreError> {
        Ok(id)
    }

    #[circuit_breaker(service = "methods")]
    #[track_caller]
    pub(super) fn here(&mut self) -> Result<u32, StoreError> {
        self.0 += 1;
        Ok(std::panic::Location::caller().line())
    }

    #[circuit_breaker(service = "methods")]
    fn boxed(&self) -> std::pin::Pin<Box<dyn Future<Output = Result<u32, StoreError>> + '_>> {
        let value = self.0;
        Box::pin(std::future::ready(Ok(value)))
    }
}

#[test]
fn methods_of_every_shape() {
    let scope = Registry::scope();
    let mut repo = Repo(7);
    assert_eq!((block_on(repo.find(1)), repo.here(), block_on(repo.boxed())), (Ok(8), Ok(line!()), Ok(8)));
    scope.inject("methods", unreachable());
    assert_eq!(block_on(repo.find(1)), Ok(1));
    assert_eq!((repo.here(), block_on(repo.boxed())), (Err(StoreError::Unreachable), Err(StoreError::Unreachable)));
    assert_eq!(repo.0, 8, "the body has not run");
    assert_eq!(breaker("methods").metrics().failures, 3);
}

#[circuit_breaker(service = "times-out", request_timeout = "2s", consecutive_failures = 2)]
async fn times_out() -> Result<(), StoreError> {
    Ok(())
}

#[test]
fn a_timeout_comes_at_once() {
    let scope = Registry::scope();
    scope.inject("times-out", Fault::timeout());
    let expected = CircuitBreakerError::timed_out("times-out", s(2.0));
    assert_eq!(block_on(times_out()), Err(StoreError::Breaker(expected.clone())));
    assert_eq!(block_on(times_out()), Err(StoreError::Breaker(expected)));
    let metrics = breaker("times-out").metrics();
    assert_eq!((metrics.timeouts, metrics.failures, metrics.state), (2, 2, State::Open));
    assert_identity(&breaker("times-out"));
}

#[circuit_breaker(service = "shadowed", failure_threshold = 1)]
fn shadowed() -> Result<(), StoreError> {
    Ok(())
}

#[test]
fn in_shadow_and_in_a_bypass() {
    let scope = Registry::scope();
    let shadow = breaker("shadowed");
    shadow.set_mode(Mode::Shadow);
    scope.inject("shadowed", unreachable());
    assert!((0..3).all(|_| shadowed() == Err(StoreError::Unreachable)));
    assert_eq!((shadow.metrics().failures, shadow.metrics().would_reject), (3, 2));
    block_on(bypass(async { assert_eq!(shadowed(), Err(StoreError::Unreachable)) }));
    assert_eq!(shadow.metrics().failures, 3);
}

#[test]
fn a_dropped_call_that_waits_is_abandoned() {
    let scope = Registry::scope();
    scope.inject("errors", Fault::latency(s(1.0)));
    let mut call = Box::pin(waits("a"));
    assert!(poll_once(&mut call).is_pending());
    assert_eq!(breaker("errors").metrics().in_flight, 1);
    drop(call);
    assert_eq!(breaker("errors").metrics().abandoned, 1);
    assert_identity(&breaker("errors"));
}
