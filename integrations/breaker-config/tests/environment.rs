//! Variables: the service that each one means, what they override, and the messages for errors in them.

use std::time::Duration;

use breaker_config::{Configuration, Error, Loader};
use breaker_core::{CircuitBreaker, Config, Registry};

const FILE: &str =
    "circuit_breaker:\n  defaults: {success_threshold: 3}\n  s3: {failure_threshold: 7}\n  eu-store.2: {}\n";

fn load(variables: &[(&str, &str)]) -> Result<Configuration, Error> {
    let variables = variables.iter().map(|(name, value)| (format!("CIRCUIT_BREAKER__{name}"), *value));
    Loader::new().text("breakers.yaml", FILE).variables(variables).load()
}

fn registry(services: &[&str]) -> (Registry, Vec<CircuitBreaker>) {
    let registry = Registry::new();
    let breakers = services.iter().map(|service| registry.get_or_create(service, Config::default())).collect();
    (registry, breakers)
}

/// Returns the failure and the success threshold.
fn thresholds(breaker: &CircuitBreaker) -> (Option<u32>, u32) {
    (breaker.config().failure_threshold(), breaker.config().success_threshold())
}

/// Checks variables, each with its message.
#[track_caller]
fn check(table: &[((&str, &str), &str)]) {
    for (variable, message) in table {
        let error = load(&[*variable]).expect_err(variable.0);
        let faults: Vec<_> = error.faults().iter().map(ToString::to_string).collect();
        assert_eq!(faults, [format!("CIRCUIT_BREAKER__{}: {message}", variable.0)]);
    }
}

#[test]
fn a_variable_beats_the_file() {
    let (registry, breakers) = registry(&["s3", "eu-store.2", "other"]);
    let variables = [
        ("S3__FAILURE_THRESHOLD", "9"),
        ("EU_STORE_2__FAILURE_THRESHOLD", "8"),
        ("DEFAULTS__SUCCESS_THRESHOLD", "4"),
        ("DEFAULTS__FAILURE_THRESHOLD", "6"),
    ];
    let report = load(&variables).expect("good").apply_to(&registry).expect("fits");
    assert_eq!(breakers.iter().map(thresholds).collect::<Vec<_>>(), [(Some(9), 4), (Some(8), 4), (Some(6), 4)]);
    assert_eq!(report.warnings, []);
    load(&variables[3..]).expect("good").apply_to(&registry).expect("fits");
    assert_eq!(thresholds(&breakers[0]), (Some(7), 3), "what the file says by name beats any default");
}

#[test]
fn every_kind_of_value_can_be_written() {
    let (registry, breakers) = registry(&["s3", "eu-store.2"]);
    let variables = [
        ("S3__OPEN_TIMEOUT", "1m 30s"),
        ("S3__WINDOW", "100"),
        ("S3__FAILURE_RATE", "0.5"),
        ("S3__RESPONSE_TIMES", "False"),
        ("S3__PRESET", " database "),
    ];
    load(&variables).expect("good").apply_to(&registry).expect("fits");
    let explanation = registry.explain("s3").expect("named").to_string();
    for (key, value) in
        [("open_timeout", "90s"), ("window", "100 calls"), ("failure_rate", "0.5"), ("response_times", "false")]
    {
        let name = format!("variable CIRCUIT_BREAKER__S3__{}", key.to_uppercase());
        let line = explanation.lines().find(|line| line.trim_start().starts_with(&format!("{key} "))).expect(key);
        assert!(line.contains(value) && line.ends_with(&name), "{line}");
    }
    assert_eq!(breakers[0].config().request_timeout(), Some(Duration::from_secs(10)), "the preset's");
}

