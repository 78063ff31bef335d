//! What is logged through `tracing`, and at which level.

use std::time::Duration;

use breaker_core::{CircuitBreakerError, Clock, Config, Mode, Registry, circuit_breaker};
use breaker_tests::checked::{Service, checked};
use breaker_tests::lines::Lines;
use breaker_tests::{pass, rig, s, settle};
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
    assert_line(&lines[2], &["DEBUG", "call rejected", "service=\"svc\"", "reason=\"open\"", "retry_after_ms=5000"]);
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

#[test]
fn durations_are_numbers_with_a_unit_in_their_key() {
    let lines = Lines::of(Level::DEBUG, || {
        let rig = rig(Config::builder().consecutive_failures(1).open_timeout(s(5.0)).build());
        rig.calls("F");
        rig.wait(3.000_000_1);
        rig.calls("X");
        rig.breaker.set_mode_for(Mode::ForcedOpen, s(60.0));
        rig.calls("X");
    });
    assert_line(&lines[1], &["call rejected", "retry_after_ms=2000"]);
    assert_line(&lines[2], &["INFO", "message=mode changed", "ends_in_ms=60000", "isolated=false"]);
    assert!(!lines[3].contains("retry_after"), "what is absent is left out: {lines:#?}");
}

#[tokio::test]
async fn shares_have_three_digits() {
    let (clock, time) = Clock::manual();
    let registry = Registry::with_clock(clock);
    let db = registry.get_or_create("db", Config::builder().metrics_log_interval(s(5.0)).build().expect("valid"));
    for failed in [true, false, false] {
        time.advance(Duration::from_nanos(1_234_567));
        let _ = db.call(|| {
            time.advance(Duration::from_nanos(1_234_567));
            if failed { Err("down") } else { Ok(()) }
        });
    }
    let _log = registry.log_metrics();
    settle().await;
    let (lines, _here) = Lines::here(Level::INFO);
    pass(&time, 5.0).await;
    let lines = lines.take();
    let [line] = lines.as_slice() else { panic!("{lines:#?}") };
    assert_line(line, &["success_rate=0.667", "failure_rate=0.333", "average_ms=1.235", " p99_ms=1."]);
}

#[tokio::test]
async fn a_health_check_is_logged_where_it_changes() {
    let (registry, _breaker, time) = checked(|keys| keys.health_check_failures(3));
    let service = Service::default();
    let (lines, _here) = Lines::here(Level::DEBUG);
    let _guard = registry.health_check("db", service.check());
    settle().await;
    for broken in [false, true, true, true, false, false] {
        service.break_down(broken);
        pass(&time, 10.0).await;
    }
    let of_checks: Vec<_> = lines.take().into_iter().filter(|line| line.contains("health check ")).collect();
    let expected = [
        ("DEBUG", "message=health check succeeded"),
        ("DEBUG", "message=health check succeeded"),
        ("WARN", "message=health check failed "),
        ("DEBUG", "message=health check failed again"),
        ("DEBUG", "message=health check failed again"),
        ("INFO", "message=health check recovered"),
        ("DEBUG", "message=health check succeeded"),
    ];
    // The third failure opens the circuit, whose rule names the check.
    let of_checks: Vec<_> = of_checks.iter().filter(|line| line.contains("message=health")).collect();
    assert_eq!(of_checks.len(), expected.len(), "{of_checks:#?}");
    for (line, (level, message)) in of_checks.iter().zip(expected) {
        assert!(line.starts_with(level) && format!("{line} ").contains(message), "{line:?} is not {level} {message}");
        assert_line(line, &["service=\"db\"", "took_ms="]);
    }
}
