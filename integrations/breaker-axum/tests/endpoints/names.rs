//! Names of services that try to break out of JSON, of labels, of headers and of paths.

use breaker_core::{Criticality, Registry};
use serde_json::Value;

use crate::rig::{Answer, app, encoded, get, get_with, request, send, service};

/// Each name with its form in a label of Prometheus.
const NAMES: [(&str, &str); 19] = [
    ("a\"b", r#"a\"b"#),
    (r"a\b", r"a\\b"),
    ("a\nb", r"a\nb"),
    ("a\r\nset-cookie: stolen=1\r\n\r\nHTTP/1.1 200 OK", "a\r\\nset-cookie: stolen=1\r\\n\r\\nHTTP/1.1 200 OK"),
    ("\0\u{1}\u{7f}\u{85}", "\0\u{1}\u{7f}\u{85}"),
    ("Prüfung-検索-🔎", "Prüfung-検索-🔎"),
    ("\u{202e}gnp.exe\u{200b}\u{2028}", "\u{202e}gnp.exe\u{200b}\u{2028}"),
    ("</script><script>alert(1)</script>", "</script><script>alert(1)</script>"),
    ("x\"} 1\nforged_total{service=\"y", "x\\\"} 1\\nforged_total{service=\\\"y"),
    ("# EOF\n", r"# EOF\n"),
    ("a/b", "a/b"),
    ("a%2Fb", "a%2Fb"),
    ("..", ".."),
    (".", "."),
    ("../../etc/passwd", "../../etc/passwd"),
    ("/", "/"),
    ("?x=1&y#z", "?x=1&y#z"),
    ("a b\tc", "a b\tc"),
    ("{service}", "{service}"),
];

/// No header has anything of a name, and none is new.
fn assert_headers(answer: &Answer) {
    const KNOWN: [&str; 6] =
        ["cache-control", "content-length", "content-type", "etag", "vary", "x-content-type-options"];
    for (header, value) in &answer.headers {
        assert!(KNOWN.contains(&header.as_str()), "{header}: {value:?}");
        assert!(value.to_str().is_ok_and(|value| value.len() < 80), "{header}: {value:?}");
    }
}

#[tokio::test]
async fn each_name_is_itself_in_every_format() {
    for (name, escaped) in NAMES {
        let registry = Registry::new();
        service(&registry, name, Criticality::Critical);
        let app = app(&registry);
        let one = get(&app, &format!("/breakers/{}", encoded(name))).await;
        assert_eq!((one.status, &one.json()["service"]), (200, &name.into()));
        let list = get(&app, "/breakers").await;
        assert_eq!(list.json()["breakers"][0]["service"], name);
        let health = get(&app, "/health").await;
        assert_eq!(health.json()["services"][0]["service"], name);
        let metrics = get_with(&app, "/metrics", &[("accept", "application/json")]).await;
        assert_eq!(metrics.json()["services"][0]["service"], name);
        for accept in ["text/plain", "application/openmetrics-text"] {
            let text = get_with(&app, "/metrics", &[("accept", accept)]).await;
            let sample = format!("circuit_breaker_in_flight{{service=\"{escaped}\"}} 0");
            assert_eq!(text.body.split('\n').filter(|line| *line == sample).count(), 1, "{}", text.body);
            let is_ours =
                |line: &&str| line.is_empty() || line.starts_with("circuit_breaker_") || line.starts_with("# ");
            assert_eq!(text.body.split('\n').find(|line| !is_ours(line)), None, "a line of its own");
            assert_headers(&text);
        }
        [one, list, health, metrics].iter().for_each(assert_headers);
    }
}

#[tokio::test]
async fn each_unknown_name_is_itself_in_the_problem() {
    let registry = Registry::new();
    let app = app(&registry);
    for (name, _) in NAMES {
        let path = format!("/breakers/{}", encoded(name));
        let answer = get(&app, &path).await;
        let detail = answer.problem(404, "unknown-service", &path);
        assert_eq!(detail, format!("no service is called `{name}`; GET /breakers lists all services"));
        assert_headers(&answer);
    }
}

#[tokio::test]
async fn a_name_that_was_meant_is_itself_in_the_problem() {
    let registry = Registry::new();
    service(&registry, "a\"\r\nb: c", Criticality::Critical);
    let path = format!("/breakers/{}", encoded("a\"\r\nb: d"));
    let answer = get(&app(&registry), &path).await;
    let detail = answer.problem(404, "unknown-service", &path);
    assert!(detail.contains("did you mean `a\"\r\nb: c`? "), "{detail}");
    assert_headers(&answer);
}

#[tokio::test]
async fn the_path_of_a_name_needs_only_what_uris_need() {
    let registry = Registry::new();
    for name in ["a/b", "..", ".", "ü", "a%2Fb", "%zz", "a+b", "a;b=c", "health", "a\"b{}"] {
        service(&registry, name, Criticality::Critical);
    }
    let app = app(&registry);
    for (path, name) in [
        ("a%2Fb", "a/b"),
        ("a%2fb", "a/b"),
        ("a%252Fb", "a%2Fb"),
        ("..", ".."),
        ("%2E%2e", ".."),
        (".", "."),
        ("ü", "ü"),
        ("%zz", "%zz"),
        ("a+b", "a+b"),
        ("a;b=c", "a;b=c"),
        ("a;b=c?d=e", "a;b=c"),
        ("health", "health"),
        ("a\"b{}", "a\"b{}"),
    ] {
        let answer = get(&app, &format!("/breakers/{path}")).await;
        assert_eq!((answer.status, &answer.json()["service"]), (200, &name.into()), "{path}");
    }
}

#[tokio::test]
async fn a_long_name_is_kept_whole() {
    let name = "n\"".repeat(10_000);
    let registry = Registry::new();
    service(&registry, &name, Criticality::Critical);
    let app = app(&registry);
    let one = get(&app, &format!("/breakers/{}", encoded(&name))).await;
    assert_eq!(one.json()["service"], name.as_str());
    assert_headers(&one);
    for path in ["/health", "/breakers"] {
        let answer = send(&app, request("GET", path, &[])).await;
        let json: Value = answer.json();
        let list = if path == "/health" { &json["services"] } else { &json["breakers"] };
        assert_eq!(list[0]["service"], name.as_str());
    }
}
