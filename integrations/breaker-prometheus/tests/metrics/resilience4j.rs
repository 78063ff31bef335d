//! The names of resilience4j.

use std::time::Duration;

use breaker_core::{Config, Mode, Outcome};
use breaker_prometheus::{BreakerCollector, Format, Resilience4jCollector};

use crate::rig::{Metrics, eventful, manual, samples};

#[test]
fn each_metric_has_its_name_and_value() {
    let (breakers, clock) = manual();
    eventful(&breakers, &clock);
    breakers.get_or_create("mail", Config::default());
    let mut metrics = Metrics::default();
    Resilience4jCollector::new(&breakers).register(&mut metrics).expect("it is the first collector");
    let text = Format::Text.encode(&metrics).expect("all metrics can be encoded");
    let expected = [
        ("state{name=\"search\",state=\"closed\"}", "1"),
        ("state{name=\"search\",state=\"open\"}", "0"),
        ("state{name=\"search\",state=\"half_open\"}", "0"),
        ("state{name=\"search\",state=\"forced_open\"}", "0"),
        ("state{name=\"search\",state=\"disabled\"}", "0"),
        ("state{name=\"search\",state=\"metrics_only\"}", "0"),
        ("calls_seconds_count{name=\"search\",kind=\"successful\"}", "12"),
        ("calls_seconds_count{name=\"search\",kind=\"failed\"}", "4"),
        ("calls_seconds_count{name=\"search\",kind=\"ignored\"}", "1"),
        ("calls_seconds_sum{name=\"search\"}", "43.25"),
        ("calls_seconds_max{name=\"search\"}", "40.0"),
        ("not_permitted_calls_total{name=\"search\",kind=\"not_permitted\"}", "6"),
        ("buffered_calls{name=\"search\",kind=\"failed\"}", "0"),
        ("buffered_calls{name=\"search\",kind=\"successful\"}", "4"),
        ("slow_calls{name=\"search\"}", "0"),
        ("failure_rate{name=\"search\"}", "0.0"),
        ("slow_call_rate{name=\"search\"}", "0.0"),
    ];
    let found = samples(&text);
    for (series, value) in expected {
        let series = format!("resilience4j_circuitbreaker_{series}");
        assert_eq!(found.get(&series).map(String::as_str), Some(value), "{series}: {text}");
    }
    // A service without calls has no longest response time.
    assert_eq!(found.len(), 2 * expected.len() - 1, "{text}");
    for rate in ["failure_rate", "slow_call_rate"] {
        assert_eq!(found[&format!("resilience4j_circuitbreaker_{rate}{{name=\"mail\"}}")], "-1.0");
    }
    assert!(text.contains("# TYPE resilience4j_circuitbreaker_not_permitted_calls_total counter\n"));
}

#[test]
fn a_mode_is_a_state() {
    let (breakers, _) = manual();
    let mail = breakers.get_or_create("mail", Config::default());
    let mut metrics = Metrics::default();
    Resilience4jCollector::new(&breakers).register(&mut metrics).expect("it is the first collector");
    let states = [
        (Mode::ForcedOpen, "forced_open"),
        (Mode::ForcedClosed, "disabled"),
        (Mode::Shadow, "metrics_only"),
        (Mode::Automatic, "closed"),
    ];
    for (mode, state) in states {
        mail.set_mode(mode);
        let text = Format::Text.encode(&metrics).expect("all metrics can be encoded");
        let current = samples(&text).into_iter().filter(|(series, value)| series.contains("_state{") && value == "1");
        let expected = format!("resilience4j_circuitbreaker_state{{name=\"mail\",state=\"{state}\"}}");
        assert_eq!(current.map(|(series, _)| series).collect::<Vec<_>>(), [expected]);
    }
}

#[test]
fn rates_are_percentages() {
    let (breakers, _) = manual();
    let config = Config::builder().failure_rate(0.9).minimum_requests(4).build().expect("the configuration is valid");
    let mail = breakers.get_or_create("mail", config);
    for outcome in [Outcome::Success, Outcome::Success, Outcome::Success, Outcome::Failure] {
        mail.record(outcome, Duration::from_millis(1));
    }
    let mut metrics = Metrics::default();
    Resilience4jCollector::new(&breakers).register(&mut metrics).expect("it is the first collector");
    let text = Format::OpenMetrics.encode(&metrics).expect("all metrics can be encoded");
    assert!(text.contains("resilience4j_circuitbreaker_failure_rate{name=\"mail\"} 25.0\n"), "{text}");
    assert!(text.contains("resilience4j_circuitbreaker_slow_call_rate{name=\"mail\"} -1.0\n"), "{text}");
}

#[test]
fn both_collectors_fit_into_one_registry_but_none_twice() {
    let (breakers, _) = manual();
    let mut metrics = Metrics::default();
    BreakerCollector::new(&breakers).register(&mut metrics).expect("it is the first collector");
    Resilience4jCollector::new(&breakers).register(&mut metrics).expect("its names are different");
    let error = Resilience4jCollector::new(&breakers).register(&mut metrics).expect_err("there is one");
    assert!(error.to_string().contains("`resilience4j_circuitbreaker_state`"), "{error}");
}