#[test]
fn off_beats_what_weaker_sources_set_and_is_explained() {
    let (registry, breakers) = registry(&["s3"]);
    let text = "circuit_breaker:\n  s3:\n    request_timeout: 3s\n    failure_threshold: off\n    failure_rate: 0.5\n";
    let variables = [("CIRCUIT_BREAKER__S3__REQUEST_TIMEOUT", "off")];
    let loaded = Loader::new().text("b.yaml", text).variables(variables).load();
    loaded.expect("good").apply_to(&registry).expect("fits");
    let config = breakers[0].config();
    assert_eq!((config.request_timeout(), config.failure_threshold()), (None, None));
    let explanation = registry.explain("s3").expect("named").to_string();
    let line = |key: &str| {
        let line = explanation.lines().find(|line| line.trim_start().starts_with(key)).expect(key);
        line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("request_timeout"), "off variable CIRCUIT_BREAKER__S3__REQUEST_TIMEOUT");
    assert_eq!(line("failure_threshold"), "off b.yaml:4:24");
    let neither = [("CIRCUIT_BREAKER__S3__CONSECUTIVE_FAILURES", "off"), ("CIRCUIT_BREAKER__S3__FAILURE_RATE", "off")];
    let rest = Loader::new().variables(neither).load().expect("code may have another rule");
    let (registry, _) = self::registry(&["s3"]);
    let error = rest.apply_to(&registry).expect_err("no rule is left").to_string();
    let fault =
        "consecutive_failures = off: leaves no trip rule beside `failure_rate = off`; remove one of the two, or set ";
    assert!(error.contains(fault), "{error}");
    let all = ["CONSECUTIVE_FAILURES", "FAILURE_RATE", "FAILURE_THRESHOLD", "SLOW_CALL_RATE"];
    let all = all.map(|key| (format!("CIRCUIT_BREAKER__S3__{key}"), "off"));
    Loader::new().variables(all[..3].to_vec()).load().expect("code may have a rate of slow calls");
    let error = Loader::new().variables(all.to_vec()).load().expect_err("no code helps").to_string();
    assert!(error.contains(fault) && error.contains("CIRCUIT_BREAKER__S3__CONSECUTIVE_FAILURES"), "{error}");
    let error = load(&[("S3__WINDOW", "off")]).expect_err("a window is never off").to_string();
    assert!(error.ends_with("`S3`: window = off: can't be off; write 60s or 100"), "{error}");
}

#[test]
fn a_name_that_only_the_code_knows_is_found() {
    let (registry, breakers) = registry(&["s3", "eu-store.2", "Search API"]);
    let report = load(&[("SEARCH_API__FAILURE_THRESHOLD", "9")]).expect("good").apply_to(&registry).expect("fits");
    assert_eq!(thresholds(&breakers[2]).0, Some(9));
    assert_eq!(report.warnings, []);
}

#[test]
fn a_name_that_nobody_knows_is_kept_with_a_warning() {
    let (registry, _) = registry(&["s3", "eu-store.2", "search"]);
    let loaded = load(&[("SAERCH__FAILURE_THRESHOLD", "9"), ("LATER__FAILURE_THRESHOLD", "8")]).expect("good");
    let report = loaded.apply_to(&registry).expect("fits");
    assert_eq!(
        report.to_string(),
        "CIRCUIT_BREAKER__LATER__FAILURE_THRESHOLD: service `later` is not in the code\n\
         CIRCUIT_BREAKER__SAERCH__FAILURE_THRESHOLD: service `saerch` is not in the code; did you mean `search`?"
    );
    assert_eq!(thresholds(&registry.get_or_create("later", Config::default())).0, Some(8));
}

#[test]
fn a_name_that_two_services_share_is_an_error() {
    let (registry, breakers) = registry(&["a-b", "a.b"]);
    let loaded = load(&[("A_B__WINDOW", "100")]).expect("the file has neither");
    let error = loaded.apply_to(&registry).expect_err("two");
    assert_eq!(
        error.faults()[0].to_string(),
        "CIRCUIT_BREAKER__A_B__WINDOW: `A_B`: window: is ambiguous: it matches a-b, a.b; use the exact name, or \
         set the value in the file"
    );
    load(&[("a-b__FAILURE_THRESHOLD", "9")]).expect("good").apply_to(&registry).expect("named exactly");
    assert_eq!((thresholds(&breakers[0]).0, thresholds(&breakers[1]).0), (Some(9), None));
}

