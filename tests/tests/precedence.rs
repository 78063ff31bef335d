//! Which source wins, weakest first: default, `defaults` in a file, `defaults` in the environment, preset, code, the
//! service's entry in a file, its entry in the environment, run time. `explain` shows all of them. Files themselves are
//! tested in breaker-config.

use breaker_core::{
    Config, EventKind, ExplainedValue, Origin, Preset, Registry, Settings, SettingsLayer, SourcedSettings, Window,
    circuit_breaker,
};
use breaker_tests::s;

const NONE: Settings = Settings::NONE;

fn open_timeout(seconds: f64) -> Settings {
    Settings { open_timeout: Some(s(seconds)), ..NONE }
}

fn preset(preset: Preset) -> Settings {
    Settings { preset: Some(preset), ..NONE }
}

fn file(settings: Settings, line: u32) -> SourcedSettings {
    SourcedSettings::new(settings, |_| Origin::File(format!("b.yaml:{line}:5")))
}

fn variable(settings: Settings, name: &str) -> SourcedSettings {
    SourcedSettings::new(settings, |_| Origin::Environment(name.to_owned()))
}

fn layer(defaults: SourcedSettings, service: SourcedSettings) -> SettingsLayer {
    let mut layer = SettingsLayer::default();
    layer.defaults = defaults;
    layer.services.insert("db".to_owned(), service);
    layer
}

fn explained(registry: &Registry, key: &str) -> ExplainedValue {
    let explanation = registry.explain("db").expect("named");
    explanation.values.into_iter().find(|value| value.key == key).expect("the key has a value")
}

/// Returns the value in force and the overridden ones, each with its origin, as text.
fn chain(registry: &Registry, key: &str) -> Vec<String> {
    let ExplainedValue { value, origin, overridden, .. } = explained(registry, key);
    let weaker = overridden.into_iter().map(|weaker| format!("{} {}", weaker.value, weaker.origin));
    [format!("{value} {origin}")].into_iter().chain(weaker).collect()
}

/// Adds one stronger source at a time; its value wins.
#[test]
fn each_source_beats_all_that_are_weaker_and_explain_shows_the_chain() {
    let in_code = format!("4s {}:", file!());
    let strongest_first = [
        "7s set at run time",
        "6s variable DB",
        "5s b.yaml:9:5",
        in_code.as_str(),
        "60s preset s3",
        "3s variable DEFAULTS",
        "2s b.yaml:2:5",
        "30s default",
    ];
    let all = strongest_first.len();
    for sources in 1..=all {
        // Number 0 is the default.
        let has = |number: usize| number < sources;
        let registry = Registry::new();
        let chosen = if has(3) { preset(Preset::S3) } else { NONE };
        let code = if has(4) { open_timeout(4.0) } else { NONE };
        registry.get_or_create("db", code.over(chosen).resolve().expect("valid"));
        let some = |index: usize, of: SourcedSettings| if has(index) { of } else { SourcedSettings::default() };
        let defaults = some(2, variable(open_timeout(3.0), "DEFAULTS")).over(some(1, file(open_timeout(2.0), 2)));
        let service = some(6, variable(open_timeout(6.0), "DB")).over(some(5, file(open_timeout(5.0), 9)));
        registry.configure(layer(defaults, service)).expect("valid");
        if has(7) {
            registry.apply("db", open_timeout(7.0)).expect("valid");
        }
        let found = chain(&registry, "open_timeout");
        assert_eq!(found.len(), sources, "{found:?}");
        for (found, expected) in found.iter().zip(&strongest_first[all - sources..]) {
            assert!(found.starts_with(expected), "{found:?}, not {expected:?}, of {sources}");
        }
        let in_force = registry.get("db").expect("made").config().open_timeout();
        assert_eq!(format!("{}s", in_force.as_secs()), found[0].split(' ').next().expect("a word"));
    }
}

