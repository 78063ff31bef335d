//! One scope knows nothing of another, nor of the global registry.

use std::sync::{Arc, Mutex};

use breaker_core::{Clock, Config, EventKind, Fault, Mode, Registry, Settings, State, circuit_breaker};
use breaker_tests::{assert_identity, s, settle};

use super::{StoreError, breaker, panic_of};

#[circuit_breaker(service = "isolated", failure_threshold = 1, success_threshold = 1, open_timeout = "30s")]
fn fetch(ok: bool) -> Result<u32, StoreError> {
    if ok { Ok(1) } else { Err(StoreError::Unreachable) }
}

#[circuit_breaker(service = "isolated", failure_threshold = 2)]
fn contradicts() -> Result<(), StoreError> {
    Ok(())
}

/// Opens the circuit, and closes it again.
fn cycle(expected_before: u64) {
    let scope = Registry::scope();
    assert_eq!(breaker("isolated").metrics().requests, 0, "{expected_before} runs before");
    assert_eq!(fetch(false), Err(StoreError::Unreachable));
    assert!(matches!(fetch(true), Err(StoreError::Breaker(_))));
    scope.advance(s(30.0));
    assert_eq!((fetch(true), breaker("isolated").state()), (Ok(1), State::Closed));
    assert_identity(&breaker("isolated"));
}

#[test]
fn each_starts_anew_in_any_order() {
    (0..3).for_each(cycle);
    let threads: Vec<_> = (0..4).map(|run| std::thread::spawn(move || (0..10).for_each(|_| cycle(run)))).collect();
    for thread in threads {
        thread.join().expect("no panic");
    }
}

#[test]
fn all_annotated_functions_are_listed_before_their_first_call() {
    let scope = Registry::scope();
    let services: Vec<_> = scope.registry().breakers().iter().map(breaker_core::CircuitBreaker::service).collect();
    assert!(services.contains(&"isolated") && services.contains(&"photos"), "{services:?}");
    assert_eq!(scope.registry().metrics().total.requests, 0);
    let again = Registry::scope();
    assert_eq!(again.registry().breakers().len(), services.len());
    assert!(again.registry().get("no such service").is_none());
}

#[test]
fn conflicts_are_reported_there_too() {
    let scope = Registry::scope();
    contradicts().expect("closed");
    let found = |conflict: &&breaker_core::Conflict| conflict.service == "isolated";
    assert_eq!(scope.registry().conflicts().iter().filter(found).count(), 1);
    let events = scope.registry().history();
    assert!(events.iter().any(|event| matches!(&event.kind, EventKind::Conflict(_))), "{events:?}");
    fetch(true).expect("closed");
    assert_eq!(scope.registry().conflicts().iter().filter(found).count(), 1);
}

#[circuit_breaker(service = "outside", consecutive_failures = 1)]
fn outside() -> Result<(), StoreError> {
    Err(StoreError::Unreachable)
}

#[test]
fn the_global_registry_neither_gives_nor_gets_anything() {
    let before = Registry::global();
    let id = before.boot_id().to_owned();
    before.get("outside").expect("annotated").set_mode(Mode::ForcedOpen);
    {
        let scope = Registry::scope();
        assert!(std::ptr::eq(Registry::global(), scope.registry()));
        assert_ne!(scope.registry().boot_id(), id);
        assert_eq!(outside(), Err(StoreError::Unreachable));
        assert_eq!(breaker("outside").metrics().failures, 1);
    }
    assert_eq!(Registry::global().boot_id(), id);
    assert!(matches!(outside(), Err(StoreError::Breaker(_))));
    assert_eq!((breaker("outside").metrics().failures, breaker("outside").metrics().rejections), (0, 1));
}

#[test]
fn the_inner_one_wins_and_the_outer_one_is_back() {
    let id = || Registry::global().boot_id().to_owned();
    let global = id();
    let outer = Registry::scope();
    let inner = Registry::scope();
    assert_eq!(id(), inner.registry().boot_id());
    drop(inner);
    assert_eq!(id(), outer.registry().boot_id());
    let middle = Registry::scope();
    let last = Registry::scope();
    // Out of order.
    drop(outer);
    assert_eq!(id(), last.registry().boot_id());
    drop(last);
    assert_eq!(id(), middle.registry().boot_id());
    drop(middle);
    assert_eq!(id(), global);
}

#[test]
fn a_test_that_panics_leaves_its_scope() {
    let id = Registry::global().boot_id();
    let message = panic_of(|| {
        let _scope = Registry::scope();
        assert_eq!(fetch(true), Err(StoreError::Missing));
    });
    assert!(message.contains("Missing"), "{message}");
    assert_eq!(Registry::global().boot_id(), id);
}

#[test]
fn settings_and_breakers_by_hand_are_those_of_the_scope() {
    let scope = Registry::scope();
    Registry::global().apply("isolated", Settings { failure_threshold: Some(3), ..Settings::NONE }).expect("valid");
    let by_hand = Registry::global().get_or_create("by hand", Config::default());
    assert_eq!(breaker("isolated").config().failure_threshold(), Some(3));
    assert!(scope.registry().get("by hand").is_some());
    drop(scope);
    assert!(Registry::global().get("by hand").is_none());
    assert_ne!(breaker("isolated").config().failure_threshold(), Some(3));
    drop(by_hand);
}

#[test]
fn a_scope_may_have_a_clock_of_the_test() {
    let (clock, time) = Clock::manual();
    let scope = Registry::scope_on(clock);
    let _ = fetch(false);
    time.advance(s(30.0));
    assert_eq!(breaker("isolated").state(), State::HalfOpen);
    scope.advance(s(1.0));
    let monotonic = Registry::scope_on(Clock::monotonic());
    assert!(panic_of(|| monotonic.advance(s(1.0))).contains("not a manual one"));
}

#[test]
fn events_come_from_its_breakers_alone() {
    let scope = Registry::scope();
    let heard = Arc::new(Mutex::new(0));
    let count = Arc::clone(&heard);
    scope.registry().on_event(move |event| {
        if let EventKind::Transition { .. } = event.kind {
            *count.lock().expect("no panic") += 1;
        }
    });
    {
        let _another = Registry::scope();
        let _ = fetch(false);
    }
    assert_eq!(*heard.lock().expect("no panic"), 0);
    let _ = fetch(false);
    assert_eq!(*heard.lock().expect("no panic"), 1);
}

#[circuit_breaker(service = "checked", preset = "database", health_check_failures = 1, success_threshold = 1)]
async fn query() -> Result<(), StoreError> {
    Ok(())
}

/// The task of a check is in the scope of its registry: its calls are exempt by the breaker that it drives.
#[tokio::test]
async fn health_checks_run_in_the_scope_of_their_registry() {
    let scope = Registry::scope();
    scope.inject("checked", Fault::error(|| StoreError::Unreachable));
    let check = scope.registry().health_check("checked", || async { query().await.map_err(|_| "the query fails") });
    settle().await;
    let database = scope.registry().get("checked").expect("annotated");
    assert_eq!((database.state(), database.metrics().requests), (State::Open, 0));
    let id = scope.registry().boot_id();
    scope.clear("checked");
    scope.advance(s(15.0));
    settle().await;
    assert_eq!(database.state(), State::HalfOpen);
    assert_eq!(Registry::global().boot_id(), id);
    drop((scope, check));
    assert_eq!(breaker("checked").state(), State::Closed);
}
