//! Errors in a key or its value, each with its exact message.

use breaker_config::Loader;

const COUNT: &str = "must be a whole number";

/// Returns the messages for one text, without the head that is the same for all.
#[track_caller]
fn faults(text: &str) -> Vec<String> {
    let loaded = Loader::new().text("b.yaml", text).load();
    loaded.map_or_else(|error| error.faults().iter().map(ToString::to_string).collect(), |_| Vec::new())
}

/// Checks keys of a service: each line, and its message.
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
        |column, value, what, fix| format!("b.yaml:3:{column}: `s3`: failure_threshold = {value}: {what}; write {fix}");
    let quoted = "must be a whole number, without quotes";
    let most = "must be at most 4294967295";
    let none = "has no value";
    let cases = [
        ("030", COUNT, "30"),
        ("1_000", COUNT, "1000"),
        ("5.0", COUNT, "5"),
        ("1e3", COUNT, "1000"),
        ("0x1F", COUNT, "31"),
        ("0o17", COUNT, "15"),
        ("+5", COUNT, "5"),
        ("\"7\"", quoted, "7"),
        ("\"five\"", quoted, "5"),
        ("five", COUNT, "5"),
        ("-1", "must be at least 1", "5"),
        ("2.5", COUNT, "5"),
        ("5000000000", most, "5"),
        ("99999999999999999999999", most, "5"),
        ("true", COUNT, "5"),
        ("~", none, "5, or leave the key out"),
        ("null", none, "5, or leave the key out"),
    ];
    for (value, what, fix) in cases {
        check_keys(&[(&format!("failure_threshold: {value}"), &count(24, value, what, fix))]);
    }
    check_keys(&[
        ("failure_threshold:", &count(5, "nothing", none, "5, or leave the key out")),
        ("failure_threshold: [5]", &count(24, "a list", COUNT, "5")),
        ("failure_threshold: {a: 5}", &count(24, "a map", COUNT, "5")),
        ("failure_threshold: 0", &count(24, "0", "must be at least 1", "5")),
        (
            "failure_threshold: !!int 5",
            "b.yaml:3:24: `s3`: failure_threshold = 5: must not have a YAML tag; remove the tag",
        ),
        ("failure_rate: 50%", "b.yaml:3:19: `s3`: failure_rate = 50%: must be a number; write 0.5"),
        ("failure_rate: 0,5", "b.yaml:3:19: `s3`: failure_rate = 0,5: must be a number; write 0.5"),
        ("failure_rate: half", "b.yaml:3:19: `s3`: failure_rate = half: must be a number; write 0.5"),
        (
            "failure_rate: \"0.25\"",
            "b.yaml:3:19: `s3`: failure_rate = \"0.25\": must be a number, without quotes; write 0.25",
        ),
        ("failure_rate: 50", "b.yaml:3:19: `s3`: failure_rate = 50: must be above 0 and at most 1; write 0.5"),
        ("failure_rate: 1.5", "b.yaml:3:19: `s3`: failure_rate = 1.5: must be above 0 and at most 1; write 0.5"),
        (
            "open_timeout_jitter: 20",
            "b.yaml:3:26: `s3`: open_timeout_jitter = 20: must be at least 0 and at most 1; write 0.2",
        ),
        ("failure_rate: 2", "b.yaml:3:19: `s3`: failure_rate = 2: must be above 0 and at most 1; write 0.02"),
        ("failure_rate: 2.0", "b.yaml:3:19: `s3`: failure_rate = 2.0: must be above 0 and at most 1; write 0.5"),
        (
            "open_timeout_jitter: 2.0",
            "b.yaml:3:26: `s3`: open_timeout_jitter = 2.0: must be at least 0 and at most 1; write 0.2",
        ),
        ("failure_rate: .nan", "b.yaml:3:19: `s3`: failure_rate = .nan: must be above 0 and at most 1; write 0.5"),
        (
            "open_timeout_multiplier: .inf",
            "b.yaml:3:30: `s3`: open_timeout_multiplier = .inf: must be at least 1 and finite; write 2",
        ),
    ]);
}

#[test]
fn switches_and_presets() {
    let flag = |value, what, fix| format!("b.yaml:3:16: `s3`: fail_fast = {value}: {what}; write {fix}");
    let must = "must be `true` or `false`";
    check_keys(&[
        ("fail_fast: yes", &flag("yes", must, "true or false")),
        ("fail_fast: 1", &flag("1", must, "true or false")),
        ("fail_fast: \"true\"", &flag("\"true\"", "must be `true` or `false`, without quotes", "true")),
        ("fail_fast: ~", &flag("~", "has no value", "true or false, or leave the key out")),
        (
            "preset: postgres",
            "b.yaml:3:13: `s3`: preset = postgres: unknown preset `postgres`; the presets are `database`, `cache` and `s3`",
        ),
        (
            "preset: Cache",
            "b.yaml:3:13: `s3`: preset = Cache: unknown preset `Cache`; did you mean `cache`? The presets are `database`, `cache` and `s3`",
        ),
        (
            "criticality: cache",
            "b.yaml:3:18: `s3`: criticality = cache: unknown criticality `cache`; the values are `critical` and `optional`",
        ),
        (
            "criticality:",
            "b.yaml:3:5: `s3`: criticality = nothing: has no value; write critical or optional, or leave the key out",
        ),
    ]);
}