#[test]
fn defaults_fill_in_only_what_nothing_more_specific_sets() {
    let registry = Registry::new();
    let reports = Config::builder().request_timeout(s(60.0)).build().expect("valid");
    let [reports, users] =
        [("reports", reports), ("users", Config::default())].map(|(name, config)| registry.get_or_create(name, config));
    let mut defaults = SettingsLayer::default();
    defaults.defaults = file(Settings { request_timeout: Some(s(2.0)), ..NONE }, 3);
    registry.configure(defaults).expect("valid");
    let timeouts = [&reports, &users].map(|breaker| breaker.config().request_timeout());
    assert_eq!(timeouts, [Some(s(60.0)), Some(s(2.0))]);
}

/// The place where the preset was chosen for the service makes no difference.
#[test]
fn a_preset_beats_the_defaults_of_files() {
    let defaults = || file(Settings { failure_threshold: Some(9), success_threshold: Some(9), ..NONE }, 3);
    let in_force = |registry: &Registry| {
        let config = registry.get("db").expect("made").config();
        (config.failure_threshold(), config.success_threshold())
    };
    let by_code = Registry::new();
    by_code.get_or_create("db", Config::s3());
    by_code.configure(layer(defaults(), SourcedSettings::default())).expect("valid");
    assert_eq!(in_force(&by_code), (Some(5), 3), "chosen in code");
    let by_file = Registry::new();
    by_file.get_or_create("db", Config::default());
    by_file.configure(layer(defaults(), file(preset(Preset::S3), 9))).expect("valid");
    assert_eq!(in_force(&by_file), (Some(5), 3), "chosen by the file's entry of the service");
    assert_eq!(chain(&by_file, "success_threshold"), ["3 preset s3", "9 b.yaml:3:5", "2 default"]);
    by_file.apply("db", preset(Preset::Database)).expect("valid");
    assert_eq!(in_force(&by_file), (Some(3), 2), "chosen at run time");
    let by_defaults = Registry::new();
    by_defaults.get_or_create("db", Config::default());
    let both = Settings { preset: Some(Preset::S3), success_threshold: Some(9), ..NONE };
    by_defaults.configure(layer(file(both, 3), SourcedSettings::default())).expect("valid");
    assert_eq!(in_force(&by_defaults), (Some(5), 9), "chosen for all services, so the key next to it wins");
    assert_eq!(chain(&by_defaults, "success_threshold"), ["9 b.yaml:3:5", "3 preset s3", "2 default"]);
}

/// `off` is a value like any other.
#[test]
fn off_beats_weaker_sources_and_gives_way_to_stronger_ones() {
    let off = || NONE.off("request_timeout");
    let of = |config: Config, defaults: Settings, service: Settings| {
        let registry = Registry::new();
        let db = registry.get_or_create("db", config);
        registry.configure(layer(file(defaults, 3), file(service, 9))).expect("valid");
        (db.config().request_timeout(), chain(&registry, "request_timeout"))
    };
    let timed = || Config::builder().request_timeout(s(5.0)).build().expect("valid");
    assert_eq!(of(timed(), off(), NONE).0, Some(s(5.0)), "from the code");
    assert_eq!(of(Config::s3(), off(), NONE).0, Some(s(30.0)), "from the preset");
    let (timeout, chain) = of(Config::s3(), Settings { request_timeout: Some(s(2.0)), ..NONE }, off());
    assert_eq!(timeout, None);
    assert_eq!(chain, ["off b.yaml:9:5", "30s preset s3", "2s b.yaml:3:5"]);
    let code = Config::builder().request_timeout(None).build().expect("valid");
    assert_eq!(of(code, Settings { request_timeout: Some(s(2.0)), ..NONE }, NONE).0, None, "`off` in the code");
}

