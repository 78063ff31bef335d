//! Registries, own and global: conflicts, settings at run time, totals.

use std::sync::{Arc, Barrier, Mutex};

use breaker_core::{
    CallError, CircuitBreakerError, Clock, Config, ConfigBuilder, Conflict, Event, EventKind, HealthStatus, Mode,
    Origin, Registry, Settings, SettingsLayer, SourcedSettings, State, Window, circuit_breaker,
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
    assert!(Registry::new().get("search").is_none(), "another registry does not have it");
    assert!(registry.clone().get("search").is_some(), "a clone is the same registry");
    assert!(registry.conflicts().is_empty());
}

#[test]
fn defaults_yield_to_code_that_came_before_and_conflict_with_code_that_comes_later() {
    let registry = Registry::new();
    registry.get_or_create("before", threshold(7));
    assert_eq!(registry.get_or_default("before", threshold(3)).config().failure_threshold(), Some(7));
    assert!(registry.conflicts().is_empty());
    let line = line!() + 1;
    assert_eq!(registry.get_or_default("after", threshold(3)).config().failure_threshold(), Some(3));
    registry.get_or_create("after", threshold(7));
    let conflicts = registry.conflicts();
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    assert!(conflicts[0].to_string().contains(&format!("registry.rs:{line}")), "{}", conflicts[0]);
}

#[test]
fn defaults_yield_to_an_annotated_function_that_was_never_called() {
    #[circuit_breaker(service = "registry-never-called", failure_threshold = 7)]
    #[expect(dead_code, reason = "never called")]
    fn never_called() -> Result<(), CircuitBreakerError> {
        Ok(())
    }

    let breaker = Registry::global().get_or_default("registry-never-called", threshold(3));
    assert_eq!(breaker.config().failure_threshold(), Some(7));
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
    assert_eq!(conflicts, 1, "one warning per difference: {events:?}");
}

#[test]
fn two_configurations_from_one_line_are_a_conflict() {
    let registry = Registry::new();
    let made = |failures| registry.get_or_create("search", threshold(failures));
    let line = line!() - 1;
    assert_eq!(
        [made(3), made(3), made(300), made(3)].map(|breaker| breaker.config().failure_threshold()),
        [Some(3); 4]
    );
    let [conflict] = registry.conflicts().try_into().expect("one conflict");
    assert_eq!((conflict.first.value.as_str(), conflict.second.value.as_str()), ("3", "300"));
    for place in [&conflict.first.place, &conflict.second.place] {
        assert!(place.ends_with(&format!("registry.rs:{line}")), "{conflict}");
    }
    assert_eq!(conflict.count, 1);
    let told = made(3).history().into_iter().map(|event| event.kind).collect::<Vec<_>>();
    assert_eq!(told, [EventKind::Conflict(Arc::new(conflict))]);
}

#[test]
fn a_key_that_only_the_second_configuration_sets_is_reported_unless_it_changes_nothing() {
    let registry = Registry::new();
    let first = registry.get_or_create("search", threshold(3));
    let first_line = line!() - 1;
    let build = |builder: ConfigBuilder| builder.build().expect("valid");
    let like_the_default = build(Config::builder().failure_threshold(3).open_timeout(s(30.0)).request_timeout(None));
    let _ = registry.get_or_create("search", like_the_default);
    assert_eq!(registry.conflicts(), []);
    let _ = registry.get_or_create("search", build(Config::builder().open_timeout(s(9.0))));
    let [conflict] = registry.conflicts().try_into().expect("one conflict");
    assert_eq!((conflict.key, &*conflict.first.value, &*conflict.second.value), ("open_timeout", "not set", "9s"));
    assert!(conflict.first.place.ends_with(&format!("registry.rs:{first_line}")), "{conflict}");
    assert_eq!(first.config().open_timeout(), s(30.0), "the first configuration applies");
    let [Event { kind: EventKind::Conflict(told), .. }] = &first.history()[..] else { panic!("one event") };
    assert_eq!(**told, conflict);
}

#[circuit_breaker(service = "registry-by-hand", failure_threshold = 3, map_error = |_| ())]
fn by_hand() -> Result<(), ()> {
    Ok(())
}

