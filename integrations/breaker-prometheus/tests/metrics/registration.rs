//! A collector that is registered twice, and what prometheus-client itself does then.

use breaker_core::{Config, Registry};
use breaker_prometheus::{BreakerCollector, Format, RegisterError};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

use crate::rig::{Metrics, collected};

fn breakers() -> Registry {
    let breakers = Registry::new();
    breakers.get_or_create("mail", Config::default());
    breakers
}

fn duplicate(error: RegisterError) -> String {
    match error {
        RegisterError::Duplicate { name, .. } => name,
        other => panic!("{other}"),
    }
}

#[test]
fn a_second_collector_is_refused_and_changes_nothing() {
    let breakers = breakers();
    let mut metrics = collected(&breakers);
    let before = Format::Text.encode(&metrics).expect("all metrics can be encoded").lines().count();
    // Another registry of breakers would have the same names, too.
    for breakers in [&breakers, &Registry::new()] {
        let error = BreakerCollector::new(breakers).register(&mut metrics).expect_err("there is one");
        assert_eq!(
            error.to_string(),
            "the registry already has a metric `circuit_breaker_requests_total`, so the collector was not added: every \
             scrape would have its metrics twice; register the collector once, or use another registry"
        );
    }
    assert_eq!(Format::Text.encode(&metrics).expect("all metrics can be encoded").lines().count(), before);
}

#[test]
fn a_second_collector_is_refused_behind_a_prefix() {
    let mut metrics = Metrics::with_prefix("shop");
    BreakerCollector::new(&breakers()).register(&mut metrics).expect("it is the first collector");
    let error = BreakerCollector::new(&breakers()).register(&mut metrics).expect_err("there is one");
    assert_eq!(duplicate(error), "shop_circuit_breaker_requests_total");
}

#[test]
fn a_metric_of_the_user_with_one_of_the_names_is_found() {
    let mut metrics = Metrics::default();
    metrics.register("circuit_breaker_in_flight", "Mine", Gauge::<i64>::default());
    let error = BreakerCollector::new(&breakers()).register(&mut metrics).expect_err("the name is used");
    assert_eq!(duplicate(error), "circuit_breaker_in_flight");
}

#[test]
fn other_metrics_with_similar_names_are_no_obstacle() {
    let mut metrics = Metrics::default();
    metrics.register("http_circuit_breaker_requests", "Mine", Counter::<u64>::default());
    metrics.register("circuit_breaker_requests_seen", "Mine", Counter::<u64>::default());
    BreakerCollector::new(&breakers()).register(&mut metrics).expect("no name is the same");
}

#[test]
fn prometheus_client_itself_accepts_a_second_collector() {
    let breakers = breakers();
    let mut metrics = collected(&breakers);
    metrics.register_collector(Box::new(BreakerCollector::new(&breakers)));
    let text = Format::Text.encode(&metrics).expect("all metrics can be encoded");
    assert_eq!(text.matches("# TYPE circuit_breaker_in_flight gauge\n").count(), 2);
    assert_eq!(text.matches("circuit_breaker_in_flight{service=\"mail\"} 0\n").count(), 2);
}

#[test]
fn constant_labels_and_prefixes_of_the_registry_are_applied() {
    let mut metrics = Metrics::with_prefix_and_labels("shop", [("zone".into(), "eu".into())].into_iter());
    BreakerCollector::new(&breakers()).register(&mut metrics).expect("it is the first collector");
    let text = Format::OpenMetrics.encode(&metrics).expect("all metrics can be encoded");
    assert!(text.contains("\nshop_circuit_breaker_in_flight{zone=\"eu\",service=\"mail\"} 0\n"), "{text}");
    assert!(text.contains("# UNIT shop_circuit_breaker_call_duration_seconds seconds\n"), "{text}");
}

/// A collector of the user that can't be encoded.
#[derive(Debug)]
struct Broken;

impl Collector for Broken {
    fn encode(&self, _: DescriptorEncoder<'_>) -> std::fmt::Result {
        Err(std::fmt::Error)
    }
}

#[test]
fn a_registry_that_cannot_be_encoded_is_an_error() {
    let mut metrics = Metrics::default();
    metrics.register_collector(Box::new(Broken));
    let error = BreakerCollector::new(&breakers()).register(&mut metrics).expect_err("the registry is broken");
    assert!(matches!(error, RegisterError::Encode(_)), "{error}");
    assert!(error.to_string().contains("a metric that it already has fails"), "{error}");
}
