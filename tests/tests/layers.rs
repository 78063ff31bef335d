//! Layers of settings over the code: files, the environment, run time. Which one wins, how values report their origin,
//! and that an invalid layer changes nothing.

use std::thread;

use breaker_core::{
    CircuitBreaker, Config, EventKind, Explanation, Origin, Preset, Registry, Settings, SettingsLayer, SourcedSettings,
    State, circuit_breaker,
};
use breaker_tests::s;

fn threshold(failures: u32) -> Settings {
    Settings { failure_threshold: Some(failures), ..Settings::NONE }
}

fn in_file(settings: Settings) -> SourcedSettings {
    SourcedSettings::new(settings, |key| Origin::File(format!("breakers.yaml, {key}")))
}

fn layer(defaults: Settings, services: &[(&str, Settings)]) -> SettingsLayer {
    let mut layer = SettingsLayer::default();
    layer.defaults = in_file(defaults);
    layer.services = services.iter().map(|(name, said)| ((*name).to_owned(), in_file(said.clone()))).collect();
    layer
}

fn origin(explanation: &Explanation, key: &str) -> (String, Origin) {
    let value = explanation.values.iter().find(|value| value.key == key).expect("the key has a value");
    (value.value.clone(), value.origin.clone())
}

fn reconfigurations(breaker: &CircuitBreaker) -> usize {
    breaker.history().iter().filter(|event| matches!(event.kind, EventKind::Reconfigured { .. })).count()
}

#[circuit_breaker(service = "layers-code", failure_threshold = 3, preset = "database", map_error = |_| ())]
fn from_code() -> Result<(), ()> {
    Ok(())
}

#[test]
fn each_value_has_its_origin() {
    let line = line!() - 7;
    let registry = Registry::global();
    let file = Settings { open_timeout: Some(s(7.0)), ..Settings::NONE };
    registry.configure(layer(Settings::NONE, &[("layers-code", file)])).expect("valid");
    registry.apply("layers-code", Settings { success_threshold: Some(4), ..Settings::NONE }).expect("valid");
    from_code().expect("closed");
    let explanation = registry.explain("layers-code").expect("named by code");
    let Origin::Code(place) = origin(&explanation, "failure_threshold").1 else { panic!("{explanation}") };
    assert!(place.ends_with(&format!("layers.rs:{line}")), "{place}");
    assert_eq!(origin(&explanation, "open_timeout"), ("7s".into(), Origin::File("breakers.yaml, open_timeout".into())));
    assert_eq!(origin(&explanation, "success_threshold"), ("4".into(), Origin::Runtime));
    assert_eq!(origin(&explanation, "request_timeout"), ("10s".into(), Origin::Preset(Preset::Database)));
    assert_eq!(origin(&explanation, "window"), ("60s".into(), Origin::Default));
    let text = explanation.to_string();
    assert!(text.starts_with("layers-code\n  failure_threshold "), "{text}");
    let is_timeout = |line: &str| line.split_whitespace().eq(["request_timeout", "10s", "preset", "database"]);
    assert!(text.lines().any(is_timeout), "{text}");
    assert_eq!(registry.explain("layers-nobody"), None);
}

#[test]
fn code_below_defaults_below_the_service_below_run_time() {
    let registry = Registry::new();
    let [one, two] = ["one", "two"].map(|name| registry.get_or_create(name, Config::default()));
    registry.apply("two", threshold(9)).expect("valid");
    registry.configure(layer(threshold(7), &[("one", threshold(8))])).expect("valid");
    let of = |breaker: &CircuitBreaker| breaker.config().failure_threshold();
    assert_eq!((of(&one), of(&two)), (Some(8), Some(9)));
    registry.apply("two", Settings::NONE).expect("valid");
    assert_eq!(of(&two), Some(7), "the defaults of the file");
    let three = registry.get_or_create("three", Config::default());
    assert_eq!(of(&three), Some(7), "a breaker that is made later");
    registry.configure(SettingsLayer::default()).expect("valid");
    assert_eq!(
        [one, two, three].map(|breaker| of(&breaker)),
        [None; 3],
        "a value that was removed from the file no longer applies"
    );
}