#[test]
fn a_configuration_by_hand_of_an_annotated_service_is_a_conflict_also_after_its_first_call() {
    let _ = by_hand();
    let registry = Registry::global();
    for _ in 0..2 {
        let breaker = registry.get_or_create("registry-by-hand", threshold(9));
        assert_eq!(breaker.config().failure_threshold(), Some(3));
    }
    let ours: Vec<_> =
        registry.conflicts().into_iter().filter(|conflict| conflict.service == "registry-by-hand").collect();
    let [conflict] = ours.as_slice() else { panic!("{ours:?}") };
    assert_eq!((conflict.first.value.as_str(), conflict.second.value.as_str(), conflict.count), ("3", "9", 1));
}

#[test]
fn of_ten_thousand_conflicts_of_one_place_the_first_and_the_last_are_kept_with_a_count() {
    let registry = Registry::new();
    let search = registry.get_or_create("search", threshold(1));
    let made = |failures| drop(registry.get_or_create("search", threshold(failures)));
    (2..=10_001).for_each(made);
    // Known values are not counted again.
    [1, 2, 10_001].into_iter().for_each(made);
    let seen = |conflict: &Conflict| (conflict.first.value.clone(), conflict.second.value.clone(), conflict.count);
    let kept: Vec<_> = registry.conflicts().iter().map(seen).collect();
    let text = String::from;
    assert_eq!(kept, [(text("1"), text("2"), 1), (text("1"), text("10001"), 9_999)]);
    let last = registry.conflicts().pop().expect("two").to_string();
    assert!(last.contains("10001 at ") && last.contains("(the last of 9999 other values there)"), "{last}");
    assert_eq!(search.history().len(), 2, "{:?}", search.history());
    // Conflicts of another place are kept separately.
    drop(registry.get_or_create("search", threshold(7)));
    assert_eq!(registry.conflicts().len(), 3);
}

#[test]
fn an_empty_name_is_the_service_unnamed() {
    let registry = Registry::new();
    let empty = registry.get_or_create("", Config::default());
    fail(&empty, 1);
    for same in ["unnamed", "  ", ""] {
        assert_eq!(registry.get_or_create(same, Config::default()).metrics().failures, 1, "{same:?}");
        assert_eq!(registry.get(same).expect("made").metrics().failures, 1, "{same:?}");
        assert_eq!(registry.explain(same).expect("made").service, "unnamed");
    }
    let names: Vec<_> = registry.breakers().iter().map(breaker_core::CircuitBreaker::service).collect();
    assert_eq!(names, ["unnamed"]);
}

#[test]
fn an_empty_name_and_the_name_defaults_take_no_settings() {
    let registry = Registry::new();
    let nine = Settings { failure_threshold: Some(9), ..Settings::NONE };
    for (service, said) in [
        ("", "service = \"\": must not be empty; write the name of the service"),
        (
            "defaults",
            "service = \"defaults\": is reserved for the values that all services inherit; give the service another name",
        ),
    ] {
        let error = registry.apply(service, nine.clone()).expect_err("not a valid service name");
        assert_eq!(error.faults()[0].to_string(), said);
        let mut layer = SettingsLayer::default();
        layer.services.insert(service.to_owned(), SourcedSettings::new(nine.clone(), |_| Origin::Runtime));
        assert_eq!(registry.configure(layer), Err(vec![error]));
    }
    // Where no error can be returned, the problem becomes an event.
    let defaults = registry.get_or_create("defaults", Config::default());
    let [event] = defaults.history().try_into().expect("one event");
    assert!(
        matches!(&event.kind, EventKind::BadConfiguration(problem) if problem.message.contains("is reserved")),
        "{event}"
    );
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
    assert_eq!(report.status, HealthStatus::Down, "a service is critical by default");
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
    // This replaces the settings that were applied before.
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
    let heard: Vec<Event> = std::iter::from_fn(|| stream.try_recv()).collect();
    let services: Vec<_> = heard.iter().map(|event| event.service).collect();
    assert_eq!(services, [Some("a"), Some("b")]);
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

#[expect(dead_code, reason = "the function is listed although it is never called")]
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
    assert!(warned, "a conflict is also a warning event");
}
