//! What a `Reconfigured` event says: which values changed, from what to what, and where the new ones are set.

use breaker_core::{
    CircuitBreaker, CircuitBreakerError, Clock, Config, ConfigChange, EventKind, Origin, Preset, Registry, Settings,
    SettingsLayer, SourcedSettings, circuit_breaker,
};
use breaker_tests::lines::Lines;
use breaker_tests::{rig, s};
use serde_json::json;
use tracing::Level;

fn made() -> (Registry, CircuitBreaker) {
    let registry = Registry::with_clock(Clock::manual().0);
    let db = registry.get_or_create("db", Config::builder().failure_threshold(5).build().expect("valid"));
    (registry, db)
}

fn file(settings: Settings) -> SettingsLayer {
    let mut layer = SettingsLayer::default();
    let sourced = SourcedSettings::new(settings, |key| Origin::File(format!("b.yaml:{key}")));
    layer.services.insert("db".to_owned(), sourced);
    layer
}

/// The changes of all `Reconfigured` events, one text for each event.
fn told(breaker: &CircuitBreaker) -> Vec<String> {
    let changes = |event: &breaker_core::Event| match &event.kind {
        EventKind::Reconfigured { changes, .. } => {
            Some(changes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
        _ => None,
    };
    breaker.history().iter().filter_map(changes).collect()
}

#[test]
fn each_changed_value_has_its_old_value_and_its_source() {
    let (registry, db) = made();
    let settings = Settings { failure_threshold: Some(9), open_timeout: Some(s(10.0)), ..Settings::NONE };
    registry.configure(file(settings)).expect("valid");
    let event = db.history().pop().expect("one event");
    let EventKind::Reconfigured { changes, .. } = &event.kind else { panic!("{event:?}") };
    let fields = |change: &ConfigChange| {
        let ConfigChange { key, before, after, place, .. } = change.clone();
        (key, before, after, place)
    };
    let expected = [
        ("failure_threshold", "5".to_owned(), "9".to_owned(), "b.yaml:failure_threshold".to_owned()),
        ("open_timeout", "30s".to_owned(), "10s".to_owned(), "b.yaml:open_timeout".to_owned()),
        // It follows the open time.
        ("half_open_timeout", "30s".to_owned(), "10s".to_owned(), "default".to_owned()),
    ];
    assert_eq!(changes.iter().map(fields).collect::<Vec<_>>(), expected);
    assert_eq!(
        event.to_string(),
        "db: reconfigured: failure_threshold 5 -> 9 (b.yaml:failure_threshold), open_timeout 30s -> 10s \
         (b.yaml:open_timeout), half_open_timeout 30s -> 10s (default)"
    );
}

#[test]
fn a_value_that_returns_to_the_code_or_to_a_preset_names_that_place() {
    let (registry, db) = made();
    registry.configure(file(Settings { failure_threshold: Some(9), ..Settings::NONE })).expect("valid");
    registry.configure(SettingsLayer::default()).expect("valid");
    registry.configure(file(Settings { preset: Some(Preset::S3), ..Settings::NONE })).expect("valid");
    registry.apply("db", Settings { success_threshold: Some(1), ..Settings::NONE }).expect("valid");
    let told = told(&db);
    assert_eq!(told.len(), 4, "{told:#?}");
    let of_code = "failure_threshold 9 -> 5 (tests/tests/config_changes.rs:";
    assert!(told[1].starts_with(of_code), "{told:#?}");
    let parts: Vec<_> = told[2].split(", ").collect();
    for part in [
        "success_threshold 2 -> 3 (preset s3)",
        "request_timeout off -> 30s (preset s3)",
        "open_timeout 30s -> 60s (preset s3)",
    ] {
        assert!(parts.contains(&part), "no {part:?} in {parts:#?}");
    }
    assert!(told[3].contains("success_threshold 3 -> 1 (set at run time)"), "{told:#?}");
}

#[test]
fn a_configuration_that_changes_nothing_is_no_event() {
    let (registry, db) = made();
    let settings = Settings { failure_threshold: Some(9), ..Settings::NONE };
    for _ in 0..2 {
        registry.configure(file(settings.clone())).expect("valid");
    }
    // The same value from a stronger source, twice.
    for _ in 0..2 {
        registry.apply("db", settings.clone()).expect("valid");
    }
    for _ in 0..2 {
        db.reconfigure(Config::clone(&db.config()));
    }
    assert_eq!(told(&db), ["failure_threshold 5 -> 9 (b.yaml:failure_threshold)"]);
    assert_eq!(db.history().len(), 1);
    // Later events are not held up.
    db.reconfigure(Config::builder().failure_threshold(2).build().expect("valid"));
    assert_eq!(told(&db).last().map(String::as_str), Some("failure_threshold 9 -> 2 (set at run time)"));
    // Nor is a name for a value that is off already.
    db.reconfigure(
        Settings { failure_threshold: Some(2), ..Settings::NONE }.off("failure_rate").resolve().expect("valid"),
    );
    assert_eq!(told(&db).len(), 2);
}

/// A lease that somebody has set cuts probes off and learns nothing, although it is as long as the default.
#[test]
fn a_value_with_another_meaning_is_a_change() {
    let rig = rig(Config::builder().failure_threshold(2).build());
    let lease = Config::builder().failure_threshold(2).half_open_timeout(s(30.0)).build().expect("valid");
    rig.breaker.reconfigure(lease);
    assert_eq!(told(&rig.breaker), ["half_open_timeout = 30s (set at run time)"]);
}

#[circuit_breaker(service = "changes-own", request_timeout = "2s")]
async fn own() -> Result<(), CircuitBreakerError> {
    Ok(())
}

#[tokio::test]
async fn a_timeout_that_overrides_those_of_functions_is_a_change() {
    own().await.expect("closed");
    let registry = Registry::global();
    let breaker = registry.get("changes-own").expect("named by code");
    registry.apply("changes-own", Settings::NONE.off("request_timeout")).expect("valid");
    let told = told(&breaker);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("request_timeout = off (set at run time)"), "{told:?}");
}

#[test]
fn the_log_and_the_json_have_the_changes() {
    let (registry, db) = made();
    let lines = Lines::of(Level::INFO, || {
        registry.configure(file(Settings { success_threshold: Some(3), ..Settings::NONE })).expect("valid");
        registry.configure(file(Settings { success_threshold: Some(3), ..Settings::NONE })).expect("valid");
    });
    let [line] = lines.as_slice() else { panic!("{lines:#?}") };
    let text = "changes=success_threshold 2 -> 3 (b.yaml:success_threshold), half_open_max_calls 2 -> 3 (default)";
    assert!(line.starts_with("INFO") && line.contains("message=reconfigured") && line.contains(text), "{line}");
    let event = serde_json::to_value(db.history().pop().expect("one event")).expect("it is JSON");
    let first = json!({"key": "success_threshold", "before": "2", "after": "3", "place": "b.yaml:success_threshold"});
    assert_eq!((&event["kind"], &event["changes"][0]), (&json!("reconfigured"), &first));
}
