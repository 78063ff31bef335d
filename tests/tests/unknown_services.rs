//! Service names that no code uses, and the reserved name: reported in the log, to listeners and in `conflicts()`.

use std::sync::{Arc, Mutex};

use breaker_core::{
    CircuitBreaker, Config, Conflict, ConflictKind, EventKind, Origin, Registry, Settings, SettingsLayer,
    SourcedSettings,
};

fn registry() -> Registry {
    let registry = Registry::new();
    registry.get_or_create("database", Config::default());
    registry
}

fn threshold(failures: u32) -> Settings {
    Settings { failure_threshold: Some(failures), ..Settings::NONE }
}

fn layer(service: &str, line: u32) -> SettingsLayer {
    let mut layer = SettingsLayer::default();
    let said = SourcedSettings::new(threshold(9), |_| Origin::File(format!("b.yaml:{line}:5")));
    layer.services.insert(service.to_owned(), said);
    layer
}

/// Returns the conflicts in events that belong to no service.
fn told(registry: &Registry) -> Vec<Conflict> {
    let events = registry.history().into_iter().filter(|event| event.service.is_none());
    let conflicts = events.filter_map(|event| match event.kind {
        EventKind::Conflict(conflict) => Some(Conflict::clone(&conflict)),
        _ => None,
    });
    conflicts.collect()
}

fn texts(conflicts: &[Conflict]) -> Vec<String> {
    conflicts.iter().map(Conflict::to_string).collect()
}

#[test]
fn apply_to_a_service_that_no_code_names_is_told_with_the_nearest_name() {
    let registry = registry();
    registry.apply("databse", threshold(20)).expect("in range");
    let [conflict] = registry.conflicts().try_into().expect("one");
    assert_eq!((conflict.kind, conflict.service.as_str()), (ConflictKind::UnknownService, "databse"));
    assert_eq!((conflict.first.value.as_str(), conflict.second.value.as_str()), ("database", "databse"));
    assert!(conflict.first.place.contains("unknown_services.rs:"), "where code names it: {conflict:?}");
    let text = "service `databse` is not in the code (set at run time); did you mean `database`?";
    assert_eq!(conflict.to_string(), text);
    assert_eq!(told(&registry), [conflict]);
    assert_eq!(registry.breakers().len(), 1, "no breaker is made");
}

#[test]
fn what_is_applied_early_is_kept_and_is_no_conflict_once_the_service_is_made() {
    let registry = registry();
    registry.apply("mail", threshold(20)).expect("in range");
    assert_eq!(texts(&registry.conflicts()), ["service `mail` is not in the code (set at run time)"]);
    let mail = registry.get_or_create("mail", Config::default());
    assert_eq!(mail.config().failure_threshold(), Some(20));
    assert_eq!(registry.conflicts(), []);
}

#[test]
fn a_layer_for_a_service_that_no_code_names_is_told_once_with_its_place() {
    let registry = registry();
    let expected = "service `databse` is not in the code (b.yaml:3:5); did you mean `database`?";
    registry.configure(layer("databse", 3)).expect("in range");
    assert_eq!(texts(&registry.conflicts()), [expected]);
    // A reload without a change, and one that moves the service to another line.
    registry.configure(layer("databse", 3)).expect("in range");
    registry.configure(layer("databse", 7)).expect("in range");
    registry.apply("databse", threshold(2)).expect("in range");
    registry.apply("databse", threshold(3)).expect("in range");
    assert_eq!(texts(&told(&registry)), [expected]);
    assert_eq!(registry.conflicts().len(), 2, "both places: {:?}", registry.conflicts());
    registry.configure(layer("database", 3)).expect("in range");
    registry.configure(layer("databas", 3)).expect("in range");
    assert_eq!(told(&registry).len(), 2, "another service");
}

/// No lock is held while listeners run, so a listener may use the registry.
#[test]
fn listeners_that_hear_of_an_unknown_service_may_use_the_registry() {
    let registry = registry();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (of_listener, into) = (registry.clone(), Arc::clone(&heard));
    registry.on_event(move |event| {
        let conflicts = of_listener.conflicts().len();
        into.lock().expect("no panic").push((event.to_string(), conflicts));
    });
    registry.apply("databse", threshold(20)).expect("in range");
    let expected = "service `databse` is not in the code (set at run time); did you mean `database`?";
    assert_eq!(*heard.lock().expect("no panic"), [(expected.to_owned(), 1)]);
}

#[test]
fn a_service_named_defaults_is_in_conflicts() {
    let registry = registry();
    registry.get_or_create("defaults", Config::default());
    let line = line!() - 1;
    let [conflict] = registry.conflicts().try_into().expect("one");
    assert_eq!((conflict.kind, conflict.service.as_str()), (ConflictKind::ReservedName, "defaults"));
    let by_hand = CircuitBreaker::new("defaults", Config::default()).history();
    assert!(matches!(by_hand[0].kind, EventKind::BadConfiguration(_)), "a breaker outside a registry: {by_hand:?}");
    let text = conflict.to_string();
    let expected = format!(
        "unknown_services.rs:{line}): the name is reserved for the values that all services inherit; give the service another name"
    );
    assert!(text.starts_with("service `defaults` (") && text.ends_with(&expected), "{text}");
}

#[test]
fn the_nearest_service_is_found_without_creating_one() {
    let registry = registry();
    for name in ["databse", "DATABASE", "dat"] {
        assert_eq!(registry.nearest(name), Some("database"), "{name}");
    }
    for name in ["mail", "", "\n", &"database".repeat(1_000)] {
        assert_eq!(registry.nearest(name), None, "{name}");
    }
    assert_eq!(Registry::new().nearest("database"), None);
    assert_eq!(registry.breakers().len(), 1);
}
