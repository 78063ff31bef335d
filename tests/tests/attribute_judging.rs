//! How results of an annotated function are classified, what a rejection becomes, and which settings its keys make.

use std::time::Duration;

use breaker_core::{CircuitBreakerError, Mode, Outcome, Registry, State, Window, circuit_breaker};
use breaker_tests::{assert_identity, block_on};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Broken,
    Missing,
    Both,
}

/// Returns the successes, failures and ignored calls of a service.
fn counts(service: &str) -> (u64, u64, u64) {
    let breaker = Registry::global().get(service).expect("annotated");
    assert_identity(&breaker);
    let metrics = breaker.metrics();
    (metrics.successes, metrics.failures, metrics.ignored)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "failure_if looks at a reference")]
fn is_broken(error: &Fault) -> bool {
    *error != Fault::Missing
}

#[circuit_breaker(service = "judge-failure-if", failure_if = is_broken, map_error = |_| Fault::Both)]
fn failure_if(result: Result<u8, Fault>) -> Result<u8, Fault> {
    result
}

#[test]
fn an_error_for_which_failure_if_is_false_is_a_success() {
    assert_eq!(failure_if(Err(Fault::Missing)), Err(Fault::Missing));
    assert_eq!(failure_if(Err(Fault::Broken)), Err(Fault::Broken));
    assert_eq!(failure_if(Ok(1)), Ok(1));
    assert_eq!(counts("judge-failure-if"), (2, 1, 0));
}

#[circuit_breaker(
    service = "judge-both",
    failure_if = is_broken,
    ignore_if = |error| *error == Fault::Both,
    map_error = |_| Fault::Both,
)]
async fn both(result: Result<u8, Fault>) -> Result<u8, Fault> {
    result
}

#[test]
fn ignore_beats_failure() {
    for fault in [Fault::Both, Fault::Broken, Fault::Missing] {
        assert_eq!(block_on(both(Err(fault))), Err(fault));
    }
    assert_eq!(counts("judge-both"), (1, 1, 1));
}

#[circuit_breaker(
    service = "judge-open-for",
    classify = |result| match result {
        Err(Fault::Broken) => Outcome::OpenFor(Duration::from_secs(5)),
        other => Outcome::of(other),
    },
    map_error = |error: CircuitBreakerError| if error.retry_after().is_some() { Fault::Missing } else { Fault::Both },
)]
fn open_for(result: Result<u8, Fault>) -> Result<u8, Fault> {
    result
}

#[test]
fn classify_may_open_the_circuit_at_once() {
    assert_eq!(open_for(Err(Fault::Broken)), Err(Fault::Broken));
    assert_eq!(Registry::global().get("judge-open-for").expect("annotated").state(), State::Open);
    assert_eq!(open_for(Ok(1)), Err(Fault::Missing), "map_error makes the rejection the user's error");
}

#[circuit_breaker(service = "judge-degrade", fail_fast = false)]
fn degrade(result: Result<u8, Fault>) -> Result<u8, Fault> {
    result
}

#[circuit_breaker(service = "judge-cache", preset = "cache", ignore_if = |error| *error == Fault::Missing)]
async fn cache(result: Result<Option<u8>, Fault>) -> Result<Option<u8>, Fault> {
    result
}

#[test]
fn without_fail_fast_a_failure_and_a_rejection_are_the_default() {
    assert_eq!((degrade(Ok(7)), degrade(Err(Fault::Broken))), (Ok(7), Ok(0)));
    Registry::global().get("judge-degrade").expect("annotated").set_mode(Mode::ForcedOpen);
    assert_eq!(degrade(Ok(7)), Ok(0));
    assert_eq!(block_on(cache(Err(Fault::Broken))), Ok(None));
    assert_eq!(block_on(cache(Err(Fault::Missing))), Err(Fault::Missing), "no fallback runs for an ignored error");
    assert_eq!(counts("judge-cache"), (0, 1, 1));
}

#[circuit_breaker(service = "judge-keys", preset = "s3", window = 50, open_timeout = "1m 30s", crate = ::breaker_core)]
fn keys() -> Result<(), CircuitBreakerError> {
    Ok(())
}

#[test]
fn a_key_beats_the_preset_and_the_rest_of_the_preset_holds() {
    assert_eq!(keys(), Ok(()));
    let config = Registry::global().get("judge-keys").expect("annotated").config();
    assert_eq!((config.failure_threshold(), config.success_threshold()), (Some(5), 3));
    assert_eq!((config.window(), config.open_timeout()), (Window::Calls(50), Duration::from_secs(90)));
}

#[test]
fn a_plain_function_whose_preset_has_a_timeout_is_no_conflict() {
    let conflicts = Registry::global().conflicts();
    assert!(conflicts.iter().all(|conflict| conflict.service != "judge-keys"), "{conflicts:?}");
}
