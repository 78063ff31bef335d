//! `/breakers` and `/breakers/{service}`.

use std::time::Duration;

use breaker_core::{Criticality, Mode, Origin, Outcome, Registry, Settings, SettingsLayer, SourcedSettings};
use serde_json::{Value, json};

use crate::rig::{app, get, manual, open, service, two};

#[tokio::test]
async fn the_list_has_all_breakers_in_the_order_of_their_names() {
    let (registry, _time) = two();
    service(&registry, "cache", Criticality::Optional).set_mode(Mode::ForcedOpen);
    open(&registry.get("db").expect("made"));
    let listed = |service: &str, state: &str, mode: &str, criticality: &str| json!({"service": service, "state": state, "mode": mode, "criticality": criticality});
    let expected = json!({
        "boot_id": registry.boot_id(),
        "breakers": [
            listed("cache", "open", "forced_open", "optional"),
            listed("db", "open", "automatic", "critical"),
            listed("mail", "closed", "automatic", "optional"),
        ]
    });
    assert_eq!(get(&app(&registry), "/breakers").await.json(), expected);
}

#[tokio::test]
async fn an_empty_registry_has_an_empty_list() {
    let registry = Registry::new();
    let expected = json!({"boot_id": registry.boot_id(), "breakers": []});
    assert_eq!(get(&app(&registry), "/breakers").await.json(), expected);
}

#[tokio::test]
async fn one_breaker_has_state_configuration_window_and_history() {
    let (registry, time) = two();
    let db = registry.get("db").expect("made");
    let file = SourcedSettings::new(Settings { success_threshold: Some(3), ..Settings::NONE }, |key| {
        Origin::File(format!("b.yaml, {key}"))
    });
    let mut layer = SettingsLayer::default();
    layer.services.insert("db".to_owned(), file);
    registry.configure(layer).expect("valid");
    db.record(Outcome::Success, Duration::from_millis(5));
    time.advance(Duration::from_secs(1));
    open(&db);
    let answer = get(&app(&registry), "/breakers/db").await.json();
    let Value::Object(fields) = &answer else { panic!("{answer}") };
    let names: Vec<_> = fields.keys().map(String::as_str).collect();
    let expected = ["boot_id", "configuration", "criticality", "history", "mode", "service", "state", "window"];
    assert_eq!(names, expected);
    let state = [&answer["service"], &answer["state"], &answer["mode"], &answer["criticality"], &answer["boot_id"]];
    assert_eq!(state, ["db", "open", "automatic", "critical", registry.boot_id()]);
    let explained = registry.explain("db").expect("made").values;
    assert_eq!(answer["configuration"], serde_json::to_value(explained).expect("JSON"));
    let values = answer["configuration"].as_array().expect("a list");
    let threshold = values.iter().find(|value| value["key"] == "success_threshold").expect("it has a value");
    assert_eq!(threshold["origin"], json!({"from": "file", "place": "b.yaml, success_threshold"}));
    assert_eq!((&threshold["value"], &threshold["overridden"][0]["value"]), (&"3".into(), &"1".into()));
    assert_eq!(answer["window"], serde_json::to_value(db.metrics().window).expect("JSON"));
    assert_eq!((&answer["window"]["requests"], &answer["window"]["failures"]), (&2.into(), &1.into()));
    assert_eq!(answer["history"], serde_json::to_value(db.history()).expect("JSON"));
    assert_eq!(answer["history"].as_array().expect("a list").last().expect("an event")["to"], "open");
}

#[tokio::test]
async fn the_half_open_state_and_the_event_of_a_lapsed_probe_are_seen_by_the_reading_itself() {
    let (registry, time) = manual();
    let db = service(&registry, "db", Criticality::Critical);
    let app = app(&registry);
    open(&db);
    time.advance(Duration::from_secs(30));
    assert_eq!(get(&app, "/breakers").await.json()["breakers"][0]["state"], "half_open");
    let probe = db.try_acquire().expect("the open timeout is over");
    time.advance(Duration::from_secs(3600));
    let answer = get(&app, "/breakers/db").await.json();
    let causes: Vec<_> = answer["history"].as_array().expect("a list").iter().map(|e| &e["cause"]["rule"]).collect();
    assert_eq!(causes, ["consecutive_failures", "open_timeout_elapsed", "probe_timed_out"]);
    probe.success();
}

#[tokio::test]
async fn requests_change_nothing() {
    let (registry, _time) = two();
    let app = app(&registry);
    let before = registry.metrics();
    for path in ["/breakers/new", "/breakers", "/breakers/db", "/metrics", "/health"] {
        get(&app, path).await;
    }
    assert_eq!((registry.metrics(), registry.breakers().len()), (before, 2));
    assert!(registry.get("new").is_none() && registry.history().is_empty());
}
