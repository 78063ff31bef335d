//! Ranges, conflicts, defaults, presets, merging. What is frozen here is what users depend on.

use super::*;

mod conflicts;
mod defaults;
mod ranges;
#[cfg(feature = "serde")]
mod text;

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The faults as text; empty if there are none.
fn faults(settings: &Settings) -> Vec<String> {
    settings.resolve().err().iter().flat_map(ConfigError::faults).map(ToString::to_string).collect()
}

fn ok(settings: &Settings) -> Config {
    settings.resolve().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_names_of_the_keys_are_frozen() {
    assert_eq!(
        Settings::KEYS,
        [
            "preset",
            "failure_threshold",
            "consecutive_failures",
            "failure_rate",
            "slow_call_duration",
            "slow_call_rate",
            "minimum_requests",
            "window",
            "open_timeout",
            "open_timeout_multiplier",
            "open_timeout_max",
            "open_timeout_jitter",
            "success_threshold",
            "half_open_max_calls",
            "half_open_timeout",
            "request_timeout",
            "fail_fast",
            "response_times",
            "enable_health_check",
            "health_check_interval",
            "health_check_timeout",
            "health_check_failures",
            "criticality",
            "metrics_log_interval",
        ]
    );
}

/// Every key said.
fn all() -> Settings {
    Settings {
        preset: Some(Preset::S3),
        failure_threshold: Some(7),
        consecutive_failures: Some(4),
        failure_rate: Some(0.25),
        slow_call_duration: Some(secs(2)),
        slow_call_rate: Some(0.75),
        minimum_requests: Some(8),
        window: Some(Window::Calls(50)),
        open_timeout: Some(secs(9)),
        open_timeout_multiplier: Some(1.5),
        open_timeout_max: Some(secs(180)),
        open_timeout_jitter: Some(0.125),
        success_threshold: Some(6),
        half_open_max_calls: Some(3),
        half_open_timeout: Some(secs(11)),
        request_timeout: Some(secs(13)),
        fail_fast: Some(false),
        response_times: Some(true),
        enable_health_check: Some(true),
        health_check_interval: Some(secs(17)),
        health_check_timeout: Some(secs(16)),
        health_check_failures: Some(3),
        criticality: Some(Criticality::Optional),
        metrics_log_interval: Some(secs(90)),
    }
}

#[test]
fn said_lists_every_key_as_a_person_writes_it() {
    assert_eq!(Settings::NONE.said(), []);
    let said: Vec<_> = all().said().into_iter().map(|(key, value)| format!("{key} = {value}")).collect();
    assert_eq!(
        said.join("\n"),
        "preset = s3\nfailure_threshold = 7\nconsecutive_failures = 4\nfailure_rate = 0.25\nslow_call_duration = 2s\n\
         slow_call_rate = 0.75\nminimum_requests = 8\nwindow = 50 calls\nopen_timeout = 9s\n\
         open_timeout_multiplier = 1.5\nopen_timeout_max = 3m\nopen_timeout_jitter = 0.125\nsuccess_threshold = 6\n\
         half_open_max_calls = 3\nhalf_open_timeout = 11s\nrequest_timeout = 13s\nfail_fast = false\n\
         response_times = true\nenable_health_check = true\nhealth_check_interval = 17s\nhealth_check_timeout = 16s\n\
         health_check_failures = 3\ncriticality = optional\nmetrics_log_interval = 90s"
    );
}

#[test]
fn over_prefers_what_is_laid_over_for_every_key() {
    assert_eq!(all().over(Settings::NONE), all());
    assert_eq!(Settings::NONE.over(all()), all());
    let other = Settings { failure_threshold: Some(70), fail_fast: Some(true), ..Settings::NONE };
    assert_eq!(all().over(other.clone()), all());
    let expected = Settings { failure_threshold: Some(70), fail_fast: Some(true), ..all() };
    assert_eq!(other.over(all()), expected);
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
    assert_eq!(config.half_open_timeout(), secs(11));
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

#[test]
fn presets_are_read_by_name() {
    for preset in Preset::ALL {
        assert_eq!(preset.to_string().parse(), Ok(*preset));
    }
    assert_eq!(
        "redis".parse::<Preset>().map_err(|fault| fault.to_string()),
        Err("preset = \"redis\": must be \"database\", \"cache\" or \"s3\"; write one of them, or leave the key out"
            .to_owned())
    );
}

#[test]
fn criticalities_are_read_by_name() {
    for criticality in Criticality::ALL {
        assert_eq!(criticality.to_string().parse(), Ok(*criticality));
    }
    assert_eq!(
        "Optional".parse::<Criticality>().map_err(|fault| fault.to_string()),
        Err(
            "criticality = \"Optional\": must be \"critical\" or \"optional\"; write one of them, or leave the key out"
                .to_owned()
        )
    );
}

#[test]
fn every_key_is_described_in_one_paragraph() {
    for key in Settings::KEYS {
        let text = Settings::describe(key).expect("a key");
        assert!(text.ends_with('.') && !text.starts_with(' '), "{key}: {text:?}");
        assert!(!text.contains("  ") && !text.contains('\n'), "{key}: {text:?}");
    }
    let two_lines = "Share of slow calls in the window that opens the circuit: above 0, at most 1; needs \
                     `slow_call_duration`. Default: off.";
    assert_eq!(Settings::describe("slow_call_rate"), Some(two_lines));
    assert_eq!(Settings::describe("Window"), None);
}

#[test]
fn the_nearest_key() {
    assert_eq!(Settings::nearest_key("open-timeout"), Some("open_timeout"));
    assert_eq!(Settings::nearest_key("Windows"), Some("window"));
    assert_eq!(Settings::nearest_key("slow_call_rte"), Some("slow_call_rate"));
    assert_eq!(Settings::nearest_key(""), None);
    assert_eq!(Settings::nearest_key("x"), None);
}
