//! The format that an `Accept` header chooses.

use breaker_prometheus::Format::{self, OpenMetrics, Text};
use breaker_prometheus::negotiate;

fn assert_chosen(expected: Option<Format>, headers: &[&str]) {
    for accept in headers {
        assert_eq!(Format::of_accept(accept), expected, "{accept}");
    }
}

#[test]
fn open_metrics_is_chosen_if_it_is_preferred_or_named() {
    assert_chosen(
        Some(OpenMetrics),
        &[
            // Prometheus 2.42, then 3.
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
             text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;\
             version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,\
             */*;q=0.1",
            "application/openmetrics-text",
            "application/openmetrics-text, text/plain",
            "application/openmetrics-text, */*",
            "Application/OpenMetrics-Text; Charset=utf-8",
            "application/*, text/plain;q=0.9",
            "application/*",
            "*/*, text/plain;q=0",
        ],
    );
}

#[test]
fn the_text_format_is_chosen_if_it_is_preferred_or_nothing_is() {
    assert_chosen(
        Some(Text),
        &[
            "",
            " ",
            "*/*",
            "text/*",
            "text/plain",
            "text/plain;version=0.0.4",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "application/openmetrics-text;q=0.4, text/plain;q=0.5",
            "application/openmetrics-text;q=0, */*",
            "application/*, text/*",
            "application/openmetrics-text;version=0.0.1, text/plain;q=0.1",
            "application/openmetrics-text;q=9, text/plain;q=0.001",
        ],
    );
}

#[test]
fn a_header_that_accepts_neither_is_refused() {
    assert_chosen(
        None,
        &[
            "application/json",
            "text/html, image/*",
            "text/plain;q=0",
            "*/*;q=0",
            "application/openmetrics-text;version=2.0.0",
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
            "text",
            ",;=",
            "text/plain;q=",
        ],
    );
}

#[test]
fn a_hostile_header_is_only_text() {
    let long = format!("{}text/plain", "a/b;q=\"\\\",".repeat(200_000));
    let many = format!("{}text/plain", "text/html;q=0.1, ".repeat(100_000));
    let unicode = "ｔｅｘｔ/plain;q=１, 🔎/*;q=0.5\u{0}\r\nX: y";
    let digits = format!("text/plain;q=0.{}", "1".repeat(1_000_000));
    assert_chosen(Some(Text), &[&many]);
    assert_chosen(None, &[&long, unicode, &digits]);
}

#[test]
fn content_types_are_those_of_the_formats() {
    assert_eq!(Text.content_type(), "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(OpenMetrics.content_type(), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    for format in [Text, OpenMetrics] {
        assert_eq!(Format::of_accept(format.content_type()), Some(format));
    }
}

#[test]
fn other_formats_are_chosen_only_if_they_are_named_or_better() {
    let offers =
        [(Text.content_type(), "text"), (OpenMetrics.content_type(), "openmetrics"), ("application/json", "json")];
    for (accept, chosen) in [
        ("", Some("text")),
        ("*/*", Some("text")),
        ("text/*, application/*", Some("text")),
        ("application/*", Some("openmetrics")),
        ("application/json", Some("json")),
        ("application/json; charset=utf-8", Some("json")),
        ("application/json;version=1", None),
        ("application/json, */*", Some("json")),
        ("application/json;q=0.5, */*;q=0.4", Some("json")),
        ("application/json;q=0.5, */*", Some("text")),
        ("application/json, application/openmetrics-text", Some("json")),
        ("application/json;q=0.9, application/openmetrics-text", Some("openmetrics")),
        ("application/json;q=0, application/*", Some("openmetrics")),
        ("application/json;q=0, application/openmetrics-text;q=0, application/*", None),
        ("text/html", None),
    ] {
        assert_eq!(negotiate(accept, &offers), chosen, "{accept}");
    }
    assert_eq!(negotiate::<()>("*/*", &[]), None);
    assert_eq!(negotiate::<()>("", &[]), None);
}
