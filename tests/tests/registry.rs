//! The registry: own and global, conflicts, settings at run time, totals.

use std::sync::{Arc, Barrier, Mutex};

use breaker_core::{
    CallError, CircuitBreakerError, Clock, Config, Event, EventKind, HealthStatus, Mode, Registry, Settings, State,
    Window, circuit_breaker,
};
use breaker_tests::s;

fn threshold(failures: u32) -> Config {
    Config::builder().failure_threshold(failures).build().expect("valid")
}

fn fail(breaker: &breaker_core::CircuitBreaker, times: usize) {
    for _ in 0..times {
        assert_eq!(breaker.call(|| Err::<(), _>("down")), Err(CallError::Inner("down")));
    }
}

#[test]
fn a_service_has_one_breaker() {
    let registry = Registry::new();
    assert!(registry.get("search").is_none());
    let one = registry.get_or_create("search", Config::default());
    fail(&one, 1);
    for other in [registry.get_or_create("search", Config::default()), registry.get("search").expect("made")] {
        assert_eq!((other.service(), other.metrics().failures), ("search", 1));
    }
    assert!(Registry::new().get("search").is_none(), "another registry knows nothing of it");
    assert!(registry.clone().get("search").is_some(), "a clone is the same registry");
    assert!(registry.conflicts().is_empty());
}

#[test]
fn of_racing_threads_all_get_the_same_breaker() {
    let (registry, barrier) = (Registry::new(), Barrier::new(8));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                barrier.wait();
                fail(&registry.get_or_create("raced", threshold(100)), 5);
            });
        }
    });
    assert_eq!(registry.breakers().len(), 1);
    assert_eq!(registry.metrics().total.failures, 40);
    assert!(registry.conflicts().is_empty());
}

#[test]
fn breakers_are_listed_by_name() {
    let registry = Registry::default();
    for service in ["s3", "cache", "database"] {
        registry.get_or_create(service, Config::default());
    }
    let names: Vec<_> = registry.breakers().iter().map(breaker_core::CircuitBreaker::service).collect();
    assert_eq!(names, ["cache", "database", "s3"]);
}

#[test]
fn a_second_configuration_is_reported_with_both_places_and_changes_nothing() {
    let registry = Registry::new();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&heard);
    registry.on_event(move |event| sink.lock().expect("no panic").push(event.clone()));
    let first = registry.get_or_create("search", threshold(3));
    let first_line = line!() - 1;
    for _ in 0..2 {
        let second = registry.get_or_create("search", threshold(4));
        assert_eq!(second.config().failure_threshold(), Some(3));
    }
    let second_line = line!() - 3;
    let conflicts = registry.conflicts();
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    let conflict = &conflicts[0];
    assert_eq!((conflict.service.as_str(), conflict.key), ("search", "failure_threshold"));
    assert_eq!((conflict.first.value.as_str(), conflict.second.value.as_str()), ("3", "4"));
    assert!(conflict.first.place.ends_with(&format!("registry.rs:{first_line}")), "{conflict}");
    assert!(conflict.second.place.ends_with(&format!("registry.rs:{second_line}")), "{conflict}");
    assert_eq!(first.state(), State::Closed);
    let events = heard.lock().expect("no panic");
    let conflicts = events.iter().filter(|event| matches!(event.kind, EventKind::Conflict(_))).count();
    assert_eq!(conflicts, 1, "one warning for one difference: {events:?}");
}

#[test]
fn a_conflict_has_its_place_after_what_came_before() {
    let registry = Registry::new();
    let search = registry.get_or_create("search", threshold(2));
    fail(&search, 2);
    for failures in [3, 4] {
        registry.get_or_create("search", threshold(failures));
    }
    let kinds: Vec<_> = search.history().iter().map(|event| matches!(event.kind, EventKind::Conflict(_))).collect();
    assert_eq!(kinds, [false, true, true], "{:?}", search.history());
}

#[test]
fn totals_are_the_sums_of_all_services() {
    let registry = Registry::new();
    let [db, s3] = ["db", "s3"].map(|service| registry.get_or_create(service, threshold(2)));
    fail(&db, 2);
    assert!(db.call(|| Ok::<_, ()>(())).is_err());
    let _ = s3.call(|| Ok::<_, ()>(()));
    s3.try_acquire().expect("closed").ignore();
    drop(s3.try_acquire().expect("closed"));
    let running = s3.try_acquire().expect("closed");
    let metrics = registry.metrics();
    let total = metrics.total;
    assert_eq!((total.requests, total.successes, total.failures, total.rejections), (7, 1, 2, 1));
    assert_eq!((total.ignored, total.abandoned, total.in_flight, total.transitions), (1, 1, 1, 1));
    assert_eq!(metrics.services.len(), 2);
    assert_eq!(metrics.service("db").expect("listed").state, State::Open);
    assert_eq!(metrics.service("s3").expect("listed").in_flight, 1);
    assert!(metrics.service("cache").is_none());
    drop(running);
}

