//! A real Prometheus scrapes both formats and answers queries about them.

use std::collections::BTreeMap;

use breaker_prometheus::Format;
use serde_json::Value;

use crate::server::Server;
use crate::tools::Prometheus;
use crate::{SERVICES, breakers, collected};

/// The job `open_metrics` negotiates the format, and the job `text` gets the text format.
fn start(server: &Server) -> Prometheus {
    let address = server.address;
    let mut prometheus = Prometheus::start(&format!(
        "global: {{scrape_interval: 500ms, scrape_timeout: 500ms}}
scrape_configs:
- {{job_name: open_metrics, metrics_path: /metrics, static_configs: [{{targets: ['{address}']}}]}}
- {{job_name: text, metrics_path: /text, static_configs: [{{targets: ['{address}']}}]}}
"
    ));
    prometheus.wait_for("both jobs are scraped", |prometheus| {
        let up = prometheus.query("up == 1").unwrap_or_default();
        (up.len() == 2).then_some(())
    });
    prometheus
}

type Series = BTreeMap<BTreeMap<String, String>, String>;

/// Returns the labels of each series of a job, without those of the job, with the value.
fn series(prometheus: &Prometheus, job: &str) -> Series {
    let found = prometheus.query(&format!("{{__name__=~\"(circuit_breaker|resilience4j)_.*\",job=\"{job}\"}}"));
    let entry = |sample: Value| {
        let labels = sample["metric"].as_object().expect("labels").iter().filter(|(name, _)| *name != "job");
        let labels = labels.filter(|(name, _)| *name != "instance");
        let labels = labels.map(|(name, value)| (name.clone(), value.as_str().expect("a text").to_owned()));
        (labels.collect(), sample["value"][1].as_str().expect("a value").to_owned())
    };
    found.expect("the query is valid").into_iter().map(entry).collect()
}

fn value(series: &Series, labels: &[(&str, &str)]) -> Option<f64> {
    let labels = labels.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    series.get(&labels)?.parse().ok()
}

#[test]
fn a_real_prometheus_reads_the_same_from_both_formats() {
    let (breakers, _clock) = breakers();
    let server = Server::start(collected(&breakers));
    let text = Format::Text.encode(&collected(&breakers)).expect("all metrics can be encoded");
    let samples = text.lines().filter(|line| !line.starts_with('#')).count();
    let prometheus = start(&server);

    let negotiated = server.negotiated();
    assert!(!negotiated.is_empty() && negotiated.iter().all(|format| *format == Format::OpenMetrics));
    let [from_text, from_open_metrics] = ["text", "open_metrics"].map(|job| series(&prometheus, job));
    assert_eq!(from_text, from_open_metrics);
    assert_eq!(from_text.len(), samples);

    for (i, m) in breakers.metrics().services.iter().enumerate() {
        let outcomes = [("success", m.successes), ("failure", m.failures), ("rejected", m.rejections)];
        for (outcome, expected) in outcomes {
            let name = ("__name__", "circuit_breaker_requests_total");
            let found = value(&from_text, &[name, ("service", m.service), ("outcome", outcome)]);
            assert_eq!(found.map(|value| value.to_string()), Some(expected.to_string()), "{i} {outcome}");
        }
        let name = ("__name__", "circuit_breaker_call_duration_seconds_sum");
        assert_eq!(value(&from_text, &[name, ("service", m.service)]), Some(m.response_time.sum.as_secs_f64()));
    }
    metadata(&prometheus);
    quantile(&prometheus);
    alerts(&prometheus);
}

/// Type, help and unit arrive.
fn metadata(prometheus: &Prometheus) {
    let of = |job: &str, metric: &str| {
        let path = format!("/api/v1/targets/metadata?match_target=%7Bjob%3D%22{job}%22%7D&metric={metric}");
        prometheus.json(&path).expect("the metric is known")["data"][0].clone()
    };
    let duration = of("open_metrics", "circuit_breaker_call_duration_seconds");
    assert_eq!((&duration["type"], &duration["unit"]), (&"histogram".into(), &"seconds".into()));
    assert_eq!(duration["help"], "Response times of calls that ended in a success or a failure.");
    assert_eq!(of("open_metrics", "circuit_breaker_state_seconds")["unit"], "seconds");
    assert_eq!(of("text", "circuit_breaker_requests_total")["type"], "counter");
    assert_eq!(of("text", "circuit_breaker_state")["type"], "gauge");
}

fn quantile(prometheus: &Prometheus) {
    let query = "histogram_quantile(0.9, sum by (le) (circuit_breaker_call_duration_seconds_bucket{service='search'}))";
    let found = prometheus.query(query).expect("the query is valid");
    let quantile: f64 = found[0]["value"][1].as_str().and_then(|value| value.parse().ok()).expect("a value");
    // 30 calls from 0 to 2.9 s in steps of 100 ms.
    assert!((2.147..4.3).contains(&quantile), "{quantile}");
}

/// The queries of the README are valid, and the one for open circuits finds those.
fn alerts(prometheus: &Prometheus) {
    let readme = include_str!("../../README.md");
    let block = readme.split("```promql\n").nth(1).and_then(|rest| rest.split("```").next());
    let queries: Vec<_> = block.expect("the README has queries").trim().split("\n\n").collect();
    assert_eq!(queries.len(), 7);
    for query in &queries {
        prometheus.query(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    }
    let open = prometheus.query(queries[1]).expect("the query is valid");
    // Three and more failures in a row opened half of the services, and each is scraped twice.
    assert_eq!(open.len(), 2 * SERVICES.len() / 2, "{open:?}");
}

#[test]
#[should_panic(expected = "before it is ready:\n")]
fn a_prometheus_that_does_not_start_is_a_failure() {
    Prometheus::start("scrape_configs: [");
}
