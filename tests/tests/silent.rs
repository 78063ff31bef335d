//! What is configured but has no effect is told: a `fail_fast` that differs from the compiled one, and an
//! `enable_health_check` without a health check.

use breaker_core::{
    CircuitBreaker, Clock, Config, ConfigBuilder, Conflict, ConflictKind, EventKind, ManualClock, Origin, Preset,
    Registry, Settings, SettingsLayer, SourcedSettings,
};
use breaker_tests::checked::Service;
use breaker_tests::lines::Lines;
use breaker_tests::{pass, s, settle};
use tracing::Level;

fn made(keys: ConfigBuilder) -> (Registry, CircuitBreaker, ManualClock) {
    let (clock, time) = Clock::manual();
    let registry = Registry::with_clock(clock);
    let db = registry.get_or_create("db", keys.build().expect("valid"));
    (registry, db, time)
}

fn in_file(settings: Settings) -> SourcedSettings {
    SourcedSettings::new(settings, |key| Origin::File(format!("b.yaml:{key}")))
}

fn file(settings: Settings) -> SettingsLayer {
    let mut layer = SettingsLayer::default();
    layer.services.insert("db".to_owned(), in_file(settings));
    layer
}

fn defaults(settings: Settings) -> SettingsLayer {
    let mut layer = SettingsLayer::default();
    layer.defaults = in_file(settings);
    layer
}

fn fail_fast(value: bool) -> Settings {
    Settings { fail_fast: Some(value), ..Settings::NONE }
}

/// The conflicts that were events.
fn told(breaker: &CircuitBreaker) -> Vec<String> {
    let conflict = |event: breaker_core::Event| match event.kind {
        EventKind::Conflict(conflict) => Some(conflict.to_string()),
        _ => None,
    };
    breaker.history().into_iter().filter_map(conflict).collect()
}

fn kinds(registry: &Registry) -> Vec<ConflictKind> {
    registry.conflicts().iter().map(|conflict| conflict.kind).collect()
}

#[test]
fn a_fail_fast_that_differs_from_the_code_is_told() {
    let (registry, db, _time) = made(Config::builder());
    registry.configure(file(fail_fast(false))).expect("valid");
    registry.configure(file(fail_fast(false))).expect("valid");
    let [conflict] = <[Conflict; 1]>::try_from(registry.conflicts()).expect("one");
    assert_eq!((conflict.kind, conflict.key), (ConflictKind::FailFast, "fail_fast"));
    assert_eq!((conflict.first.value.as_str(), conflict.second.value.as_str()), ("true", "false"));
    let text = "service `db`: `fail_fast` is false (b.yaml:fail_fast), but functions are compiled with true (default): no \
                effect; set it in the code";
    assert_eq!((conflict.to_string().as_str(), told(&db)), (text, vec![text.to_owned()]));
    assert!(db.config().fail_fast());
    registry.configure(file(fail_fast(true))).expect("valid");
    assert_eq!(kinds(&registry), []);
    registry.apply("db", fail_fast(false)).expect("valid");
    assert!(told(&db)[1].contains("is false (set at run time)"), "{:?}", told(&db));
}

#[test]
fn defaults_for_all_services_are_told_only_where_nothing_else_sets_it() {
    let (registry, ..) = made(Config::builder());
    registry.configure(defaults(fail_fast(false))).expect("valid");
    assert_eq!(kinds(&registry), [ConflictKind::FailFast]);
    for code in [Config::builder().fail_fast(true), Config::builder().preset(Preset::Cache)] {
        let (registry, db, _time) = made(code);
        registry.configure(defaults(fail_fast(!db.config().fail_fast()))).expect("valid");
        assert_eq!(kinds(&registry), [], "the code is stronger");
    }
}

#[test]
fn the_fail_fast_of_a_preset_in_a_file_is_not_told() {
    let (registry, ..) = made(Config::builder());
    registry.configure(file(Settings { preset: Some(Preset::Cache), ..Settings::NONE })).expect("valid");
    assert_eq!(kinds(&registry), []);
}

fn checks() -> ConfigBuilder {
    Config::builder().enable_health_check(true).metrics_log_interval(s(5.0))
}

#[tokio::test]
async fn a_switched_on_health_check_that_nobody_registered_is_told_with_the_first_metrics() {
    let (registry, db, time) = made(checks());
    let [conflict] = <[Conflict; 1]>::try_from(registry.conflicts()).expect("one");
    assert_eq!((conflict.kind, conflict.key), (ConflictKind::MissingHealthCheck, "enable_health_check"));
    let text = conflict.to_string();
    let start = "service `db`: `enable_health_check` is true (tests/tests/silent.rs:";
    assert!(text.starts_with(start), "{text}");
    assert!(text.ends_with("but no health check is registered: call `Registry::health_check` and keep its guard"));
    let _log = registry.log_metrics();
    settle().await;
    assert_eq!(told(&db), [""; 0], "the program may still register one");
    let (lines, _here) = Lines::here(Level::WARN);
    pass(&time, 5.0).await;
    pass(&time, 5.0).await;
    assert_eq!(told(&db), [text], "once");
    let lines = lines.take();
    assert!(lines.len() == 1 && lines[0].contains("enable_health_check"), "{lines:?}");
    // Its guard is dropped: it is missing again.
    let check = registry.health_check("db", Service::default().check());
    pass(&time, 5.0).await;
    assert_eq!(kinds(&registry), []);
    drop(check);
    settle().await;
    pass(&time, 5.0).await;
    assert_eq!((told(&db).len(), kinds(&registry)), (2, vec![ConflictKind::MissingHealthCheck]));
}

#[tokio::test]
async fn one_that_is_registered_in_time_or_switched_on_by_a_preset_is_not_told() {
    let (registry, db, time) = made(checks());
    let preset = Config::builder().preset(Preset::Database).metrics_log_interval(s(5.0)).build().expect("valid");
    let by_preset = registry.get_or_create("by-preset", preset);
    let _log = registry.log_metrics();
    settle().await;
    let _check = registry.health_check("db", Service::default().check());
    pass(&time, 5.0).await;
    assert_eq!((told(&db), told(&by_preset), kinds(&registry)), (vec![], vec![], vec![]));
}

#[test]
fn a_file_and_run_time_switch_checks_on_too() {
    let on = Settings { enable_health_check: Some(true), ..Settings::NONE };
    let (registry, ..) = made(Config::builder().preset(Preset::S3));
    let places = |registry: &Registry| {
        let conflicts = registry.conflicts().into_iter();
        conflicts.map(|conflict| (conflict.kind, conflict.second.place)).collect::<Vec<_>>()
    };
    registry.configure(file(on.clone())).expect("valid");
    assert_eq!(places(&registry), [(ConflictKind::MissingHealthCheck, "b.yaml:enable_health_check".to_owned())]);
    registry.apply("db", on).expect("valid");
    assert_eq!(places(&registry), [(ConflictKind::MissingHealthCheck, "set at run time".to_owned())]);
}