#[test]
fn mistakes_name_the_variable() {
    check(&[
        (("S3__OPEN_TIMEOUT", "90"), "`S3`: open_timeout = 90: needs a unit; write 90s or 90ms"),
        (("S3__OPEN_TIMEOUT", ""), "`S3`: open_timeout = nothing: has no value; write 30s, or leave the key out"),
        (("S3__FAIL_FAST", "yes"), "`S3`: fail_fast = yes: must be `true` or `false`; write true or false"),
        (
            ("S3__OPEN_TIMOUT", "90s"),
            "`S3`: unknown key `OPEN_TIMOUT`; did you mean `CIRCUIT_BREAKER__S3__OPEN_TIMEOUT`?",
        ),
        (("S3__FAILURE_THRESHOLD", "0"), "`S3`: failure_threshold = 0: must be at least 1; write 5"),
    ]);
    let shape =
        "a variable must name a service and a key; write CIRCUIT_BREAKER__S3__OPEN_TIMEOUT, where S3 is the service";
    check(&[(("S3", "90s"), shape), (("S3__", "90s"), shape), (("__WINDOW", "90s"), shape), (("", ""), shape)]);
    let twice = load(&[("S3__WINDOW", "90s"), ("s3__WINDOW", "80s")]).expect_err("twice");
    assert_eq!(
        twice.faults()[0].to_string(),
        "CIRCUIT_BREAKER__s3__WINDOW: `s3`: window: duplicate key, first set as CIRCUIT_BREAKER__S3__WINDOW; unset one of them"
    );
}

#[test]
fn conflicts_with_the_file_and_faults_of_both_come_at_once() {
    let error = load(&[("S3__WINDOW", "3"), ("DEFAULTS__COLOUR", "red"), ("S3__FAIL_FAST", "on")]).expect_err("three");
    let starts: Vec<_> =
        error.faults().iter().map(|fault| fault.to_string().split("; ").next().map(str::to_owned)).collect();
    let expected = [
        "breakers.yaml:3:27: `s3`: failure_threshold = 7: must be at most `window`, which is 3 calls",
        "CIRCUIT_BREAKER__DEFAULTS__COLOUR: `DEFAULTS`: unknown key `COLOUR`",
        "CIRCUIT_BREAKER__S3__FAIL_FAST: `S3`: fail_fast = on: must be `true` or `false`",
    ];
    assert_eq!(starts, expected.map(|line| Some(line.to_owned())));
}

#[cfg(unix)]
#[test]
fn what_is_not_utf_8_is_named() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    let name = OsString::from("CIRCUIT_BREAKER__S3__WINDOW");
    let error = Loader::new().variables([(name, OsString::from_vec(vec![b'9', 0xff]))]).load().expect_err("not UTF-8");
    let text = error.to_string();
    assert!(
        text.contains("CIRCUIT_BREAKER__S3__WINDOW: `S3`: window = 9\u{fffd}: must be UTF-8; write 60s or 100"),
        "{text}"
    );
}

#[test]
fn other_variables_are_left_alone() {
    let others =
        [("PATH", "x"), ("CIRCUIT_BREAKER", "x"), ("CIRCUIT_BREAKER_S3", "x"), ("circuit_breaker__s3__x", "x")];
    Loader::new().variables(others).load().expect("none of them is ours");
}

/// A line break in a name must not break the line of the message.
#[test]
fn each_fault_is_one_line() {
    let variable = |name: &str| Loader::new().variables([(format!("CIRCUIT_BREAKER__{name}"), "5")]);
    let near = variable("A\nB__WINDO").load().expect_err("no such key").to_string();
    assert!(near.ends_with(r"did you mean `CIRCUIT_BREAKER__A\nB__WINDOW`?"), "{near}");
    let text = "circuit_breaker: {\"a\\nb\": {}, a-b: {}}";
    let (registry, _) = registry(&[]);
    let loaded = variable("A_B__WINDOW").text("b.yaml", text).load();
    let several = loaded.and_then(|loaded| loaded.apply_to(&registry)).expect_err("two services").to_string();
    assert!(several.contains(r"is ambiguous: it matches a\nb, a-b; "), "{several}");
    let path = variable("S3__WINDOW").file("no\nfile").load().expect_err("no file").to_string();
    assert!(path.contains(r": no\nfile: can't be read: "), "{path}");
}
