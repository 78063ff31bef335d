//! Keys, names, merging. What is frozen here is what users depend on.

use std::time::Duration;

use super::*;

#[cfg(feature = "serde")]
mod text;

pub(crate) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
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

/// Every key set.
pub(crate) fn all() -> Settings {
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
        ..Settings::NONE
    }
}

/// What the table has beside the types of this crate.
#[test]
fn the_table_has_the_names_and_the_limits_of_this_crate() {
    let key = |name| breaker_keys::setting(name).expect("a key");
    assert_eq!(key("preset").names, Preset::ALL.iter().map(|preset| preset.as_str()).collect::<Vec<_>>());
    assert_eq!(key("criticality").names, Criticality::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>());
    assert_eq!(key("window").range.max, breaker_keys::Bound::Closed(Settings::MAX_WINDOW_CALLS.into()));
    assert_eq!(Settings::KEYS, breaker_keys::settings().map(|key| key.name).collect::<Vec<_>>());
}

#[test]
fn every_key_is_set_and_got_by_the_table() {
    let mut copy = Settings::NONE;
    for key in breaker_keys::settings() {
        let value = all().get(key).expect("every key is set");
        assert!(copy.set(key, value), "{}", key.name);
        assert!(!copy.set(key, breaker_keys::Value::Name("none of ours")), "{}", key.name);
    }
    assert_eq!(copy, all());
}

#[test]
fn entries_lists_every_key_as_a_person_writes_it() {
    assert_eq!(Settings::NONE.entries(), []);
    let said: Vec<_> = all().entries().into_iter().map(|(key, value)| format!("{key} = {value}")).collect();
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
fn presets_are_read_by_name() {
    for preset in Preset::ALL {
        assert_eq!(preset.to_string().parse(), Ok(*preset));
    }
    assert_eq!(
        "redis".parse::<Preset>().map_err(|fault| fault.to_string()),
        Err("preset = \"redis\": unknown preset `redis`; the presets are `database`, `cache` and `s3`".to_owned())
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
            "criticality = \"Optional\": unknown criticality `Optional`; did you mean `optional`? The values are `critical` and `optional`"
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
    let two_lines = "Share of slow calls in the window that opens the circuit. Values: number, above 0 and at most 1, or `off`; needs \
                     `slow_call_duration`; not while `response_times` is false. Default: off.";
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
