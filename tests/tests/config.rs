//! Default values, rejected values, and values that are pinned because users depend on them.

use std::time::Duration;

use breaker_core::{Config, ConfigBuilder, ConfigError, Criticality, Preset, Settings, Window};
use breaker_tests::s;

/// Returns the values of all getters with their names.
fn snapshot(c: &Config) -> String {
    format!(
        "failure_threshold {:?}, consecutive_failures {:?}, failure_rate {:?}, slow_call_duration {:?}, slow_call_rate {:?}, \
         minimum_requests {:?}, window {:?}, open_timeout {:?}, multiplier {:?}, max {:?}, jitter {:?}, \
         success_threshold {}, half_open_max_calls {}, half_open_timeout {:?}, request_timeout {:?}, fail_fast {}, \
         response_times {}, health {} {:?} {:?} {} {}, {}, metrics {:?}",
        c.failure_threshold(),
        c.consecutive_failures(),
        c.failure_rate(),
        c.slow_call_duration(),
        c.slow_call_rate(),
        c.minimum_requests(),
        c.window(),
        c.open_timeout(),
        c.open_timeout_multiplier(),
        c.open_timeout_max(),
        c.open_timeout_jitter(),
        c.success_threshold(),
        c.half_open_max_calls(),
        c.half_open_timeout(),
        c.request_timeout(),
        c.fail_fast(),
        c.response_times(),
        c.enable_health_check(),
        c.health_check_interval(),
        c.health_check_timeout(),
        c.health_check_failures(),
        c.health_check_successes(),
        c.criticality(),
        c.metrics_log_interval(),
    )
}

#[test]
fn the_defaults_are_frozen() {
    assert_eq!(
        snapshot(&Config::default()),
        "failure_threshold None, consecutive_failures Some(5), failure_rate Some(0.5), slow_call_duration None, \
         slow_call_rate None, minimum_requests Some(20), window Time(60s), open_timeout 30s, multiplier 1.0, max 600s, \
         jitter 0.0, success_threshold 2, half_open_max_calls 2, half_open_timeout Some(30s), request_timeout None, \
         fail_fast true, response_times true, health false 15s 5s 3 1, critical, metrics 60s"
    );
    assert_eq!(Config::default(), Config::builder().build().expect("valid"));
}

#[test]
fn the_presets_are_frozen() {
    assert_eq!(
        snapshot(&Config::database()),
        "failure_threshold Some(3), consecutive_failures None, failure_rate None, slow_call_duration None, \
         slow_call_rate None, minimum_requests None, window Time(60s), open_timeout 30s, multiplier 1.0, max 600s, \
         jitter 0.0, success_threshold 2, half_open_max_calls 2, half_open_timeout Some(30s), request_timeout Some(10s), \
         fail_fast true, response_times true, health true 15s 5s 3 1, critical, metrics 60s"
    );
    assert_eq!(
        snapshot(&Config::cache()),
        "failure_threshold Some(10), consecutive_failures None, failure_rate None, slow_call_duration None, \
         slow_call_rate None, minimum_requests None, window Time(60s), open_timeout 15s, multiplier 1.0, max 600s, \
         jitter 0.0, success_threshold 5, half_open_max_calls 5, half_open_timeout Some(15s), request_timeout Some(5s), \
         fail_fast false, response_times true, health true 10s 5s 3 1, critical, metrics 60s"
    );
    assert_eq!(
        snapshot(&Config::s3()),
        "failure_threshold Some(5), consecutive_failures None, failure_rate None, slow_call_duration None, \
         slow_call_rate None, minimum_requests None, window Time(60s), open_timeout 60s, multiplier 1.0, max 600s, \
         jitter 0.0, success_threshold 3, half_open_max_calls 3, half_open_timeout Some(60s), request_timeout Some(30s), \
         fail_fast true, response_times true, health false 15s 5s 3 1, critical, metrics 60s"
    );
}

#[track_caller]
fn faults(config: Result<Config, ConfigError>) -> Vec<String> {
    let error = config.expect_err("the configuration must be rejected");
    let text = error.to_string();
    for fault in error.faults() {
        assert!(text.contains(&fault.key) && text.contains(&fault.value), "{text}");
        assert!(!fault.allowed.is_empty() && !fault.fix.is_empty(), "{text}");
    }
    error.faults().iter().map(|fault| fault.key.clone()).collect()
}

