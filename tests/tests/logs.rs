//! What is logged through `tracing`, and at which level.

use breaker_core::{CircuitBreakerError, Config, Registry, circuit_breaker};
use breaker_tests::lines::Lines;
use breaker_tests::{rig, s};
use tracing::Level;

#[track_caller]
fn assert_line(line: &str, parts: &[&str]) {
    for part in parts {
        assert!(line.contains(part), "no {part:?} in {line:?}");
    }
}

#[test]
fn every_transition_is_logged_with_the_rule_and_its_numbers() {
    let lines = Lines::of(Level::INFO, || {
        let rig = rig(Config::builder().failure_threshold(2).success_threshold(1).open_timeout(s(5.0)).build());
        rig.calls("FF X");
        rig.wait(5.0);
        rig.calls("S");
    });
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert_line(&lines[0], &["WARN", "service=\"svc\"", "from=closed", "to=open", "2", "failure_threshold"]);
    assert_line(&lines[1], &["INFO", "from=open", "to=half_open"]);
    assert_line(&lines[2], &["INFO", "from=half_open", "to=closed", "1"]);
}

#[test]
fn rejections_are_logged_for_whoever_debugs() {
    let reject = || {
        let rig = rig(Config::builder().consecutive_failures(1).open_timeout(s(5.0)).build());
        rig.calls("F XX");
    };
    assert_eq!(Lines::of(Level::WARN, reject).len(), 1);
    let lines = Lines::of(Level::DEBUG, reject);
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert_line(&lines[2], &["DEBUG", "call rejected", "service=\"svc\"", "reason=\"open\"", "5s"]);
}

#[circuit_breaker(service = "logs-fallback", fallback = |_| Ok(2))]
fn fails() -> Result<u32, CircuitBreakerError> {
    Registry::new().get("nobody").map(|_| 1).ok_or_else(|| CircuitBreakerError::from(rejection()))
}

fn rejection() -> breaker_core::Rejection {
    let rig = rig(Config::builder().consecutive_failures(1).build());
    rig.calls("F");
    rig.breaker.try_acquire().expect_err("open")
}

#[test]
fn a_run_of_a_fallback_is_logged() {
    let lines = Lines::of(Level::DEBUG, || assert_eq!(fails(), Ok(2)));
    let line = lines.iter().find(|line| line.contains("fallback ran")).expect("it is logged");
    assert_line(line, &["DEBUG", "service=\"logs-fallback\"", "succeeded=true"]);
}
