//! When the fallback of an annotated function runs, which arguments it gets, and how it is counted.

use breaker_core::{CircuitBreakerError, Mode, Outcome, Registry, circuit_breaker};
use breaker_tests::{assert_identity, block_on};

#[derive(Clone, Debug, PartialEq)]
enum Fault {
    Broken,
    Missing,
    Rejected,
    TimedOut,
    FromFallback,
}

impl From<CircuitBreakerError> for Fault {
    fn from(error: CircuitBreakerError) -> Self {
        match error {
            CircuitBreakerError::TimedOut { .. } => Self::TimedOut,
            _ => Self::Rejected,
        }
    }
}

/// The fallbacks return the error that they got as text.
type StringResult = Result<String, Fault>;

/// Returns the runs of a service's fallbacks that returned `Ok`, and those that returned `Err`.
fn runs(service: &str) -> (u64, u64) {
    let breaker = Registry::global().get(service).expect("annotated");
    assert_identity(&breaker);
    let metrics = breaker.metrics();
    (metrics.fallback_successes, metrics.fallback_failures)
}

fn reject(service: &str) {
    Registry::global().get(service).expect("annotated").set_mode(Mode::ForcedOpen);
}

#[expect(clippy::needless_pass_by_value, clippy::unnecessary_wraps, reason = "a fallback has this shape")]
fn told(key: &str, length: usize, error: Fault) -> StringResult {
    Ok(format!("{key}/{length}: {error:?}"))
}

async fn told_later(key: &str, length: usize, error: Fault) -> StringResult {
    tokio::task::yield_now().await;
    told(key, length, error)
}

#[circuit_breaker(service = "fallback-path", ignore_if = |error| *error == Fault::Missing, fallback = told)]
fn by_path(key: &str, length: usize) -> StringResult {
    match length {
        0 => Err(Fault::Missing),
        1 => Err(Fault::Broken),
        _ => Ok(key.to_owned()),
    }
}

#[test]
fn a_fallback_runs_for_failures_and_rejections_but_not_for_ignored_errors() {
    assert_eq!(by_path("a", 2).as_deref(), Ok("a"));
    assert_eq!(by_path("a", 0), Err(Fault::Missing));
    assert_eq!(runs("fallback-path"), (0, 0));
    assert_eq!(by_path("a", 1).as_deref(), Ok("a/1: Broken"));
    reject("fallback-path");
    assert_eq!(by_path("a", 2).as_deref(), Ok("a/2: Rejected"));
    assert_eq!(runs("fallback-path"), (2, 0));
}

#[circuit_breaker(service = "fallback-timeout", request_timeout = "1s", fallback = told_later)]
async fn by_path_later(key: &str, length: usize) -> StringResult {
    std::future::pending::<()>().await;
    by_path(key, length)
}

#[tokio::test(start_paused = true)]
async fn an_async_fallback_runs_for_a_timeout() {
    assert_eq!(by_path_later("b", 3).await.as_deref(), Ok("b/3: TimedOut"));
    assert_eq!(runs("fallback-timeout"), (1, 0));
}

#[circuit_breaker(service = "fallback-own-error", fallback = |_| Err(Fault::FromFallback))]
fn fails_twice() -> StringResult {
    Err(Fault::Broken)
}

#[test]
fn the_error_of_a_fallback_is_what_the_caller_gets() {
    assert_eq!(fails_twice(), Err(Fault::FromFallback));
    assert_eq!(runs("fallback-own-error"), (0, 1));
}

#[circuit_breaker(service = "fallback-panics", fallback = |error| panic!("{error:?}"))]
fn panics_in_the_fallback() -> StringResult {
    Err(Fault::Broken)
}

#[test]
fn a_panic_in_a_fallback_goes_on_and_counts_as_its_failure() {
    assert!(std::panic::catch_unwind(panics_in_the_fallback).is_err());
    assert_eq!(runs("fallback-panics"), (0, 1));
}

#[circuit_breaker(
    service = "fallback-classified",
    classify = |result| if result.is_ok() { Outcome::Failure } else { Outcome::Ignore },
    fallback = |_| Ok("from the fallback".to_owned()),
)]
fn classified(ok: bool) -> StringResult {
    if ok { Ok("from the service".to_owned()) } else { Err(Fault::Missing) }
}

#[test]
fn a_value_that_classify_calls_a_failure_is_returned() {
    assert_eq!(classified(true).as_deref(), Ok("from the service"));
    assert_eq!(classified(false), Err(Fault::Missing));
    assert_eq!(runs("fallback-classified"), (0, 0));
    assert_eq!(Registry::global().get("fallback-classified").expect("annotated").metrics().failures, 1);
}

/// Counts its clones.
#[derive(Debug)]
struct Counted<'a>(&'a std::cell::Cell<u32>);

impl Counted<'_> {
    fn name(self) -> String {
        format!("{};", self.0.get())
    }
}

impl Clone for Counted<'_> {
    fn clone(&self) -> Self {
        self.0.set(self.0.get() + 1);
        Self(self.0)
    }
}

#[circuit_breaker(service = "fallback-clones", fallback = |_| Ok(kept.name()))]
fn takes(kept: Counted<'_>, unnamed: Counted<'_>) -> StringResult {
    Ok(kept.name() + &unnamed.name())
}

#[test]
fn only_a_named_parameter_is_cloned_and_only_when_the_call_is_admitted() {
    let (kept, unnamed) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    assert_eq!(takes(Counted(&kept), Counted(&unnamed)).as_deref(), Ok("1;0;"));
    assert_eq!((kept.get(), unnamed.get()), (1, 0));
    reject("fallback-clones");
    assert_eq!(takes(Counted(&kept), Counted(&unnamed)).as_deref(), Ok("1;"));
    assert_eq!((kept.get(), unnamed.get()), (1, 0), "a rejected call moves its arguments");
}

struct Store {
    reads: u32,
}

impl Store {
    #[circuit_breaker(service = "fallback-self", fallback = Self::stale)]
    async fn read(&mut self, key: &str) -> StringResult {
        self.reads += 1;
        Err(if key.is_empty() { Fault::Missing } else { Fault::Broken })
    }

    async fn stale(&mut self, key: &str, error: Fault) -> StringResult {
        tokio::task::yield_now().await;
        Ok(format!("{key}: {error:?} after {}", self.reads))
    }
}

#[test]
fn a_mutable_self_is_lent_again_to_the_fallback() {
    let mut store = Store { reads: 0 };
    assert_eq!(block_on(store.read("k")).as_deref(), Ok("k: Broken after 1"));
    reject("fallback-self");
    assert_eq!(block_on(store.read("k")).as_deref(), Ok("k: Rejected after 1"));
    assert_eq!(runs("fallback-self"), (2, 0));
}
