//! The names of resilience4j.

use breaker_core::{Config, Mode};
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
        ("calls_seconds_count{name=\"search\",kind=\"successful\"}", "11"),
        ("calls_seconds_count{name=\"search\",kind=\"failed\"}", "22"),
        ("calls_seconds_count{name=\"search\",kind=\"ignored\"}", "1"),
        ("calls_seconds_sum{name=\"search\"}", "48.399"),
        ("calls_seconds_max{name=\"search\"}", "40.0"),
        ("not_permitted_calls_total{name=\"search\",kind=\"not_permitted\"}", "6"),
        ("buffered_calls{name=\"search\",kind=\"failed\"}", "1"),
        ("buffered_calls{name=\"search\",kind=\"successful\"}", "3"),
        ("slow_calls{name=\"search\"}", "2"),
        ("failure_rate{name=\"search\"}", "25.0"),
        ("slow_call_rate{name=\"search\"}", "50.0"),
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
fn both_collectors_fit_into_one_registry_but_none_twice() {
    let (breakers, _) = manual();
    let mut metrics = Metrics::default();
    BreakerCollector::new(&breakers).register(&mut metrics).expect("it is the first collector");
    Resilience4jCollector::new(&breakers).register(&mut metrics).expect("its names are different");
    let error = Resilience4jCollector::new(&breakers).register(&mut metrics).expect_err("there is one");
    assert!(error.to_string().contains("`resilience4j_circuitbreaker_state`"), "{error}");
}
