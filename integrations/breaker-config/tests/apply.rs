//! Applying a configuration to a registry: all or nothing, with the place of each value, and warnings for unknown services.

use std::time::Duration;

use breaker_config::{Loader, Place};
use breaker_core::{CircuitBreaker, CircuitBreakerError, Config, ConflictKind, Registry, State, circuit_breaker};

const SEED: &str = "\
circuit_breaker:
  database:
    failure_threshold: 3
    success_threshold: 2
    request_timeout: 10s
    open_timeout: 30s
    enable_health_check: true
  cache:
    failure_threshold: 10
    success_threshold: 5
    request_timeout: 5s
    open_timeout: 15s
    fail_fast: false
  s3:
    failure_threshold: 5
    success_threshold: 3
    request_timeout: 30s
    open_timeout: \"1m 30s\"
";

fn load(text: &str) -> breaker_config::Configuration {
    Loader::new().text("breakers.yaml", text).load().expect("a good text")
}

#[test]
fn every_service_gets_what_the_file_says() {
    let registry = Registry::new();
    let [database, cache, s3] =
        ["database", "cache", "s3"].map(|service| registry.get_or_create(service, Config::default()));
    let report = load(SEED).apply_to(&registry).expect("fits");
    let warning = "breakers.yaml:13:16: service `cache`: `fail_fast` is false (breakers.yaml:13:16), but functions are \
                   compiled with true (default): no effect; set it in the code";
    assert_eq!(report.to_string(), warning);
    assert_eq!(report.warnings[0].conflict.as_ref().map(|conflict| conflict.kind), Some(ConflictKind::FailFast));
    assert_eq!(database.config().failure_threshold(), Some(3));
    assert_eq!(database.config().request_timeout(), Some(Duration::from_secs(10)));
    assert_eq!(cache.config().success_threshold(), 5);
    assert_eq!(s3.config().open_timeout(), Duration::from_secs(90));
    let explanation = registry.explain("s3").expect("named").to_string();
    assert!(
        explanation.lines().any(|line| line.split_whitespace().eq(["open_timeout", "90s", "breakers.yaml:18:19"])),
        "{explanation}"
    );
}

#[test]
fn a_service_that_no_code_names_is_a_warning() {
    let registry = Registry::new();
    registry.get_or_create("database", Config::default());
    registry.get_or_create("s3", Config::default());
    let text = "circuit_breaker:\n  databse: {failure_threshold: 3}\n  S3: {}\n  mail: {}\n  default: {}\n";
    let report = load(text).apply_to(&registry).expect("no error");
    assert_eq!(
        report.to_string(),
        "breakers.yaml:3:3: service `S3` is not in the code; did you mean `s3`?\n\
         breakers.yaml:2:3: service `databse` is not in the code; did you mean `database`?\n\
         breakers.yaml:5:3: service `default` is not in the code; did you mean `defaults`?\n\
         breakers.yaml:4:3: service `mail` is not in the code"
    );
    assert_eq!(report.warnings[1].nearest.as_deref(), Some("database"));
    assert_eq!(report.warnings[3].place, Place::File { name: "breakers.yaml".into(), at: Some((4, 3)) });
}

#[test]
fn what_does_not_fit_the_code_changes_nothing() {
    let registry = Registry::new();
    let window = registry.get_or_create("window", Config::builder().window(3).build().expect("valid"));
    let window_line = line!() - 1;
    let rate = registry.get_or_create("rate", Config::builder().failure_threshold(9).build().expect("valid"));
    let line = line!() - 1;
    let other = registry.get_or_create("other", Config::default());
    load("circuit_breaker:\n  other: {success_threshold: 4}\n").apply_to(&registry).expect("fits");
    let before = [&window, &rate, &other].map(CircuitBreaker::config);
    let bad = "circuit_breaker:\n  window: {failure_threshold: 4}\n  rate: {window: 5}\n  other: {success_threshold: 9, slow_call_rate: 0.5}\n";
    let error = load(bad).apply_to(&registry).expect_err("three misfits");
    let faults: Vec<_> = error.faults().iter().map(ToString::to_string).collect();
    let file = file!();
    assert_eq!(
        faults[0],
        format!(
            "breakers.yaml:2:31: `window`: failure_threshold = 4: must be at most `window`, which is 3 calls \
             (window at {file}:{window_line}); write at most 3, or a longer `window`"
        )
    );
    assert_eq!(
        faults[1],
        "breakers.yaml:4:49: `other`: slow_call_rate = 0.5: needs `slow_call_duration`; add slow_call_duration, such as 2s"
    );
    // The key at fault is set in the code, so its place is there. The conflicting value in the file has its own place.
    assert_eq!(
        faults[2],
        format!(
            "{file}:{line}: `rate`: failure_threshold = 9: must be at most `window`, which is 5 calls \
             (window at breakers.yaml:3:18); write at most 5, or a longer `window`"
        )
    );
    assert_eq!(faults.len(), 3);
    assert_eq!([&window, &rate, &other].map(CircuitBreaker::config), before);
}