#[test]
fn a_number_out_of_range_names_its_key() {
    for share in [0.0, -0.5, 1.000_001, 50.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(faults(Config::builder().failure_rate(share).build()), ["failure_rate"], "{share}");
        let slow = Config::builder().slow_call_duration(s(1.0)).slow_call_rate(share).build();
        assert_eq!(faults(slow), ["slow_call_rate"], "{share}");
    }
    for jitter in [-0.1, 1.1, f64::NAN] {
        assert_eq!(faults(Config::builder().open_timeout_jitter(jitter).build()), ["open_timeout_jitter"]);
    }
    for multiplier in [0.0, 0.99, f64::NAN, f64::INFINITY] {
        let config = Config::builder().open_timeout_multiplier(multiplier).build();
        assert_eq!(faults(config), ["open_timeout_multiplier"]);
    }
}

#[test]
fn a_zero_names_its_key() {
    let b = Config::builder;
    assert_eq!(faults(b().failure_threshold(0).build()), ["failure_threshold"]);
    assert_eq!(faults(b().consecutive_failures(0).build()), ["consecutive_failures"]);
    assert_eq!(faults(b().minimum_requests(0).build()), ["minimum_requests"]);
    assert_eq!(faults(b().success_threshold(0).build()), ["success_threshold"]);
    assert_eq!(faults(b().half_open_max_calls(0).build()), ["half_open_max_calls"]);
    assert_eq!(faults(b().window(0).build()), ["window"]);
    assert_eq!(faults(b().window(Duration::ZERO).build()), ["window"]);
    assert_eq!(faults(b().open_timeout(Duration::ZERO).build()), ["open_timeout"]);
    assert_eq!(faults(b().open_timeout_max(Duration::ZERO).build()), ["open_timeout_max"]);
    assert_eq!(faults(b().half_open_timeout(Duration::ZERO).build()), ["half_open_timeout"]);
    assert_eq!(faults(b().request_timeout(Duration::ZERO).build()), ["request_timeout"]);
    assert_eq!(faults(b().slow_call_duration(Duration::ZERO).build()), ["slow_call_duration"]);
    assert_eq!(faults(b().health_check_interval(Duration::ZERO).build()), ["health_check_interval"]);
    assert_eq!(faults(b().health_check_timeout(Duration::ZERO).build()), ["health_check_timeout"]);
    assert_eq!(faults(b().health_check_failures(0).build()), ["health_check_failures"]);
    assert_eq!(faults(b().metrics_log_interval(Duration::ZERO).build()), ["metrics_log_interval"]);
}

#[test]
fn conflicts_name_a_key_of_theirs() {
    let b = Config::builder;
    assert_eq!(faults(b().slow_call_rate(0.5).build()), ["slow_call_rate"]);
    assert_eq!(faults(b().slow_call_duration(s(2.0)).request_timeout(s(1.0)).build()), ["slow_call_duration"]);
    assert_eq!(faults(b().window(4).minimum_requests(5).build()), ["minimum_requests"]);
    assert_eq!(faults(b().window(4).failure_threshold(5).build()), ["failure_threshold"]);
    assert_eq!(faults(b().open_timeout(s(9.0)).open_timeout_max(s(8.0)).build()), ["open_timeout_max"]);
    let slow = b().slow_call_duration(s(1.0)).slow_call_rate(0.5).response_times(false).build();
    assert!(faults(slow).contains(&"slow_call_rate".to_owned()));
    let alone = b().slow_call_duration(s(1.0)).response_times(false).build();
    assert_eq!(faults(alone), ["slow_call_duration"]);
    let health = b().health_check_interval(s(1.0)).health_check_timeout(s(2.0)).build();
    assert_eq!(faults(health).len(), 1);
}

#[test]
fn all_faults_are_reported_at_once() {
    let config =
        Config::builder().failure_threshold(0).failure_rate(2.0).open_timeout(Duration::ZERO).window(0).build();
    let mut keys = faults(config);
    keys.sort();
    assert_eq!(keys, ["failure_rate", "failure_threshold", "open_timeout", "window"]);
}

