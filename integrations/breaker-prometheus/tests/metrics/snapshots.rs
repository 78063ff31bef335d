//! Each metric has the value of the snapshot.

use std::collections::BTreeMap;
use std::time::Duration;

use breaker_core::{Config, Mode, Registry, State};

use crate::rig::{FORMATS, collected, eventful, manual, samples};

type Expected = BTreeMap<String, String>;

/// Returns the samples of the text format for all services, from their snapshots.
fn expected(breakers: &Registry) -> Expected {
    let mut all = Expected::new();
    for m in breakers.metrics().services {
        let service = format!("service=\"{}\"", m.service);
        let mut add = |name: &str, labels: &str, value: &dyn ToString| {
            all.insert(format!("circuit_breaker_{name}{{{service}{labels}}}"), value.to_string());
        };
        add("requests_total", ",outcome=\"success\"", &m.successes);
        add("requests_total", ",outcome=\"failure\"", &m.failures);
        add("requests_total", ",outcome=\"ignored\"", &m.ignored);
        add("requests_total", ",outcome=\"abandoned\"", &m.abandoned);
        add("requests_total", ",outcome=\"rejected\"", &m.rejections);
        add("rejections_total", ",reason=\"open\"", &m.rejections_by_reason.open);
        add("rejections_total", ",reason=\"half_open\"", &m.rejections_by_reason.half_open);
        add("rejections_total", ",reason=\"forced_open\"", &m.rejections_by_reason.forced_open);
        add("timeouts_total", "", &m.timeouts);
        add("fallbacks_total", ",outcome=\"success\"", &m.fallback_successes);
        add("fallbacks_total", ",outcome=\"failure\"", &m.fallback_failures);
        add("in_flight", "", &m.in_flight);
        for (from, to, times) in [
            ("closed", "open", m.transitions.closed_to_open),
            ("open", "half_open", m.transitions.open_to_half_open),
            ("half_open", "closed", m.transitions.half_open_to_closed),
            ("half_open", "open", m.transitions.half_open_to_open),
            ("open", "closed", m.transitions.open_to_closed),
        ] {
            add("transitions_total", &format!(",from=\"{from}\",to=\"{to}\""), &times);
        }
        for (state, name, time) in [
            (State::Closed, "closed", m.time_per_state.closed),
            (State::Open, "open", m.time_per_state.open),
            (State::HalfOpen, "half_open", m.time_per_state.half_open),
        ] {
            add("state", &format!(",state=\"{name}\""), &u8::from(m.state == state));
            add("state_seconds_total", &format!(",state=\"{name}\""), &time.as_secs_f64());
        }
        let rates = [("failure_rate", m.window.failure_rate), ("slow_call_rate", m.window.slow_rate)];
        for (name, rate) in rates {
            if let Some(rate) = rate {
                add(name, "", &rate);
            }
        }
        for (bound, at_most) in m.response_time.buckets.iter() {
            let exponent = bound.as_nanos().ilog2();
            if [17, 32, 35].contains(&exponent) || (20..=30).contains(&exponent) {
                add("call_duration_seconds_bucket", &format!(",le=\"{}\"", bound.as_secs_f64()), &at_most);
            }
        }
        add("call_duration_seconds_bucket", ",le=\"+Inf\"", &m.response_time.count);
        add("call_duration_seconds_count", "", &m.response_time.count);
        add("call_duration_seconds_sum", "", &m.response_time.sum.as_secs_f64());
    }
    all
}

/// Numbers without a fraction are written in two ways: `1` and `1.0`.
fn same_numbers(text: &str) -> BTreeMap<String, f64> {
    numbers(samples(text))
}

fn numbers(samples: Expected) -> BTreeMap<String, f64> {
    let number = |value: String| value.parse::<f64>().expect("a value is a number");
    samples.into_iter().map(|(series, value)| (series, number(value))).collect()
}

#[test]
fn each_metric_equals_the_snapshot() {
    let (breakers, clock) = manual();
    let metrics = collected(&breakers);
    let search = eventful(&breakers, &clock);
    breakers.get_or_create("mail", Config::default()).set_mode(Mode::ForcedOpen);
    let held = search.try_acquire().expect("the circuit is closed");
    assert!(breakers.get("mail").expect("it was created").try_acquire().is_err());
    let [text, open_metrics] = FORMATS.map(|format| format.encode(&metrics).expect("all metrics can be encoded"));
    assert_eq!(same_numbers(&text), numbers(expected(&breakers)));
    // OpenMetrics' encoder writes `le` before `service`.
    let reordered = open_metrics.lines().map(|line| match line.split_once("{le=\"") {
        Some((name, rest)) => {
            let (bound, service) = rest.split_once("\",").expect("service is the last label");
            let (service, value) = service.split_once('}').expect("the labels end");
            format!("{name}{{{service},le=\"{bound}\"}}{value}\n")
        }
        None => format!("{line}\n"),
    });
    assert_eq!(same_numbers(&reordered.collect::<String>()), same_numbers(&text));
    held.success();
}

#[test]
fn a_rate_without_enough_calls_is_absent_and_never_nan() {
    let (breakers, _) = manual();
    let metrics = collected(&breakers);
    breakers.get_or_create("mail", Config::default());
    for format in FORMATS {
        let text = format.encode(&metrics).expect("all metrics can be encoded");
        assert!(!text.contains("NaN"), "{text}");
        assert!(samples(&text).keys().all(|series| !series.contains("_rate{")), "{text}");
    }
}

#[test]
fn breakers_that_are_created_later_appear() {
    let (breakers, _) = manual();
    let metrics = collected(&breakers);
    let count = || {
        let text = FORMATS[0].encode(&metrics).expect("all metrics can be encoded");
        samples(&text).keys().filter(|series| series.starts_with("circuit_breaker_in_flight{")).count()
    };
    assert_eq!(count(), 0);
    breakers.get_or_create("mail", Config::default());
    assert_eq!(count(), 1);
    breakers.get_or_create("search", Config::default());
    assert_eq!(count(), 2);
}

#[test]
fn timeouts_are_counted() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let breakers = Registry::new();
    let metrics = collected(&breakers);
    let config = Config::builder().request_timeout(Duration::from_secs(1)).build().expect("the configuration is valid");
    let mail = breakers.get_or_create("mail", config);
    let timed_out = mail.call_async(std::future::pending::<Result<(), String>>());
    runtime.expect("the runtime starts").block_on(timed_out).expect_err("it never ends by itself");
    let text = FORMATS[0].encode(&metrics).expect("all metrics can be encoded");
    let samples = samples(&text);
    assert_eq!(samples["circuit_breaker_timeouts_total{service=\"mail\"}"], "1");
    assert_eq!(samples["circuit_breaker_requests_total{service=\"mail\",outcome=\"failure\"}"], "1");
}