#[test]
fn a_rate_of_slow_calls_fits_code_that_says_what_slow_is() {
    let registry = Registry::new();
    let slow = Config::builder().slow_call_duration(Duration::from_secs(1)).build().expect("valid");
    let s3 = registry.get_or_create("s3", slow);
    load("circuit_breaker:\n  s3: {slow_call_rate: 0.5}\n").apply_to(&registry).expect("fits");
    assert_eq!(s3.config().slow_call_rate(), Some(0.5));
}

#[test]
fn it_can_be_applied_again_and_state_stays() {
    let registry = Registry::new();
    let s3 = registry.get_or_create("s3", Config::builder().consecutive_failures(1).build().expect("valid"));
    let _ = s3.call(|| Err::<(), _>("down"));
    let loaded = load(SEED);
    for _ in 0..2 {
        loaded.apply_to(&registry).expect("fits");
        assert_eq!((s3.state(), s3.metrics().failures, s3.history().len()), (State::Open, 1, 2));
    }
    load("{}").apply_to(&registry).expect("fits");
    assert_eq!(s3.config().failure_threshold(), None, "as the code has it");
}

#[test]
fn a_window_too_short_for_two_timeouts_is_a_warning_with_its_place() {
    let registry = Registry::new();
    let slow = Config::builder().failure_threshold(3).request_timeout(Duration::from_secs(9)).build().expect("valid");
    registry.get_or_create("export", slow);
    let line = line!() - 2;
    let text = "circuit_breaker:\n  defaults: {window: 10s}\n";
    let report = load(text).apply_to(&registry).expect("no error");
    let expected = format!(
        "breakers.yaml:2:22: service `export`: `window` is 10s (breakers.yaml:2:22), and `request_timeout` 9s ({}:{}): calls \
         that time out one after another never share the window; make it at least twice as long",
        file!(),
        line + 1
    );
    assert_eq!(report.to_string(), expected);
    assert!(report.warnings[0].conflict.is_some());
    assert_eq!(load("circuit_breaker: {}").apply_to(&registry).expect("fits").warnings, []);
}

#[circuit_breaker(service = "ledger")]
fn plain() -> Result<u32, CircuitBreakerError> {
    Ok(1)
}
const PLAIN: u32 = line!() - 4;

#[test]
fn a_timeout_for_a_function_that_cannot_be_cancelled_is_a_warning_with_its_place() {
    assert_eq!(plain(), Ok(1));
    let report =
        load("circuit_breaker:\n  ledger: {request_timeout: 2s}\n").apply_to(Registry::global()).expect("no error");
    let expected = format!(
        "breakers.yaml:2:29: service `ledger`: `request_timeout` is 2s (breakers.yaml:2:29), but a plain `fn` can't be \
         cancelled: no effect on the function at {}:{PLAIN}",
        file!()
    );
    assert_eq!(report.to_string(), expected);
    assert_eq!(
        load("circuit_breaker: {defaults: {request_timeout: 2s}}").apply_to(Registry::global()).expect("fits").warnings,
        []
    );
}

#[circuit_breaker(service = "scoped", failure_threshold = 5)]
fn scoped() -> Result<(), CircuitBreakerError> {
    Ok(())
}

#[test]
fn the_registry_of_a_scope_takes_a_file_for_itself() {
    let configuration = load("circuit_breaker: { scoped: { failure_threshold: 2 }, scopd: { failure_threshold: 3 } }");
    let scope = Registry::scope();
    let report = configuration.apply_to(scope.registry()).expect("fits");
    assert_eq!(report.warnings.len(), 1, "{report}");
    assert!(report.to_string().contains("`scoped`"), "{report}");
    scoped().expect("closed");
    let threshold = || Registry::global().get("scoped").expect("annotated").config().failure_threshold();
    assert_eq!(threshold(), Some(2));
    drop(scope);
    assert_eq!(threshold(), Some(5));
}

/// The program registers its checks after the configuration is applied.
#[test]
fn a_health_check_that_may_still_be_registered_is_no_warning() {
    let registry = Registry::new();
    registry.get_or_create("db", Config::default());
    let report = load("circuit_breaker:\n  db: {enable_health_check: true}\n").apply_to(&registry).expect("fits");
    assert_eq!(report.warnings, []);
    let conflicts = registry.conflicts();
    assert_eq!(conflicts.iter().map(|conflict| conflict.kind).collect::<Vec<_>>(), [ConflictKind::MissingHealthCheck]);
}
