//! Files and variables among the other sources: which source wins, and the place of each value.

use std::time::Duration;

use breaker_config::{Error, Loader, Report};
use breaker_core::{CircuitBreaker, Config, Registry, Settings};

const PREFIX: &str = "CIRCUIT_BREAKER__";

fn apply(registry: &Registry, text: &str, variables: &[(&str, &str)]) -> Result<Report, Error> {
    let variables = variables.iter().map(|(name, value)| (format!("{PREFIX}{name}"), *value));
    Loader::new().text("b.yaml", text).variables(variables).load().expect("good by itself").apply_to(registry)
}

/// Returns all values of a service's key, the strongest first, each with its origin as text.
fn chain(registry: &Registry, service: &str, key: &str) -> Vec<String> {
    let values = registry.explain(service).expect("named").values;
    let value = values.into_iter().find(|value| value.key == key).expect("it has a value");
    let weaker = value.overridden.iter().map(|weaker| format!("{} {}", weaker.value, weaker.origin));
    [format!("{} {}", value.value, value.origin)].into_iter().chain(weaker).collect()
}

fn seconds(breaker: &CircuitBreaker) -> Option<u64> {
    breaker.config().request_timeout().as_ref().map(Duration::as_secs)
}

#[test]
fn defaults_of_file_and_environment_are_below_the_code_and_services_above_it() {
    let registry = Registry::new();
    let code = |seconds| Config::builder().request_timeout(Duration::from_secs(seconds)).build().expect("valid");
    let [reports, users, mail, s3] =
        [("reports", code(60)), ("users", Config::default()), ("mail", code(7)), ("s3", Config::s3())]
            .map(|(name, config)| registry.get_or_create(name, config));
    let line = line!() - 3;
    let text = "\
circuit_breaker:
  defaults:
    request_timeout: 2s
  mail:
    request_timeout: 4s
";
    apply(&registry, text, &[]).expect("fits");
    assert_eq!([&reports, &users, &mail, &s3].map(seconds), [Some(60), Some(2), Some(4), Some(30)]);
    apply(&registry, text, &[("DEFAULTS__REQUEST_TIMEOUT", "3s"), ("MAIL__REQUEST_TIMEOUT", "5s")]).expect("fits");
    assert_eq!([&reports, &users, &mail, &s3].map(seconds), [Some(60), Some(3), Some(5), Some(30)]);
    let in_code = |seconds: u64| format!("{seconds}s {}:{}", file!(), line + 2);
    let of_defaults = ["3s variable CIRCUIT_BREAKER__DEFAULTS__REQUEST_TIMEOUT", "2s b.yaml:3:22"].map(str::to_owned);
    let with = |stronger: &[String]| [stronger, &of_defaults].concat();
    assert_eq!(chain(&registry, "reports", "request_timeout"), with(&[in_code(60)]));
    assert_eq!(chain(&registry, "users", "request_timeout"), with(&[]));
    assert_eq!(chain(&registry, "s3", "request_timeout"), with(&["30s preset s3".to_owned()]));
    let of_mail = ["5s variable CIRCUIT_BREAKER__MAIL__REQUEST_TIMEOUT", "4s b.yaml:5:22"].map(str::to_owned);
    assert_eq!(chain(&registry, "mail", "request_timeout"), with(&[&of_mail[..], &[in_code(7)]].concat()));
}

#[test]
fn a_fault_names_the_places_of_the_values_that_would_hold() {
    let registry = Registry::new();
    let db = registry.get_or_create("db", Config::builder().failure_threshold(9).build().expect("valid"));
    let line = line!() - 1;
    let text = |window| format!("circuit_breaker:\n  defaults: {{failure_threshold: 4, window: {window}}}\n");
    let error = apply(&registry, &text("5"), &[]).expect_err("9 are more than 5").to_string();
    let expected = format!(
        "{}:{line}: `db`: failure_threshold = 9: must be at most `window`, which is 5 calls (window at b.yaml:2:44); write \
         at most 5, or a longer `window`",
        file!()
    );
    assert!(error.ends_with(&expected), "{error}");
    assert_eq!(db.config().window(), Duration::from_secs(60).into());
    // The value from run time is at fault, so the place is not in the file, although the file sets the key, too.
    registry.apply("db", Settings { failure_threshold: Some(8), ..Settings::NONE }).expect("valid");
    let file = "circuit_breaker:\n  db: {failure_threshold: 4, window: 5}\n";
    let error = apply(&registry, file, &[]).expect_err("8 are more than 5").to_string();
    assert!(error.contains("set at run time: `db`: failure_threshold = 8: "), "{error}");
    assert!(error.contains("(window at b.yaml:2:38)"), "{error}");
}

#[test]
fn a_value_that_is_overridden_is_at_fault_in_nothing() {
    let registry = Registry::new();
    let export = Config::builder().request_timeout(Duration::from_secs(60)).build().expect("valid");
    let export = registry.get_or_create("export", export);
    let text = "\
circuit_breaker:
  defaults:
    request_timeout: 2s
  export:
    slow_call_duration: 40s
    slow_call_rate: 0.5
";
    apply(&registry, text, &[]).expect("the 60 s of the code hold, not the 2 s");
    assert_eq!(export.config().slow_call_duration(), Some(Duration::from_secs(40)));
    registry.get_or_create("other", Config::default());
    let error = apply(&registry, &text.replace("export", "other"), &[]).expect_err("2 s hold there").to_string();
    let expected =
        "b.yaml:5:25: `other`: slow_call_duration = 40s: must be at most `request_timeout`, which is 2s; write";
    assert!(error.contains(expected), "{error}");
}
