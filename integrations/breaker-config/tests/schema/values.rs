//! The keys of a service, kind by kind.

use breaker_core::Settings;

use crate::{SCHEMA, all, both, loads, validates};

/// Returns a file in which one service has this line.
fn service(line: &str) -> String {
    format!("circuit_breaker:\n  s3:\n    {line}\n")
}

/// Keys of each kind, values that they accept, and values that they reject.
const VALUES: &[(&[&str], &str, &str)] = &[
    (&["failure_threshold", "health_check_failures", "health_check_successes"], "1 5", "-1 2.5 \"5\" five true 30s"),
    (&["failure_rate", "slow_call_rate"], "1 0.5 .5 1. 5e-1 1E-9", "50% 0,5 half \"0.5\" true -.5 .nan 30s"),
    (&["open_timeout_jitter"], "0 -0 0.0 1", "-1 1.5 \"0\""),
    (&["open_timeout_multiplier"], "1 1.5 1e300", "0.99 two"),
    (&["fail_fast", "enable_health_check"], "true True TRUE false False FALSE", "yes on 1 0 \"true\" tRUE"),
    (&["preset"], "database cache s3 \"s3\" 's3'", "mysql S3 5 true"),
    (&["criticality"], "critical optional 'optional'", "cache Optional true 1"),
    (&["open_timeout", "half_open_timeout"], "7s", "30 -5 1.5 0 030 1_000 0x1F \"30\" 1e3 true soon"),
    (&["window"], "1 100 16384 7s '7s'", "0 16385 1.5 \"100\" -1 1_000 030s0 true"),
];

#[test]
fn values() {
    for (keys, good, bad) in VALUES {
        for key in *keys {
            all(good.split(' ').map(|value| service(&format!("{key}: {value}"))), true);
            all(bad.split(' ').map(|value| service(&format!("{key}: {value}"))), false);
        }
    }
    for key in Settings::KEYS {
        for value in ["", "~", "null", "Null", "[5]", "[]", "{a: 5}", "''", "\"null\""] {
            both(&service(&format!("{key}: {value}")), false);
        }
    }
}

#[test]
fn off() {
    for key in breaker_keys::settings() {
        both(&service(&format!("{}: off", key.name)), key.off);
        both(&service(&format!("{}: 'off'", key.name)), key.off);
        both(&service(&format!("{}: offline", key.name)), false);
    }
}

#[test]
fn durations() {
    let good = [
        "250ms",
        "1m 30s",
        "1m30s",
        "1.5h",
        "1.5 h",
        "1 . 5 h",
        "' 30 s '",
        "|\n      30s",
        "1 000 s",
        "3 µs",
        "2 weeks",
    ];
    all(good.map(|text| service(&format!("open_timeout: {text}"))), true);
    let bad = [
        "30 sek", "1m 30", ".5s", "1.s", "1.5.5s", "s", "m 5", "1,5s", "-30s", "1ms5", "1 m s", "\"\"", "1S", "1M",
        "1 year",
    ];
    all(bad.map(|text| service(&format!("open_timeout: {text}"))), false);
}

/// The schema and the loader accept the same units.
#[test]
fn units() {
    let letters = ('a'..='z').chain('A'..='Z').chain(['µ', 'μ']).map(String::from).collect::<Vec<_>>();
    let pairs = letters.iter().flat_map(|a| letters.iter().map(move |b| format!("{a}{b}")));
    let long =
        "nanos nsec usec micros millis msec seconds secs minutes mins hours hrs days weeks wks months mths years yrs";
    // Each unit as it is, without its last letter, and in the plural.
    let long =
        long.split(' ').flat_map(|unit| [unit.to_owned(), unit[..unit.len() - 1].to_owned(), format!("{unit}s")]);
    let mut good = 0;
    for unit in letters.iter().cloned().chain(pairs).chain(long) {
        let text = service(&format!("open_timeout: 5{unit}"));
        both(&text, loads(&text));
        good += u32::from(loads(&text));
    }
    assert!(good > 30, "{good} units");
}

/// The ends of each range, and the next value beyond.
#[test]
fn ranges() {
    let mut ends = 0;
    for key in Settings::KEYS {
        let known = &SCHEMA["definitions"]["keys"]["properties"][key];
        for (word, beyond, good) in [
            ("minimum", -1.0, true),
            ("maximum", 1.0, true),
            ("exclusiveMinimum", -1.0, false),
            ("exclusiveMaximum", 1.0, false),
        ] {
            let Some(end) = known[word].as_f64() else { continue };
            let step = if known["type"].to_string().contains("number") { 1e-9 } else { 1.0 };
            for (value, good) in [(end, good), (end + beyond * step, false), (end - beyond * step, true)] {
                both(&service(&format!("{key}: {value}")), good);
            }
            ends += 1;
        }
    }
    assert!(ends > 10, "{ends} ends");
}

/// Errors that the schema accepts and the loader reports.
#[test]
fn what_only_the_loader_sees() {
    for line in [
        "open_timeout: 0s",
        "open_timeout: 99999999999999999999s",
        "open_timeout: 0.5ns",
        "failure_threshold: 5.0",
        "failure_threshold: 1e3",
        "failure_threshold: 030",
        "open_timeout_multiplier: 01.5",
        "window: 3\n    failure_threshold: 4",
        "open_timeout: 5s\n    open_timeout_max: 3s",
        "slow_call_rate: 0.5\n    response_times: false",
    ] {
        let text = service(line);
        assert_eq!((loads(&text), validates(&text)), (false, true), "{text}");
    }
}
