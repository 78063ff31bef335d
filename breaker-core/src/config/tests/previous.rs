//! The defaults and how they gave way before the table of keys had them, and a comparison over all combinations.

use super::*;

const FAILURE_THRESHOLD: u32 = 5;
const WINDOW: Window = Window::Time(Duration::from_secs(60));
const OPEN_TIMEOUT: Duration = Duration::from_secs(30);
const OPEN_TIMEOUT_MAX: Duration = Duration::from_secs(600);
const SUCCESS_THRESHOLD: u32 = 2;
const HEALTH_CHECK_INTERVAL: Duration = Duration::from_secs(15);
const HEALTH_CHECK_TIMEOUT: Duration = Duration::from_secs(5);
const HEALTH_CHECK_FAILURES: u32 = 1;
const CRITICALITY: Criticality = Criticality::Critical;

/// What was said, then the preset, then the defaults. Given settings without faults, the result has none.
fn previous(said: &Settings) -> Settings {
    let preset = said.preset.map_or(Settings::NONE, Preset::settings);
    let window = said.window.or(preset.window).unwrap_or(WINDOW);

    let open_timeout = said.open_timeout.unwrap_or_else(|| {
        let usual = preset.open_timeout.unwrap_or(OPEN_TIMEOUT);
        said.open_timeout_max.map_or(usual, |longest| usual.min(longest))
    });
    let request_timeout = said.request_timeout.or_else(|| {
        // Whoever calls 20 s slow expects calls to last so long: a preset's timeout of 10 s gives way.
        preset.request_timeout.map(|usual| usual.max(said.slow_call_duration.unwrap_or_default()))
    });
    let success_threshold = said.success_threshold.or(preset.success_threshold).unwrap_or(SUCCESS_THRESHOLD);

    let health_check_interval = said.health_check_interval.unwrap_or_else(|| {
        let usual = preset.health_check_interval.unwrap_or(HEALTH_CHECK_INTERVAL);
        said.health_check_timeout.map_or(usual, |timeout| usual.max(timeout))
    });
    let either = said.clone().over(preset);

    Settings {
        preset: None,
        failure_threshold: failure_threshold(said, &either, window),
        consecutive_failures: either.consecutive_failures,
        failure_rate: either.failure_rate,
        slow_call_duration: either.slow_call_duration,
        slow_call_rate: either.slow_call_rate,
        minimum_requests: either.minimum_requests,
        window: Some(window),
        open_timeout: Some(open_timeout),
        open_timeout_multiplier: either.open_timeout_multiplier.or(Some(1.0)),
        open_timeout_max: either.open_timeout_max.or(Some(OPEN_TIMEOUT_MAX.max(open_timeout))),
        open_timeout_jitter: either.open_timeout_jitter.or(Some(0.0)),
        success_threshold: Some(success_threshold),
        half_open_max_calls: either.half_open_max_calls.or(Some(success_threshold)),
        half_open_timeout: either.half_open_timeout.or(Some(open_timeout.max(request_timeout.unwrap_or_default()))),
        request_timeout,
        fail_fast: either.fail_fast.or(Some(true)),
        response_times: either.response_times.or(Some(true)),
        enable_health_check: either.enable_health_check.or(Some(false)),
        health_check_interval: Some(health_check_interval),
        health_check_timeout: either.health_check_timeout.or(Some(HEALTH_CHECK_TIMEOUT.min(health_check_interval))),
        health_check_failures: either.health_check_failures.or(Some(HEALTH_CHECK_FAILURES)),
        criticality: either.criticality.or(Some(CRITICALITY)),
        metrics_log_interval: either.metrics_log_interval.or(Some(secs(60))),
    }
}

/// What was said stands. A preset's number, or the default where there is no other rule, is never more than the window
/// can hold, or the rule could never fire.
fn failure_threshold(said: &Settings, either: &Settings, window: Window) -> Option<u32> {
    if said.failure_threshold.is_some() {
        return said.failure_threshold;
    }
    let other_rule =
        said.consecutive_failures.is_some() || said.failure_rate.is_some() || said.slow_call_rate.is_some();
    let usual = either.failure_threshold.or((!other_rule).then_some(FAILURE_THRESHOLD))?;
    Some(match window {
        Window::Calls(calls) => usual.min(calls),
        Window::Time(_) => usual,
    })
}

/// Unset, short, or long.
fn each<T: Copy>(short: T, long: T) -> [Option<T>; 3] {
    [None, Some(short), Some(long)]
}

#[test]
fn the_table_gives_what_was_written_by_hand() {
    let mut compared = 0;
    let presets = [None, Some(Preset::Database), Some(Preset::Cache), Some(Preset::S3)];
    let windows = [None, Some(Window::Calls(2)), Some(Window::Calls(7)), Some(Window::Time(secs(9)))];
    for preset in presets {
        for window in windows {
            for failure_threshold in each(2, 9) {
                for slow_call_duration in each(secs(1), secs(40)) {
                    for request_timeout in each(secs(2), secs(90)) {
                        for open_timeout in each(secs(2), secs(3_600)) {
                            for open_timeout_max in each(secs(20), secs(4_000)) {
                                for health_check_interval in each(secs(3), secs(50)) {
                                    for health_check_timeout in each(secs(2), secs(30)) {
                                        let said = Settings {
                                            preset,
                                            failure_threshold,
                                            slow_call_duration,
                                            window,
                                            open_timeout,
                                            open_timeout_max,
                                            request_timeout,
                                            health_check_interval,
                                            health_check_timeout,
                                            ..Settings::NONE
                                        };
                                        for rate in [None, Some(0.5)] {
                                            let said = Settings { failure_rate: rate, ..said.clone() };
                                            if crate::settings::faults(&said).is_empty() {
                                                assert_eq!(Config::assemble(&said).settings(), previous(&said));
                                                compared += 1;
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(compared > 5_000, "{compared}");
}
