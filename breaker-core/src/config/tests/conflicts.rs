//! Conflicts between keys: an error if both are set; if only one is, the default of the other is adapted.

use super::*;

#[test]
fn a_slow_call_rate_needs_a_duration() {
    let settings = Settings { slow_call_rate: Some(0.5), ..Settings::NONE };
    assert_eq!(
        faults(&settings),
        ["slow_call_rate = 0.5: needs `slow_call_duration`; add slow_call_duration, such as 2s"]
    );
    let alone = ok(&Settings { slow_call_duration: Some(secs(1)), ..Settings::NONE });
    assert_eq!((alone.slow_call_duration(), alone.slow_call_rate()), (Some(secs(1)), None));
    assert_eq!(alone.consecutive_failures(), Some(5), "slow_call_duration alone is not a trip rule");
}

#[test]
fn slow_calls_need_response_times() {
    let settings = Settings {
        slow_call_duration: Some(secs(2)),
        slow_call_rate: Some(0.5),
        response_times: Some(false),
        ..Settings::NONE
    };
    assert_eq!(
        faults(&settings),
        ["slow_call_rate = 0.5: can't be combined with `response_times = false`; remove one of them"]
    );
    let duration = Settings { slow_call_rate: None, ..settings };
    assert_eq!(
        faults(&duration),
        ["slow_call_duration = 2s: can't be combined with `response_times = false`; remove one of them"]
    );
    assert!(!ok(&Settings { response_times: Some(false), ..Settings::NONE }).response_times());
}

#[test]
fn a_slow_call_ends_before_the_timeout() {
    let both = |slow, timeout| Settings {
        slow_call_duration: Some(secs(slow)),
        request_timeout: Some(secs(timeout)),
        ..Settings::NONE
    };
    assert_eq!(
        faults(&both(11, 10)),
        ["slow_call_duration = 11s: must be at most `request_timeout`, which is 10s; \
          write a shorter `slow_call_duration` or a longer `request_timeout`"]
    );
    ok(&both(10, 10));
    let preset =
        |slow| ok(&Settings { preset: Some(Preset::Database), slow_call_duration: Some(secs(slow)), ..Settings::NONE });
    assert_eq!(preset(2).request_timeout(), Some(secs(10)));
    assert_eq!(preset(20).request_timeout(), Some(secs(20)));
}

#[test]
fn a_window_by_count_holds_the_threshold_and_the_minimum() {
    let settings = Settings {
        window: Some(Window::Calls(3)),
        failure_threshold: Some(4),
        minimum_requests: Some(5),
        ..Settings::NONE
    };
    assert_eq!(
        faults(&settings),
        [
            "failure_threshold = 4: must be at most `window`, which is 3 calls; \
             write at most 3, or a longer `window`",
            "minimum_requests = 5: must be at most `window`, which is 3 calls; \
             write at most 3, or a longer `window`",
        ]
    );
    let full = Settings { failure_threshold: Some(3), minimum_requests: Some(3), ..settings.clone() };
    ok(&full);
    let by_time = Settings { window: Some(Window::Time(Duration::from_nanos(1))), ..settings };
    ok(&by_time);
}

#[test]
fn a_threshold_that_was_not_said_fits_the_window() {
    let threshold = |preset, calls| {
        let preset = Some(preset);
        ok(&Settings { preset, window: Some(Window::Calls(calls)), ..Settings::NONE }).failure_threshold()
    };
    assert_eq!(threshold(Preset::S3, 3), Some(3));
    assert_eq!(threshold(Preset::S3, 5), Some(5));
    assert_eq!(threshold(Preset::S3, 100), Some(5));
    assert_eq!(threshold(Preset::Cache, 4), Some(4));
    assert_eq!(threshold(Preset::Cache, 11), Some(10));
}

#[test]
fn the_longest_open_time_is_not_shorter_than_the_first() {
    let both = |first, longest| Settings {
        open_timeout: Some(secs(first)),
        open_timeout_max: Some(secs(longest)),
        ..Settings::NONE
    };
    assert_eq!(
        faults(&both(30, 29)),
        ["open_timeout_max = 29s: must be at least `open_timeout`, which is 30s; \
          write a longer `open_timeout_max` or a shorter `open_timeout`"]
    );
    ok(&both(30, 30));
    let only_longest =
        |preset| ok(&Settings { preset, open_timeout_max: Some(secs(10)), ..Settings::NONE }).open_timeout();
    assert_eq!(only_longest(None), secs(10));
    assert_eq!(only_longest(Some(Preset::S3)), secs(10));
}

#[test]
fn a_health_check_ends_before_the_next() {
    let said = |preset, interval: Option<u64>, timeout: Option<u64>| Settings {
        preset,
        health_check_interval: interval.map(secs),
        health_check_timeout: timeout.map(secs),
        ..Settings::NONE
    };
    assert_eq!(
        faults(&said(None, Some(3), Some(4))),
        ["health_check_timeout = 4s: must be at most `health_check_interval`, which is 3s; \
          write a shorter `health_check_timeout` or a longer `health_check_interval`"]
    );
    let health = |preset, interval, timeout| {
        let config = ok(&said(preset, interval, timeout));
        (config.health_check_interval(), config.health_check_timeout())
    };
    assert_eq!(health(None, Some(4), Some(4)), (secs(4), secs(4)));
    assert_eq!(health(None, Some(3), None), (secs(3), secs(3)));
    assert_eq!(health(None, None, Some(20)), (secs(20), secs(20)));
    assert_eq!(health(Some(Preset::Cache), None, Some(12)), (secs(12), secs(12)));
    assert_eq!(health(Some(Preset::Cache), None, Some(9)), (secs(10), secs(9)));
}

#[test]
fn more_successes_than_probes_at_once_are_fine() {
    ok(&Settings { success_threshold: Some(5), half_open_max_calls: Some(1), ..Settings::NONE });
}

/// A value out of range is one fault, and not a conflict in addition.
#[test]
fn a_value_out_of_range_takes_part_in_no_conflict() {
    let settings = Settings {
        slow_call_rate: Some(2.0),
        response_times: Some(false),
        window: Some(Window::Calls(0)),
        failure_threshold: Some(5),
        open_timeout: Some(secs(1)),
        open_timeout_max: Some(Duration::ZERO),
        ..Settings::NONE
    };
    let keys: Vec<_> = settings.resolve().unwrap_err().faults().iter().map(|fault| fault.key.clone()).collect();
    assert_eq!(keys, ["slow_call_rate", "window", "open_timeout_max"]);
}

/// A slow_call_rate with a duration of zero has one fault: the zero.
#[test]
fn a_duration_of_zero_is_still_there() {
    let settings = Settings { slow_call_rate: Some(0.5), slow_call_duration: Some(Duration::ZERO), ..Settings::NONE };
    assert_eq!(faults(&settings).len(), 1);
}
