//! `/metrics` in its three formats.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use axum::Router;
use breaker_axum::{Endpoints, RegisterError};
use breaker_core::{Config, Registry};
use breaker_prometheus::{BreakerCollector, Format};
use http::HeaderValue;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry as Metrics;

use crate::rig::{app, get, get_with, open, request, send, two};

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const JSON: &str = "application/json";

#[tokio::test]
async fn accept_chooses_the_format() {
    let (registry, _time) = two();
    let app = app(&registry);
    for (accept, content_type) in [
        ("", TEXT),
        ("*/*", TEXT),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", TEXT),
        ("text/plain;q=0.5, application/json;q=0.4", TEXT),
        ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", OPEN_METRICS),
        ("application/*", OPEN_METRICS),
        ("application/json", JSON),
        ("application/json, */*;q=0.1", JSON),
        ("application/json;q=0.2, text/plain;q=0.1", JSON),
    ] {
        let answer = get_with(&app, "/metrics", &[("accept", accept)]).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, content_type), "{accept}");
        assert_eq!((answer.header("vary"), answer.header("cache-control")), ("accept", "no-store"), "{accept}");
    }
    assert_eq!(get(&app, "/metrics").await.header("content-type"), TEXT);
}

#[tokio::test]
async fn several_accept_headers_are_one_list() {
    let (registry, _time) = two();
    let app = app(&registry);
    let both = [("accept", "text/plain;q=0.1"), ("accept", "application/json")];
    assert_eq!(get_with(&app, "/metrics", &both).await.header("content-type"), JSON);
    let both = [("accept", "image/png"), ("accept", "text/plain;q=0.1")];
    assert_eq!(get_with(&app, "/metrics", &both).await.header("content-type"), TEXT);
}

#[tokio::test]
async fn an_accept_header_that_is_not_text_matches_what_is_text_in_it() {
    let (registry, _time) = two();
    let mut asked = request("GET", "/metrics", &[]);
    let value = HeaderValue::from_bytes(b"\xff\xfe/x, application/json;q=0.5").expect("opaque bytes are allowed");
    asked.headers_mut().insert("accept", value);
    assert_eq!(send(&app(&registry), asked).await.header("content-type"), JSON);
}

#[tokio::test]
async fn each_format_has_the_metrics_of_the_registry() {
    let (registry, _time) = two();
    let app = app(&registry);
    open(&registry.get("db").expect("made"));
    let mut metrics = Metrics::default();
    BreakerCollector::new(&registry).register(&mut metrics).expect("it is empty");
    for format in [Format::Text, Format::OpenMetrics] {
        let answer = get_with(&app, "/metrics", &[("accept", format.content_type())]).await;
        assert_eq!(answer.body, format.encode(&metrics).expect("they can be encoded"));
        assert!(answer.body.contains("circuit_breaker_state{service=\"db\",state=\"open\"} 1\n"));
    }
    let json = get_with(&app, "/metrics", &[("accept", JSON)]).await.json();
    assert_eq!(json, serde_json::to_value(registry.metrics()).expect("it is JSON"));
    assert_eq!((&json["total"]["failures"], &json["services"][0]["state"]), (&1.into(), &"open".into()));
}

#[tokio::test]
async fn the_metrics_of_the_user_are_served_beside_them() {
    let (registry, _time) = two();
    let orders: Counter = Counter::default();
    let mut metrics = Metrics::with_prefix("shop");
    metrics.register("orders", "Orders received", orders.clone());
    let app: Router = Endpoints::new(&registry).metrics(metrics).expect("it has no collector").into_router();
    orders.inc_by(7);
    let body = get(&app, "/metrics").await.body;
    assert!(body.contains("shop_orders_total 7\n"), "{body}");
    assert!(body.contains("shop_circuit_breaker_in_flight{service=\"db\"} 0\n"), "{body}");
}

#[test]
fn a_registry_that_has_a_collector_is_refused() {
    let registry = Registry::new();
    let mut metrics = Metrics::default();
    BreakerCollector::new(&registry).register(&mut metrics).expect("it is empty");
    let error = Endpoints::new(&registry).metrics(metrics).expect_err("it has one");
    assert!(matches!(error, RegisterError::Duplicate { .. }), "{error}");
    assert!(error.to_string().contains("register the collector once"), "{error}");
}

/// A collector of the user that can't be encoded while the flag is set.
#[derive(Debug)]
struct Sometimes(Arc<AtomicBool>);

impl Collector for Sometimes {
    fn encode(&self, _: DescriptorEncoder<'_>) -> std::fmt::Result {
        if self.0.load(Relaxed) { Err(std::fmt::Error) } else { Ok(()) }
    }
}

#[tokio::test]
async fn a_metric_that_cannot_be_encoded_is_a_problem_of_the_text_formats_alone() {
    let (registry, _time) = two();
    let is_broken = Arc::new(AtomicBool::new(false));
    let mut metrics = Metrics::default();
    metrics.register_collector(Box::new(Sometimes(Arc::clone(&is_broken))));
    let app: Router = Endpoints::new(&registry).metrics(metrics).expect("it has no collector").into_router();
    assert_eq!(get(&app, "/metrics").await.status, 200);
    is_broken.store(true, Relaxed);
    let answer = get(&app, "/metrics").await;
    let detail = answer.problem(500, "metrics-not-encodable", "/metrics");
    assert!(detail.contains("available as application/json"), "{detail}");
    assert_eq!(answer.header("vary"), "accept");
    assert_eq!(get_with(&app, "/metrics", &[("accept", JSON)]).await.status, 200);
    is_broken.store(false, Relaxed);
    assert_eq!(get(&app, "/metrics").await.status, 200);
}

#[tokio::test]
async fn a_thousand_services_are_encoded() {
    let registry = Registry::new();
    for service in 0..1_000 {
        registry.get_or_create(&format!("service-{service}"), Config::default());
    }
    let app = app(&registry);
    for accept in [TEXT, OPEN_METRICS, JSON] {
        let answer = get_with(&app, "/metrics", &[("accept", accept)]).await;
        assert_eq!(answer.status, 200);
        assert!(answer.body.contains("\"service-0\"") && answer.body.contains("\"service-999\""), "{accept}");
    }
}
