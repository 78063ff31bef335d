//! Ranges, conflicts, defaults, presets. What is frozen here is what users depend on.

use super::*;
use crate::error::ConfigError;
use crate::settings::Preset;
use crate::settings::tests::{all, secs};

mod conflicts;
mod defaults;
mod off;
mod ranges;

/// The faults as text; empty if there are none.
fn faults(settings: &Settings) -> Vec<String> {
    settings.resolve().err().iter().flat_map(ConfigError::faults).map(ToString::to_string).collect()
}

fn ok(settings: &Settings) -> Config {
    settings.resolve().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn code_then_file_then_environment() {
    let code = Settings {
        failure_threshold: Some(1),
        success_threshold: Some(1),
        open_timeout: Some(secs(1)),
        ..Settings::NONE
    };
    let file = Settings { success_threshold: Some(2), open_timeout: Some(secs(2)), ..Settings::NONE };
    let environment = Settings { open_timeout: Some(secs(3)), ..Settings::NONE };
    let config = ok(&environment.over(file).over(code));
    assert_eq!((config.failure_threshold(), config.success_threshold(), config.open_timeout()), (Some(1), 2, secs(3)));
}

#[test]
fn what_was_said_is_what_is_configured() {
    let config = ok(&all());
    assert_eq!(config.failure_threshold(), Some(7));
    assert_eq!(config.consecutive_failures(), Some(4));
    assert_eq!(config.failure_rate(), Some(0.25));
    assert_eq!(config.slow_call_duration(), Some(secs(2)));
    assert_eq!(config.slow_call_rate(), Some(0.75));
    assert_eq!(config.minimum_requests(), Some(8));
    assert_eq!(config.window(), Window::Calls(50));
    assert_eq!(config.open_timeout(), secs(9));
    assert!((config.open_timeout_multiplier() - 1.5).abs() < f64::EPSILON);
    assert_eq!(config.open_timeout_max(), secs(180));
    assert!((config.open_timeout_jitter() - 0.125).abs() < f64::EPSILON);
    assert_eq!(config.success_threshold(), 6);
    assert_eq!(config.half_open_max_calls(), 3);
    assert_eq!(config.half_open_timeout(), Some(secs(11)));
    assert_eq!(config.request_timeout(), Some(secs(13)));
    assert!(!config.fail_fast());
    assert!(config.response_times());
    assert!(config.enable_health_check());
    assert_eq!(config.health_check_interval(), secs(17));
    assert_eq!(config.health_check_timeout(), secs(16));
    assert_eq!(config.health_check_failures(), 3);
    assert_eq!(config.criticality(), Criticality::Optional);
    assert_eq!(config.metrics_log_interval(), secs(90));
    assert_eq!(config.settings(), Settings { preset: None, ..all() });
}

#[test]
fn the_builder_is_the_same_way() {
    let built = Config::builder()
        .preset(Preset::S3)
        .failure_threshold(7)
        .consecutive_failures(4)
        .failure_rate(0.25)
        .slow_call_duration(secs(2))
        .slow_call_rate(0.75)
        .minimum_requests(8)
        .window(50)
        .open_timeout(secs(9))
        .open_timeout_multiplier(1.5)
        .open_timeout_max(secs(180))
        .open_timeout_jitter(0.125)
        .success_threshold(6)
        .half_open_max_calls(3)
        .half_open_timeout(secs(11))
        .request_timeout(secs(13))
        .fail_fast(false)
        .response_times(true)
        .enable_health_check(true)
        .health_check_interval(secs(17))
        .health_check_timeout(secs(16))
        .health_check_failures(3)
        .criticality(Criticality::Optional)
        .metrics_log_interval(secs(90));
    assert_eq!(built.settings, all());
    assert_eq!(built.build(), all().resolve());
    assert_eq!(Config::builder().window(secs(5)).settings.window, Some(Window::Time(secs(5))));
}