#[test]
fn the_bounds_themselves_are_fine() {
    let config = Config::builder()
        .failure_rate(1.0)
        .slow_call_rate(f64::MIN_POSITIVE)
        .slow_call_duration(s(5.0))
        .request_timeout(s(5.0))
        .failure_threshold(1)
        .minimum_requests(4)
        .window(4)
        .open_timeout(s(9.0))
        .open_timeout_max(s(9.0))
        .open_timeout_jitter(1.0)
        .success_threshold(7)
        .half_open_max_calls(1)
        .health_check_failures(1)
        .metrics_log_interval(Duration::from_nanos(1))
        .build();
    assert!(config.is_ok(), "{config:?}");
}

#[test]
fn a_key_that_is_set_beats_the_preset_in_any_order() {
    let before = Config::builder().failure_threshold(9).preset(Preset::Database).build().expect("valid");
    let after = Config::builder().preset(Preset::Database).failure_threshold(9).build().expect("valid");
    assert_eq!(before, after);
    assert_eq!((after.failure_threshold(), after.request_timeout()), (Some(9), Some(s(10.0))));
}

#[test]
fn what_is_said_of_health_checks_is_what_is_configured() {
    let config = Config::builder().health_check_failures(3).criticality(Criticality::Optional).build().expect("valid");
    assert_eq!((config.health_check_failures(), config.criticality()), (3, Criticality::Optional));
    let most = Config::builder().health_check_failures(u32::MAX).build().expect("valid");
    assert_eq!(most.health_check_failures(), u32::MAX);
}

#[test]
fn dependent_defaults_follow_what_is_set() {
    let config = Config::builder().success_threshold(7).open_timeout(s(3600.0)).build().expect("valid");
    assert_eq!(config.half_open_max_calls(), 7);
    assert_eq!((config.open_timeout_max(), config.half_open_timeout()), (s(3600.0), Some(s(3600.0))));
    let config = Config::builder().open_timeout(s(5.0)).request_timeout(s(50.0)).build().expect("valid");
    assert_eq!(config.half_open_timeout(), Some(s(50.0)));
    let config = Config::builder().consecutive_failures(3).build().expect("valid");
    assert_eq!(config.failure_threshold(), None, "another trip rule is set");
    let config = Config::builder().window(9).build().expect("valid");
    assert_eq!(config.window(), Window::Calls(9));
}

#[test]
fn settings_lie_over_each_other_and_resolve_to_the_same_as_the_builder() {
    static CODE: Settings = Settings { failure_threshold: Some(5), open_timeout: Some(s_const(9)), ..Settings::NONE };
    let file = Settings { failure_threshold: Some(7), ..Settings::NONE };
    let built = Config::builder().failure_threshold(7).open_timeout(s(9.0)).build();
    let both = file.over(CODE.clone());
    assert_eq!(both.resolve(), built);
    assert_eq!(ConfigBuilder::from(both).build(), built, "a builder made from settings");
}

#[test]
fn what_presets_say_is_frozen() {
    let said = |preset: Preset| {
        let keys = preset.settings().entries();
        keys.into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        said(Preset::Database),
        "failure_threshold=3 open_timeout=30s success_threshold=2 request_timeout=10s enable_health_check=true \
         health_check_interval=15s"
    );
    assert_eq!(
        said(Preset::Cache),
        "failure_threshold=10 open_timeout=15s success_threshold=5 request_timeout=5s fail_fast=false \
         enable_health_check=true health_check_interval=10s"
    );
    assert_eq!(
        said(Preset::S3),
        "failure_threshold=5 open_timeout=60s success_threshold=3 request_timeout=30s enable_health_check=false"
    );
}

#[test]
fn the_threshold_of_a_preset_stays_beside_other_rules() {
    for (preset, threshold) in [(Preset::Database, 3), (Preset::Cache, 10), (Preset::S3, 5)] {
        let config = Config::builder().preset(preset).failure_rate(0.5).build().expect("valid");
        assert_eq!(config.failure_threshold(), Some(threshold), "{preset}");
    }
}

const fn s_const(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
