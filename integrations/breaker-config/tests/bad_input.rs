//! Each mistake in a key or its value, and the exact line that it gets.

use breaker_config::Loader;

const KEYS: &str = "preset, failure_threshold, consecutive_failures, failure_rate, slow_call_duration, slow_call_rate, \
                    minimum_requests, window, open_timeout, open_timeout_multiplier, open_timeout_max, \
                    open_timeout_jitter, success_threshold, half_open_max_calls, half_open_timeout, request_timeout, \
                    fail_fast, response_times, enable_health_check, health_check_interval, health_check_timeout, health_check_failures, criticality, \
                    metrics_log_interval";
const COUNT: &str = "must be a whole number from 1 to 4294967295";
const CALLS: &str = "must be a duration, or a number of calls from 1 to 16384";

/// What is said about one text, without the head that is the same for all.
#[track_caller]
fn faults(text: &str) -> Vec<String> {
    let loaded = Loader::new().text("b.yaml", text).load();
    loaded.map_or_else(|error| error.faults().iter().map(ToString::to_string).collect(), |_| Vec::new())
}

/// Keys of a service: what is written, and what is said.
#[track_caller]
fn check_keys(table: &[(&str, &str)]) {
    for (line, message) in table {
        let text = format!("circuit_breaker:\n  s3:\n    {line}\n");
        assert_eq!(faults(&text), [*message], "{line}");
    }
}

#[test]
fn numbers() {
    let count =
        |column, value, fix| format!("b.yaml:3:{column}: `s3`: failure_threshold = {value}: {COUNT}; write {fix}");
    let cases = [
        ("030", "30"),
        ("1_000", "1000"),
        ("5.0", "5"),
        ("1e3", "1000"),
        ("0x1F", "31"),
        ("0o17", "15"),
        ("+5", "5"),
        ("\"5\"", "5 without quotes"),
        ("\"five\"", "a whole number, such as 5"),
        ("five", "a whole number, such as 5"),
        ("-1", "a whole number, such as 5"),
        ("2.5", "a whole number, such as 5"),
        ("5000000000", "a whole number, such as 5"),
        ("99999999999999999999999", "a whole number, such as 5"),
        ("true", "a whole number, such as 5"),
        ("~", "a whole number, such as 5, or leave the key out"),
        ("null", "a whole number, such as 5, or leave the key out"),
    ];
    for (value, fix) in cases {
        check_keys(&[(&format!("failure_threshold: {value}"), &count(24, value, fix))]);
    }
    check_keys(&[
        ("failure_threshold:", &count(5, "nothing", "a whole number, such as 5, or leave the key out")),
        ("failure_threshold: [5]", &count(24, "a list", "a whole number, such as 5")),
        ("failure_threshold: {a: 5}", &count(24, "a map", "a whole number, such as 5")),
        (
            "failure_threshold: 0",
            "b.yaml:3:24: `s3`: failure_threshold = 0: must be at least 1; write a whole number from 1, or leave the key out",
        ),
        ("failure_threshold: !!int 5", "b.yaml:3:24: `s3`: failure_threshold = 5: has a tag; leave the tag out"),
        ("failure_rate: 50%", "b.yaml:3:19: `s3`: failure_rate = 50%: must be a number; write 0.5"),
        ("failure_rate: 0,5", "b.yaml:3:19: `s3`: failure_rate = 0,5: must be a number; write 0.5"),
        ("failure_rate: half", "b.yaml:3:19: `s3`: failure_rate = half: must be a number; write a number, such as 1"),
        (
            "failure_rate: \"0.5\"",
            "b.yaml:3:19: `s3`: failure_rate = \"0.5\": must be a number; write 0.5 without quotes",
        ),
        (
            "failure_rate: 50",
            "b.yaml:3:19: `s3`: failure_rate = 50: must be above 0 and at most 1; it is a share: write 0.5 for 50 %",
        ),
        (
            "failure_rate: .nan",
            "b.yaml:3:19: `s3`: failure_rate = NaN: must be above 0 and at most 1; it is a share: write 0.5 for 50 %",
        ),
        (
            "open_timeout_multiplier: .inf",
            "b.yaml:3:30: `s3`: open_timeout_multiplier = inf: must be at least 1 and finite; write 2 to double the open time each time a probe fails, or 1 to keep it",
        ),
    ]);
}