#[test]
fn a_layer_keeps_what_runs_and_is_silent_where_nothing_changes() {
    let registry = Registry::new();
    let [one, two] = ["one", "two"].map(|name| registry.get_or_create(name, Config::default()));
    for _ in 0..5 {
        let _ = one.call(|| Err::<(), _>("down"));
    }
    registry.configure(layer(Settings::NONE, &[("one", threshold(9))])).expect("valid");
    assert_eq!((one.state(), one.metrics().failures), (State::Open, 5));
    assert_eq!((reconfigurations(&one), reconfigurations(&two)), (1, 0));
    registry.configure(layer(Settings::NONE, &[("one", threshold(9))])).expect("valid");
    assert_eq!(reconfigurations(&one), 1, "applied twice");
}

#[test]
fn a_bad_layer_names_every_service_and_changes_none() {
    let registry = Registry::new();
    let one = registry.get_or_create("one", Config::builder().window(3).build().expect("valid"));
    let good = Settings { open_timeout: Some(s(1.0)), ..Settings::NONE };
    let bad = layer(good, &[("one", threshold(4)), ("nobody", threshold(0))]);
    let errors = registry.configure(bad).expect_err("two faults");
    let texts: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert!(texts[0].contains("`one`: failure_threshold = 4: must be at most `window`"), "{texts:?}");
    assert!(texts[1].contains("`nobody`: failure_threshold = 0: must be at least 1"), "{texts:?}");
    assert_eq!((texts.len(), one.config().open_timeout()), (2, s(30.0)));
    assert_eq!(registry.get_or_create("later", Config::default()).config().open_timeout(), s(30.0));
}

#[test]
fn what_is_rejected_at_run_time_leaves_no_trace() {
    let registry = Registry::new();
    let one = registry.get_or_create("one", Config::default());
    registry.apply("one", threshold(8)).expect("valid");
    registry.apply("one", threshold(0)).expect_err("out of range");
    registry.configure(layer(Settings { open_timeout: Some(s(1.0)), ..Settings::NONE }, &[])).expect("valid");
    assert_eq!((one.config().failure_threshold(), one.config().open_timeout()), (Some(8), s(1.0)));
}

/// If two threads call `apply` at once, the registry keeps the settings that the breaker uses.
#[test]
fn settings_and_configuration_never_part() {
    let registry = Registry::new();
    let one = registry.get_or_create("one", Config::default());
    for _ in 0..200 {
        thread::scope(|scope| {
            for failures in [6, 7] {
                let registry = &registry;
                scope.spawn(move || registry.apply("one", threshold(failures)).expect("valid"));
            }
        });
        let last = one.history().last().map(|event| event.sequence);
        assert!(last.is_some(), "each value differs from the one before, or from the other thread's");
        // Resolves the kept settings again. If the breaker used the other ones, this would change it and cause an
        // event.
        registry.configure(SettingsLayer::default()).expect("valid");
        assert_eq!(one.history().last().map(|event| event.sequence), last);
    }
}

#[test]
fn what_nobody_has_written_contradicts_nobody() {
    let registry = Registry::new();
    let one = registry.get_or_create("one", Config::default());
    let file =
        Settings { open_timeout: Some(s(1_200.0)), window: Some(breaker_core::Window::Calls(3)), ..Settings::NONE };
    registry.configure(layer(Settings::NONE, &[("one", file)])).expect("the defaults give way");
    assert_eq!((one.config().open_timeout_max(), one.config().minimum_requests()), (s(1_200.0), Some(3)));
    let two = registry.get_or_create("two", Config::database());
    registry.apply("two", Settings { preset: Some(Preset::Cache), ..Settings::NONE }).expect("valid");
    assert_eq!(two.config().failure_threshold(), Some(10), "another preset");
    assert_eq!(origin(&registry.explain("one").expect("there"), "success_threshold"), ("2".into(), Origin::Default));
}

