//! Defaults and presets.

use breaker_keys::DefaultValue;

use super::*;

/// The numbers are pinned by the table of the README, and by the tests of the public API.
#[test]
fn the_defaults_are_those_of_the_table() {
    let config = Config::default();
    for key in breaker_keys::settings() {
        let held = config.settings().get(key);
        match key.default {
            DefaultValue::Value(value) => assert_eq!(held, Some(value), "{}", key.name),
            DefaultValue::None => assert_eq!(held, None, "{}", key.name),
            DefaultValue::Required | DefaultValue::Follows(_) | DefaultValue::Longer(..) | DefaultValue::Rule => {}
        }
    }
    assert_eq!((config.failure_threshold(), config.minimum_requests()), (None, Some(20)));
    assert_eq!((config.consecutive_failures(), config.failure_rate()), (Some(5), Some(0.5)));
    assert_eq!((config.half_open_max_calls(), config.half_open_timeout()), (2, Some(secs(30))));
    assert_eq!(ok(&Settings::NONE), config);
    assert_eq!(Config::builder().build(), Ok(config));
    assert_eq!(Settings::default(), Settings::NONE);
}

#[test]
fn the_presets_are_frozen() {
    let numbers = |config: &Config| {
        (
            (config.failure_threshold(), config.success_threshold(), config.request_timeout(), config.open_timeout()),
            (config.enable_health_check(), config.health_check_interval(), config.health_check_timeout()),
            (config.health_check_failures(), config.health_check_successes()),
            (config.criticality(), config.metrics_log_interval()),
            (config.half_open_max_calls(), config.half_open_timeout(), config.open_timeout_max()),
            (config.fail_fast(), config.response_times(), config.window()),
        )
    };
    let minute = Window::Time(secs(60));
    assert_eq!(
        numbers(&Config::database()),
        (
            (Some(3), 2, Some(secs(10)), secs(30)),
            (true, secs(15), secs(5)),
            (3, 1),
            (Criticality::Critical, secs(60)),
            (2, Some(secs(30)), secs(600)),
            (true, true, minute)
        )
    );
    assert_eq!(
        numbers(&Config::cache()),
        (
            (Some(10), 5, Some(secs(5)), secs(15)),
            (true, secs(10), secs(5)),
            (3, 1),
            (Criticality::Critical, secs(60)),
            (5, Some(secs(15)), secs(600)),
            (false, true, minute)
        )
    );
    assert_eq!(
        numbers(&Config::s3()),
        (
            (Some(5), 3, Some(secs(30)), secs(60)),
            (false, secs(15), secs(5)),
            (3, 1),
            (Criticality::Critical, secs(60)),
            (3, Some(secs(60)), secs(600)),
            (true, true, minute)
        )
    );
    for (preset, config) in
        [(Preset::Database, Config::database()), (Preset::Cache, Config::cache()), (Preset::S3, Config::s3())]
    {
        assert_eq!(ok(&Settings { preset: Some(preset), ..Settings::NONE }), config);
        assert_eq!(faults(&preset.settings()), Vec::<String>::new());
    }
}

#[test]
fn what_was_said_beats_the_preset_and_the_rest_follows() {
    let config = ok(&Settings {
        preset: Some(Preset::Cache),
        failure_threshold: Some(4),
        success_threshold: Some(1),
        open_timeout: Some(secs(3)),
        fail_fast: Some(true),
        ..Settings::NONE
    });
    assert_eq!((config.failure_threshold(), config.success_threshold()), (Some(4), 1));
    assert!(config.fail_fast());
    assert_eq!(config.half_open_max_calls(), 1, "follows success_threshold");
    assert_eq!(config.half_open_timeout(), Some(secs(5)), "follows the longer of 3 s and the preset's request_timeout");
    assert_eq!(config.health_check_interval(), secs(10), "the preset's");
}

/// A preset may come from a file; keys that weaker sources set, such as the code, still override it.
#[test]
fn a_preset_from_above_does_not_beat_a_key_from_below() {
    let code = Settings { failure_threshold: Some(8), ..Settings::NONE };
    let file = Settings { preset: Some(Preset::Database), ..Settings::NONE };
    let config = ok(&file.over(code));
    assert_eq!((config.failure_threshold(), config.request_timeout()), (Some(8), Some(secs(10))));
}