#[test]
fn switches_and_presets() {
    check_keys(&[
        ("fail_fast: yes", "b.yaml:3:16: `s3`: fail_fast = yes: must be true or false; write true or false"),
        ("fail_fast: 1", "b.yaml:3:16: `s3`: fail_fast = 1: must be true or false; write true or false"),
        (
            "fail_fast: \"true\"",
            "b.yaml:3:16: `s3`: fail_fast = \"true\": must be true or false; write true without quotes",
        ),
        (
            "fail_fast: ~",
            "b.yaml:3:16: `s3`: fail_fast = ~: must be true or false; write true or false, or leave the key out",
        ),
        (
            "preset: mysql",
            "b.yaml:3:13: `s3`: preset = mysql: must be \"database\", \"cache\" or \"s3\"; write one of them, or leave the key out",
        ),
        (
            "criticality: cache",
            "b.yaml:3:18: `s3`: criticality = cache: must be \"critical\" or \"optional\"; write one of them, or leave the key out",
        ),
        (
            "criticality:",
            "b.yaml:3:5: `s3`: criticality = nothing: must be critical or optional; write critical or optional, or leave the key out",
        ),
        (
            "preset:",
            "b.yaml:3:5: `s3`: preset = nothing: must be the name of a preset; write database, cache or s3, or leave the key out",
        ),
    ]);
}

#[test]
fn durations_and_windows() {
    let unit = |key: &str, value, fix| {
        let column = key.len() + 7;
        format!(
            "b.yaml:3:{column}: `s3`: {key} = {value}: must be a duration; write a duration with its unit, such as {fix}"
        )
    };
    check_keys(&[
        ("open_timeout: 30", &unit("open_timeout", "30", "30s")),
        ("open_timeout: \"30\"", &unit("open_timeout", "\"30\"", "30s")),
        ("request_timeout: 1.5", &unit("request_timeout", "1.5", "1500ms")),
        ("open_timeout: 0", &unit("open_timeout", "0", "30s")),
        ("open_timeout: -5", &unit("open_timeout", "-5", "30s")),
        ("open_timeout: [30s]", &unit("open_timeout", "a list", "30s")),
        ("open_timeout: ~", &unit("open_timeout", "~", "30s, or leave the key out")),
        (
            "open_timeout: 0s",
            "b.yaml:3:19: `s3`: open_timeout = 0s: must be longer than zero; write a duration, such as 30s",
        ),
        (
            "open_timeout: soon",
            "b.yaml:3:19: `s3`: open_timeout = soon: `soon` is not a duration (expected number at 0); write one such as \"30s\"",
        ),
        (
            "window: 1.5",
            &format!(
                "b.yaml:3:13: `s3`: window = 1.5: {CALLS}; write a duration with its unit, such as 60s, or a number of calls, such as 100"
            ),
        ),
        ("window: 030", &format!("b.yaml:3:13: `s3`: window = 030: {CALLS}; write 30")),
        (
            "window: \"100\"",
            &format!(
                "b.yaml:3:13: `s3`: window = \"100\": {CALLS}; write 100 without quotes for a number of calls, or a duration such as 100s"
            ),
        ),
        (
            "window: 0",
            "b.yaml:3:13: `s3`: window = 0 calls: must be at least 1 call; write a number of calls, such as 100",
        ),
        (
            "window: 20000",
            "b.yaml:3:13: `s3`: window = 20000 calls: must be at most 16384 calls; write fewer calls, or a window by time, such as 60s",
        ),
    ]);
}

#[test]
fn keys_and_conflicts() {
    check_keys(&[
        ("failure_treshold: 5", "b.yaml:3:5: `s3`: failure_treshold = 5: is no key; write failure_threshold"),
        ("colour: red", &format!("b.yaml:3:5: `s3`: colour = red: is no key; write one of {KEYS}")),
        (
            "<<: {window: 5}",
            "b.yaml:3:5: `s3`: << = a map: is no key, for YAML 1.2 merges nothing; write common keys into `defaults:`",
        ),
        (
            "window: 5\n    window: 6",
            "b.yaml:4:5: `s3`: window: is there twice, first in line 3; leave one of them out",
        ),
        ("? [a]\n    : 1", "b.yaml:3:7: `s3`: a key must be text, not a list; write a name"),
        (
            "window: 3\n    failure_threshold: 4",
            "b.yaml:4:24: `s3`: failure_threshold = 4: must not be more than the window holds, which is 3 calls; write at most 3, or a longer window",
        ),
        (
            "slow_call_rate: 0.5\n    response_times: false",
            "b.yaml:3:21: `s3`: slow_call_rate = 0.5: can't be used with response_times = false, for then no call is measured; leave out slow_call_rate or response_times",
        ),
    ]);
    // Code may say what slow is.
    assert_eq!(faults("circuit_breaker:\n  s3:\n    slow_call_rate: 0.5\n"), [""; 0]);
}