#[test]
fn slow_calls_that_are_off_switch_off_a_weaker_share_of_them_alone() {
    let slow = Config::builder().slow_call_duration(s(1.0)).slow_call_rate(0.5).build().expect("valid");
    let registry = Registry::new();
    let db = registry.get_or_create("db", slow);
    let off = || NONE.off("slow_call_duration");
    registry.configure(layer(file(off(), 3), SourcedSettings::default())).expect("valid");
    assert_eq!((db.config().slow_call_duration(), db.config().slow_call_rate()), (Some(s(1.0)), Some(0.5)));
    registry.configure(layer(SourcedSettings::default(), file(off(), 9))).expect("valid");
    assert_eq!((db.config().slow_call_duration(), db.config().slow_call_rate()), (None, None));
    let rate = Settings { slow_call_rate: Some(0.5), ..NONE };
    registry.get_or_create("other", Config::default());
    let mut asks = layer(file(off(), 3), SourcedSettings::default());
    asks.services = [("other".to_owned(), file(rate, 9))].into();
    let [error] = registry.configure(asks).expect_err("no call is slow").try_into().expect("one");
    assert!(error.to_string().contains("slow_call_rate = 0.5: needs `slow_call_duration`"), "{error}");
}

/// Rules apply key by key, and any of them may open the circuit. `off` in the code keeps it from inheriting a rule.
#[test]
fn a_trip_rule_of_the_defaults_applies_beside_those_of_the_code() {
    let registry = Registry::new();
    let rate = || Config::builder().failure_rate(0.5);
    let both = registry.get_or_create("both", rate().build().expect("valid"));
    let alone = registry.get_or_create("alone", rate().failure_threshold(None).build().expect("valid"));
    let mut defaults = SettingsLayer::default();
    defaults.defaults = file(Settings { failure_threshold: Some(50), ..NONE }, 3);
    registry.configure(defaults).expect("valid");
    assert_eq!((both.config().failure_rate(), both.config().failure_threshold()), (Some(0.5), Some(50)));
    assert_eq!((alone.config().failure_rate(), alone.config().failure_threshold()), (Some(0.5), None));
}

/// Both are set explicitly, so a contradiction is an error. An overridden value is never an error.
#[test]
fn defaults_that_contradict_the_code_are_an_error_unless_they_are_overridden() {
    let registry = Registry::new();
    let code = Config::builder().failure_threshold(9).build().expect("valid");
    let db = registry.get_or_create("db", code);
    let window = |calls: u32| Settings { window: Some(Window::Calls(calls)), ..NONE };
    let bad = layer(file(window(5), 3), SourcedSettings::default());
    let [error] = registry.configure(bad).expect_err("9 don't fit into 5").try_into().expect("one");
    assert!(error.to_string().contains("failure_threshold = 9: must be at most `window`, which is 5 calls"), "{error}");
    registry.configure(layer(file(window(5), 3), file(window(20), 9))).expect("5 is overridden");
    assert_eq!(db.config().window(), Window::Calls(20));
    assert_eq!(db.history().iter().filter(|event| matches!(event.kind, EventKind::BadConfiguration(_))).count(), 0);
}

#[circuit_breaker(service = "db", preset = "database", open_timeout = "9s", map_error = |_| ())]
fn query() -> Result<(), ()> {
    Ok(())
}

#[test]
fn an_explanation_reads_as_a_table_with_what_is_overridden_below() {
    let registry = Registry::global();
    let line = line!() - 8;
    query().expect("closed");
    registry.configure(layer(file(open_timeout(2.0), 3), file(open_timeout(5.0), 9))).expect("valid");
    let text = registry.explain("db").expect("named").to_string();
    let lines: Vec<_> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let begin = lines.iter().position(|line| line.starts_with("open_timeout ")).expect("it has a value");
    let place = format!("9s {}:{line} (overridden)", file!());
    let expected = [
        "open_timeout 5s b.yaml:9:5",
        place.as_str(),
        "30s preset database (overridden)",
        "2s b.yaml:3:5 (overridden)",
        "30s default (overridden)",
    ];
    assert_eq!(lines[begin..begin + 5], expected, "{text}");
    let json = serde_json::to_value(explained(registry, "open_timeout")).expect("JSON");
    assert_eq!(json["overridden"][1]["origin"], serde_json::json!({"from": "preset", "place": "database"}));
    assert_eq!(json["overridden"][2]["value"], "2s");
}