#[test]
fn the_health_report_follows_the_circuits() {
    let (clock, time) = Clock::manual();
    let registry = Registry::with_clock(clock);
    let db = registry.get_or_create("db", threshold(1));
    registry.get_or_create("s3", threshold(1));
    assert_eq!(registry.health().status, HealthStatus::Up);
    fail(&db, 1);
    let report = registry.health();
    assert_eq!(report.status, HealthStatus::Down, "every service is critical unless it says otherwise");
    let states: Vec<_> = report.services.iter().map(|service| (service.service, service.state, service.mode)).collect();
    assert_eq!(states, [("db", State::Open, Mode::Automatic), ("s3", State::Closed, Mode::Automatic)]);
    time.advance(s(30.0));
    let report = registry.health();
    assert_eq!((report.services[0].state, report.status), (State::HalfOpen, HealthStatus::Degraded));
    db.reset();
    assert_eq!(registry.health().status, HealthStatus::Up);
}

#[test]
fn settings_are_laid_over_the_code_and_keep_the_state() {
    let registry = Registry::new();
    let db = registry.get_or_create("db", threshold(3));
    fail(&db, 2);
    registry.apply("db", Settings { open_timeout: Some(s(7.0)), ..Settings::NONE }).expect("valid");
    assert_eq!((db.config().failure_threshold(), db.config().open_timeout()), (Some(3), s(7.0)));
    assert_eq!((db.metrics().failures, db.metrics().window.failures), (2, 2));
    // What was applied before is replaced, not added to.
    registry.apply("db", Settings { window: Some(Window::Calls(20)), ..Settings::NONE }).expect("valid");
    assert_eq!((db.config().window(), db.config().open_timeout()), (Window::Calls(20), s(30.0)));
}

#[test]
fn bad_settings_name_the_service_and_change_nothing() {
    let registry = Registry::new();
    let db = registry.get_or_create("db", threshold(3));
    let before = db.config();
    let bad = Settings { failure_rate: Some(50.0), open_timeout: Some(s(0.0)), ..Settings::NONE };
    let error = registry.apply("db", bad).expect_err("two faults");
    assert_eq!((error.service(), error.faults().len()), (Some("db"), 2));
    assert_eq!(db.config(), before);
    assert!(db.history().is_empty());
}

#[test]
fn settings_may_come_before_the_code() {
    let registry = Registry::new();
    registry.apply("later", Settings { failure_threshold: Some(9), ..Settings::NONE }).expect("valid");
    assert!(registry.get("later").is_none());
    let later = registry.get_or_create("later", Config::builder().open_timeout(s(7.0)).build().expect("valid"));
    assert_eq!((later.config().failure_threshold(), later.config().open_timeout()), (Some(9), s(7.0)));
}

#[test]
fn a_registry_hears_the_events_of_all_its_services() {
    let registry = Registry::new();
    let mut stream = registry.subscribe();
    for service in ["a", "b"] {
        fail(&registry.get_or_create(service, threshold(1)), 1);
    }
    let heard: Vec<Event> = std::iter::from_fn(|| stream.try_recv().ok()).collect();
    let services: Vec<_> = heard.iter().map(|event| event.service).collect();
    assert_eq!(services, ["a", "b"]);
    assert!(heard.iter().all(|event| breaker_tests::transition(event) == Some((State::Closed, State::Open))));
}

#[circuit_breaker(service = "registry-shared", failure_threshold = 3, open_timeout = "7s")]
fn read() -> Result<u8, CircuitBreakerError> {
    Ok(1)
}

#[circuit_breaker(service = "registry-shared", failure_threshold = 4)]
fn write() -> Result<u8, CircuitBreakerError> {
    Ok(2)
}

#[expect(dead_code, reason = "it must be listed without a call")]
#[circuit_breaker(service = "registry-uncalled", consecutive_failures = 2)]
fn uncalled() -> Result<(), CircuitBreakerError> {
    Ok(())
}

#[test]
fn annotated_functions_are_listed_before_their_first_call() {
    let global = Registry::global();
    let listed = global.breakers();
    let uncalled = listed.iter().find(|breaker| breaker.service() == "registry-uncalled").expect("listed");
    assert_eq!(uncalled.config().consecutive_failures(), Some(2));
    assert_eq!(global.get("registry-uncalled").expect("listed").metrics().requests, 0);
}

#[test]
fn one_service_of_two_functions_is_one_breaker_and_their_conflict_is_reported() {
    assert_eq!((read(), write()), (Ok(1), Ok(2)));
    let shared = Registry::global().get("registry-shared").expect("listed");
    assert_eq!(shared.metrics().requests, 2);
    let config = shared.config();
    assert_eq!((config.failure_threshold(), config.open_timeout()), (Some(3), s(7.0)));
    let all = Registry::global().conflicts();
    let ours: Vec<_> = all.iter().filter(|conflict| conflict.service == "registry-shared").collect();
    assert_eq!(ours.len(), 1, "{ours:?}");
    assert_eq!((ours[0].key, &*ours[0].first.value, &*ours[0].second.value), ("failure_threshold", "3", "4"));
    assert!(ours[0].first.place.contains("registry.rs:") && ours[0].first.place != ours[0].second.place);
    let warned = shared.history().into_iter().any(|event| matches!(event.kind, EventKind::Conflict(_)));
    assert!(warned, "a conflict is a warning event, too");
}
