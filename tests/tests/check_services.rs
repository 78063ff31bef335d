//! Health checks for services without a breaker: the name is misspelt, or the breaker is made later.

use breaker_core::{CircuitBreaker, Config, Conflict, ConflictKind, State};
use breaker_tests::checked::{Service, checked};
use breaker_tests::lines::Lines;
use breaker_tests::{pass, settle};
use tracing::Level;

#[tokio::test]
async fn a_check_of_an_unknown_service_makes_no_breaker_and_the_log_names_the_nearest() {
    let (registry, database, time) = checked(|keys| keys);
    let service = Service::default();
    let lines = Lines::of(Level::INFO, || registry.health_check("dbb", service.check()).detach());
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    for part in
        ["WARN", "service `dbb` is not in the code (health check at ", "check_services.rs:", "did you mean `db`?"]
    {
        assert!(line.contains(part), "{part}: {line}");
    }
    // `db` has no check now: that is a conflict of its own.
    let kinds: Vec<_> = registry.conflicts().iter().map(|conflict| conflict.kind).collect();
    assert_eq!(kinds, [ConflictKind::MissingHealthCheck, ConflictKind::UnknownService], "until the check ends");
    pass(&time, 100.0).await;
    assert_eq!(registry.breakers().iter().map(CircuitBreaker::service).collect::<Vec<_>>(), [database.service()]);
    assert!(registry.get("dbb").is_none() && registry.health().services.len() == 1);
    assert_eq!(service.asked(), 0);
}

#[tokio::test]
async fn it_waits_until_its_service_is_made() {
    let (registry, ..) = checked(|keys| keys);
    let service = Service::default();
    service.break_down(true);
    let _guard = registry.health_check("search", service.check());
    settle().await;
    let config = Config::builder().enable_health_check(true).health_check_failures(1).build().expect("valid");
    registry.get_or_create("another", config.clone());
    settle().await;
    assert_eq!(service.asked(), 0);
    let search = registry.get_or_create("search", config);
    settle().await;
    assert_eq!((service.asked(), search.state()), (1, State::Open));
}

#[tokio::test]
async fn one_that_waits_ends_with_its_guard_at_shutdown_and_with_its_registry() {
    let (registry, ..) = checked(|keys| keys);
    let service = Service::default();
    drop(registry.health_check("dropped", service.check()));
    settle().await;
    let is_unknown = |conflict: &Conflict| conflict.kind == ConflictKind::UnknownService;
    assert!(!registry.conflicts().iter().any(is_unknown), "the check is gone");
    registry.health_check("shut-down", service.check()).detach();
    registry.shutdown().await;
    for name in ["dropped", "shut-down"] {
        registry.get_or_create(name, Config::database());
    }
    settle().await;
    assert_eq!(service.asked(), 0);
    let guard = registry.health_check("nobody", service.check());
    settle().await;
    assert!(!guard.is_finished());
    drop(registry);
    settle().await;
    assert!(guard.is_finished(), "the registry is gone, so the service can't be made any more");
}