#[test]
fn fail_fast_is_what_the_code_says() {
    let registry = Registry::new();
    let fail_fast = |service: &str| {
        let breaker = registry.get(service).expect("named");
        let explained = origin(&registry.explain(service).expect("named"), "fail_fast");
        assert_eq!(breaker.config().fail_fast().to_string(), explained.0, "{service}");
        explained
    };
    registry.get_or_create("silent", Config::default());
    registry.get_or_create("preset", Config::builder().preset(Preset::Cache).build().expect("valid"));
    registry.get_or_create("said", Config::builder().fail_fast(false).build().expect("valid"));
    let file = |fail_fast| Settings { fail_fast: Some(fail_fast), ..Settings::NONE };
    let cache = Settings { preset: Some(Preset::Cache), ..Settings::NONE };
    registry.configure(layer(cache, &[("silent", file(false)), ("said", file(true))])).expect("valid");
    registry.apply("preset", file(true)).expect("valid");
    assert_eq!(fail_fast("silent"), ("true".into(), Origin::Default));
    assert_eq!(fail_fast("preset"), ("false".into(), Origin::Preset(Preset::Cache)));
    let (value, Origin::Code(_)) = fail_fast("said") else { panic!("set by the code") };
    assert_eq!(value, "false");
}

#[test]
fn what_does_not_fit_a_breaker_that_is_made_later_is_told_and_has_no_say() {
    let registry = Registry::new();
    let file = Settings { window: Some(5.into()), success_threshold: Some(4), ..Settings::NONE };
    registry.configure(layer(Settings::NONE, &[("late", file)])).expect("valid by itself");
    let code = Config::builder().failure_threshold(9).build().expect("valid");
    let late = registry.get_or_create("late", code.clone());
    let line = line!() - 1;
    assert_eq!(*late.config(), code);
    let events = late.history();
    let [event] = events.as_slice() else { panic!("{events:?}") };
    let expected = format!(
        "late: settings given before the code was known don't fit the code; only the code's settings are used: failure_threshold = 9: must be at most \
         `window`, which is 5 calls; write at most 5, or a longer `window` (failure_threshold: {}:{line}, window: \
         breakers.yaml, window)",
        file!()
    );
    assert_eq!(event.to_string(), expected);
    let EventKind::BadConfiguration(problem) = &event.kind else { panic!("{event:?}") };
    let [found] = problem.faults.as_slice() else { panic!("{problem:?}") };
    let about = (found.service.as_deref(), found.fault.key.as_str(), found.fault.against);
    assert_eq!(about, (Some("late"), "failure_threshold", Some("window")));
    let explanation = registry.explain("late").expect("named");
    assert_eq!(origin(&explanation, "success_threshold"), ("2".into(), Origin::Default), "{explanation}");
    let mended = Settings { window: Some(9.into()), ..Settings::NONE };
    registry.apply("late", mended).expect("valid now");
    let explanation = registry.explain("late").expect("named");
    assert_eq!(origin(&explanation, "success_threshold").0, "4", "{explanation}");
}

/// Settings reach a breaker that another thread makes at the same time, whichever comes first.
#[test]
fn settings_reach_a_breaker_that_is_made_meanwhile() {
    let registry = Registry::new();
    for round in 0..3_000 {
        let name = &format!("made-{round}");
        thread::scope(|scope| {
            scope.spawn(|| registry.get_or_create(name, Config::default()));
            scope.spawn(|| registry.apply(name, threshold(9)).expect("valid"));
        });
        let made = registry.get(name).expect("made");
        assert_eq!(made.config().failure_threshold(), Some(9), "round {round}");
    }
}
