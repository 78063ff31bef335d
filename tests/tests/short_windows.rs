//! A time window shorter than twice the `request_timeout` causes a warning: calls that time out one after another never
//! share the window.

use breaker_core::{
    CircuitBreaker, CircuitBreakerError, Config, ConfigBuilder, Conflict, ConflictKind, EventKind, Origin, Registry,
    Settings, SettingsLayer, SourcedSettings, State, Window, circuit_breaker,
};
use breaker_tests::{poll_once, rig, s};

fn keys() -> ConfigBuilder {
    Config::builder().failure_threshold(2)
}

fn made(config: ConfigBuilder) -> (Registry, CircuitBreaker) {
    let registry = Registry::new();
    let breaker = registry.get_or_create("db", config.build().expect("valid"));
    (registry, breaker)
}

fn layer(window: Window, line: u32) -> SettingsLayer {
    let settings = Settings { window: Some(window), ..Settings::NONE };
    let mut layer = SettingsLayer::default();
    let file = SourcedSettings::new(settings, |_| Origin::File(format!("b.yaml:{line}:5")));
    layer.services.insert("db".to_owned(), file);
    layer
}

fn told(breaker: &CircuitBreaker) -> usize {
    breaker.history().iter().filter(|event| matches!(event.kind, EventKind::Conflict(_))).count()
}

/// Shows the behaviour that the warning is about.
#[test]
fn timeouts_one_after_another_never_share_a_short_window() {
    for (window, state) in [(15.0, State::Closed), (20.0, State::Open)] {
        let rig = rig(keys().window(s(window)).request_timeout(s(10.0)).build());
        for _ in 0..2 {
            let mut call = Box::pin(rig.breaker.call_async(std::future::pending::<Result<(), ()>>()));
            let _ = poll_once(&mut call);
            rig.wait(10.0);
            let _ = poll_once(&mut call);
            // With the short window, the next call begins 6 s later.
            rig.wait(if window < 20.0 { 6.0 } else { 0.0 });
        }
        assert_eq!(rig.state(), state, "a window of {window} s");
    }
}

#[test]
fn a_window_shorter_than_twice_the_timeout_is_told_once() {
    let (registry, db) = made(keys().window(s(15.0)).request_timeout(s(8.0)));
    let [conflict] = registry.conflicts().try_into().expect("one");
    assert_eq!((conflict.kind, conflict.key), (ConflictKind::ShortWindow, "window"));
    let place = conflict.first.place.clone();
    assert!(place.contains("short_windows.rs:"), "{place}");
    let expected = format!(
        "service `db`: `window` is 15s ({place}), and `request_timeout` 8s ({place}): calls that time out one after another \
         never share the window; make it at least twice as long"
    );
    assert_eq!(conflict.to_string(), expected);
    assert_eq!(told(&db), 1);
    registry.configure(layer(s(15.0).into(), 3)).expect("valid");
    registry.configure(layer(s(15.0).into(), 9)).expect("valid");
    assert_eq!(told(&db), 1, "nothing new");
    assert_eq!(registry.conflicts()[0].first.place, "b.yaml:9:5");
    registry.configure(layer(s(12.0).into(), 9)).expect("valid");
    assert_eq!(told(&db), 2, "another window");
    registry.configure(layer(s(16.0).into(), 9)).expect("valid");
    assert_eq!((told(&db), registry.conflicts()), (2, vec![]), "long enough");
    registry.apply("db", Settings { request_timeout: Some(s(9.0)), ..Settings::NONE }).expect("valid");
    assert_eq!((told(&db), registry.conflicts().len()), (3, 1), "at run time, too");
}

#[test]
fn windows_that_no_rule_looks_at_or_that_hold_calls_are_never_too_short() {
    let timed = |config: ConfigBuilder| made(config.request_timeout(s(50.0))).0.conflicts();
    assert_eq!(timed(keys().window(10)), []);
    assert_eq!(timed(Config::builder().consecutive_failures(3).window(s(10.0))), []);
    assert_eq!(timed(keys().window(s(100.0))), []);
    assert_eq!(timed(keys()).len(), 1, "the default of 60 s is too short as well");
    for preset in [Config::database(), Config::cache(), Config::s3()] {
        let registry = Registry::new();
        registry.get_or_create("db", preset);
        assert_eq!(registry.conflicts(), []);
    }
}

#[circuit_breaker(service = "export", failure_threshold = 3, request_timeout = "40s")]
async fn export() -> Result<(), CircuitBreakerError> {
    Ok(())
}
const EXPORT: u32 = line!() - 4;

#[circuit_breaker(service = "export", request_timeout = "1s")]
async fn look_up() -> Result<(), CircuitBreakerError> {
    Ok(())
}

#[tokio::test]
async fn the_longest_timeout_of_the_functions_counts() {
    export().await.expect("closed");
    look_up().await.expect("closed");
    let conflicts = Registry::global().conflicts();
    let [conflict]: [Conflict; 1] =
        conflicts.into_iter().filter(|one| one.service == "export").collect::<Vec<_>>().try_into().expect("one");
    assert_eq!((conflict.first.value.as_str(), conflict.first.place.as_str()), ("60s", "default"));
    assert_eq!((conflict.second.value.as_str(), conflict.second.place), ("40s", format!("{}:{EXPORT}", file!())));
}