#[test]
fn durations_and_windows() {
    let said = |key: &str, value, what, fix| {
        let column = key.len() + 7;
        format!("b.yaml:3:{column}: `s3`: {key} = {value}: {what}; {fix}")
    };
    let open = |value, what, fix| said("open_timeout", value, what, fix);
    let (unit, duration) = ("needs a unit", "must be a duration with its unit");
    check_keys(&[
        ("open_timeout: 30", &open("30", unit, "write 30s or 30ms")),
        ("open_timeout: \"30\"", &open("\"30\"", unit, "write 30s or 30ms")),
        ("open_timeout: 30.5", &open("30.5", unit, "write 30s 500ms")),
        ("open_timeout: 0", &open("0", "must be longer than zero", "write 30s")),
        ("open_timeout: 0s", &open("0s", "must be longer than zero", "write 30s")),
        ("open_timeout: -5", &open("-5", "must be longer than zero", "write 30s")),
        ("open_timeout: -5s", &open("-5s", "must be longer than zero", "write 30s")),
        ("open_timeout: [30s]", &open("a list", duration, "write 30s")),
        ("open_timeout: ~", &open("~", "has no value", "write 30s, or leave the key out")),
        ("open_timeout: soon", &open("soon", duration, "write 30s")),
        ("open_timeout: 1m 30", &open("1m 30", "needs a unit after its last number", "write 30s")),
        ("open_timeout: 3 parsecs", &open("3 parsecs", "`parsecs` is not a unit", "use ns, us, ms, s, m, h, d")),
        ("open_timeout: 1M", &open("1M", "`M` is not a unit", "use ns, us, ms, s, m, h, d")),
        (
            "open_timeout: 99999999999999999999s",
            &open("99999999999999999999s", "is longer than a duration can be", "write 30s"),
        ),
    ]);
    let window = |value, what, fix| said("window", value, what, fix);
    let either = "must be a duration with its unit, or a number of calls";
    check_keys(&[
        ("window: 1.5", &window("1.5", either, "write 60s or 100")),
        ("window: 030", &window("030", either, "write 30")),
        ("window: \"100\"", &window("\"100\"", "needs a unit, or no quotes", "write 100 for calls, 100s for time")),
        ("window: 0", &window("0", "must be at least 1 call", "write 60s or 100")),
        ("window: -1", &window("-1", "must be at least 1 call", "write 60s or 100")),
        ("window: 100 calls", &window("100 calls", "takes a number of calls without a unit", "write 100 for calls")),
        ("window: \"1call\"", &window("\"1call\"", "takes a number of calls without a unit", "write 1 for calls")),
        ("window: 0 calls", &window("0 calls", "`calls` is not a unit", "use ns, us, ms, s, m, h, d")),
        ("window: many calls", &window("many calls", either, "write 60s or 100")),
        ("window: 20000", &window("20000", "must be at most 16384 calls", "write 60s or 100")),
    ]);
}

#[test]
fn keys_and_conflicts() {
    check_keys(&[
        ("failure_treshold: 5", "b.yaml:3:5: `s3`: unknown key `failure_treshold`; did you mean `failure_threshold`?"),
        (
            "FAILURE_THRESHOLD: 5",
            "b.yaml:3:5: `s3`: unknown key `FAILURE_THRESHOLD`; did you mean `failure_threshold`?",
        ),
        ("half-open-max-calls: 5", "b.yaml:3:5: `s3`: unknown key `half-open-max-calls`; write `half_open_max_calls`"),
        ("succ: 5", "b.yaml:3:5: `s3`: unknown key `succ`; did you mean `success_threshold`?"),
        ("timeout: 5s", "b.yaml:3:5: `s3`: unknown key `timeout`; did you mean `request_timeout`?"),
        ("fallback: cached", "b.yaml:3:5: `s3`: `fallback` can only be set in code; leave it out"),
        (
            "colour: red",
            "b.yaml:3:5: `s3`: unknown key `colour`; the documentation of breaker-core lists all keys, in the section \"The keys\"",
        ),
        (
            "<<: {window: 5}",
            "b.yaml:3:5: `s3`: unknown key `<<`; YAML 1.2 has no merge keys: write common keys into `defaults:`",
        ),
        (
            "window: 5\n    window: 6",
            "b.yaml:4:5: `s3`: window: duplicate key, first set on line 3; remove one of them",
        ),
        ("? [a]\n    : 1", "b.yaml:3:7: `s3`: a key must be text, not a list; write a name"),
        (
            "window: 3\n    failure_threshold: 4",
            "b.yaml:4:24: `s3`: failure_threshold = 4: must be at most `window`, which is 3 calls; write at most 3, or a longer `window`",
        ),
        (
            "slow_call_rate: 0.5\n    response_times: false",
            "b.yaml:3:21: `s3`: slow_call_rate = 0.5: can't be combined with `response_times = false`; remove one of them",
        ),
    ]);
    // One mistake, one fault.
    check_keys(&[(
        "slow_call_rate: 0.5\n    slow_call_duration: 2s\n    response_times: false",
        "b.yaml:3:21: `s3`: slow_call_rate = 0.5: can't be combined with `response_times = false`; remove one of them",
    )]);
    // Code may set the `slow_call_duration`.
    assert_eq!(faults("circuit_breaker:\n  s3:\n    slow_call_rate: 0.5\n"), [""; 0]);
}

/// Each file must be valid by itself, even if a later one overrides its values.
#[test]
fn a_value_that_is_overridden_is_in_range_too() {
    let text = |calls| format!("circuit_breaker:\n  s3:\n    window: {calls}\n");
    let error = Loader::new().text("a.yaml", text(0)).text("b.yaml", text(9)).load().expect_err("out of range");
    let lines: Vec<_> = error.faults().iter().map(ToString::to_string).collect();
    assert_eq!(lines, ["a.yaml:3:13: `s3`: window = 0: must be at least 1 call; write 60s or 100"]);
}