#[test]
fn the_default_rules_are_for_want_of_another_one() {
    let rules = |settings: Settings| {
        let config = ok(&settings);
        (config.failure_threshold(), config.consecutive_failures(), config.failure_rate())
    };
    assert_eq!(rules(Settings { consecutive_failures: Some(3), ..Settings::NONE }), (None, Some(3), None));
    assert_eq!(rules(Settings { failure_rate: Some(0.7), ..Settings::NONE }), (None, None, Some(0.7)));
    let slow = Settings { slow_call_rate: Some(0.5), slow_call_duration: Some(secs(1)), ..Settings::NONE };
    assert_eq!(rules(slow), (None, None, None));
    let both = Settings { failure_rate: Some(0.7), failure_threshold: Some(9), ..Settings::NONE };
    assert_eq!(rules(both), (Some(9), None, Some(0.7)));
    let preset = Settings { preset: Some(Preset::Database), failure_rate: Some(0.7), ..Settings::NONE };
    assert_eq!(rules(preset), (Some(3), None, Some(0.7)), "a preset's rule stays in force beside rules that are added");
}

#[test]
fn the_minimum_depends_on_the_rule_and_on_the_window() {
    let minimum = |window, minimum_requests| {
        let config = ok(&Settings { window, minimum_requests, failure_rate: Some(0.5), ..Settings::NONE });
        (config.minimum_requests(), config.minimum_for_rates(), config.minimum_for_threshold())
    };
    assert_eq!(minimum(None, None), (None, 10, 1));
    assert_eq!(minimum(Some(Window::Calls(4)), None), (None, 4, 1));
    assert_eq!(minimum(Some(Window::Calls(10)), None), (None, 10, 1));
    assert_eq!(minimum(Some(Window::Calls(100)), None), (None, 10, 1));
    assert_eq!(minimum(Some(Window::Calls(100)), Some(50)), (Some(50), 50, 50));
}

#[test]
fn the_default_rate_waits_for_twenty_calls_or_a_shorter_windows_length() {
    let minimum = |window, minimum_requests| {
        let config = ok(&Settings { minimum_requests, window, ..Settings::NONE });
        (config.minimum_requests(), config.minimum_for_rates())
    };
    assert_eq!(minimum(None, None), (Some(20), 20));
    for (calls, expected) in [(5, 5), (10, 10), (15, 15), (20, 20), (100, 20)] {
        assert_eq!(minimum(Some(Window::Calls(calls)), None), (Some(expected), expected));
        let off = ok(&Settings { window: Some(Window::Calls(calls)), ..Settings::NONE }.off("minimum_requests"));
        assert_eq!(off.minimum_for_rates(), expected, "off means the rule's own minimum");
    }
    assert_eq!(minimum(Some(Window::Calls(100)), Some(50)), (Some(50), 50));
    assert_eq!(minimum(None, Some(3)), (Some(3), 3));
}

#[test]
fn the_longest_open_time_follows_the_first() {
    let longest = |first| ok(&Settings { open_timeout: Some(first), ..Settings::NONE }).open_timeout_max();
    assert_eq!(longest(secs(1)), secs(600));
    assert_eq!(longest(secs(3_600)), secs(3_600));
    assert_eq!(longest(Duration::MAX), Duration::MAX);
}

#[test]
fn the_lease_of_a_probe_follows_the_timeouts() {
    let lease = |open: u64, request: Option<u64>| {
        ok(&Settings { open_timeout: Some(secs(open)), request_timeout: request.map(secs), ..Settings::NONE })
            .half_open_timeout()
    };
    assert_eq!(lease(7, None), Some(secs(7)));
    assert_eq!(lease(7, Some(3)), Some(secs(7)));
    assert_eq!(lease(7, Some(60)), Some(secs(60)));
}

/// A resolved configuration has no faults: defaults and presets never cause a conflict.
#[test]
fn defaults_never_bring_a_conflict() {
    for preset in [None, Some(Preset::Database), Some(Preset::Cache), Some(Preset::S3)] {
        for duration in [Duration::from_nanos(1), secs(12), Duration::MAX] {
            for calls in [1, 6, 16_384] {
                let each = [
                    Settings { window: Some(Window::Calls(calls)), ..Settings::NONE },
                    Settings { window: Some(Window::Time(duration)), ..Settings::NONE },
                    Settings { slow_call_duration: Some(duration), ..Settings::NONE },
                    Settings { request_timeout: Some(duration), ..Settings::NONE },
                    Settings { open_timeout: Some(duration), ..Settings::NONE },
                    Settings { open_timeout_max: Some(duration), ..Settings::NONE },
                    Settings { health_check_interval: Some(duration), ..Settings::NONE },
                    Settings { health_check_timeout: Some(duration), ..Settings::NONE },
                ];
                for said in each {
                    let config = ok(&Settings { preset, ..said });
                    assert_eq!(faults(&as_set(&config)), Vec::<String>::new());
                }
            }
        }
    }
}

/// As if every key were set.
fn as_set(config: &Config) -> Settings {
    Settings { minimum_requests: Some(config.minimum_for_rates()), ..config.settings() }
}
