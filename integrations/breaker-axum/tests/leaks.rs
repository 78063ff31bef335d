//! Nothing leaks: after thousands of requests of all kinds, the thread that served them holds exactly as many bytes as
//! before. In a binary of its own, because of its allocator.

use axum::Router;
use axum::body::Body;
use breaker_axum::Endpoints;
use breaker_core::{Clock, Config, Registry};
use http::Request;
use http_body_util::BodyExt as _;
use tokio::runtime::Builder;
use tower::ServiceExt as _;

#[path = "../../../tests/tests/counting.rs"]
#[expect(dead_code, reason = "shared with tests that also count allocations")]
mod counting;

/// Method, path, a header, and the status of the answer.
type Asked = (&'static str, &'static str, (&'static str, &'static str), u16);

const ASKED: [Asked; 15] = [
    ("GET", "/health", ("accept", "*/*"), 200),
    ("GET", "/health/live", ("accept", "*/*"), 200),
    ("GET", "/health/ready", ("accept", "*/*"), 200),
    ("GET", "/metrics", ("accept", "text/plain"), 200),
    ("GET", "/metrics", ("accept", "application/openmetrics-text"), 200),
    ("GET", "/metrics", ("accept", "application/json"), 200),
    ("GET", "/metrics", ("accept", "image/png"), 406),
    ("GET", "/breakers", ("accept", "*/*"), 200),
    ("GET", "/breakers", ("if-none-match", "*"), 304),
    ("GET", "/breakers/db", ("accept", "*/*"), 200),
    ("HEAD", "/breakers/db", ("if-none-match", "\"a\", W/\"b\""), 200),
    ("GET", "/breakers/bd", ("accept", "*/*"), 404),
    ("GET", "/breakers/%FF", ("accept", "*/*"), 400),
    ("POST", "/breakers", ("content-length", "5"), 405),
    ("GET", "/nowhere", ("accept", "*/*"), 404),
];

async fn round(app: &Router) {
    for (method, path, (name, value), expected) in ASKED {
        let request = Request::builder().method(method).uri(path).header(name, value);
        let request = request.body(Body::empty()).expect("the request is valid");
        let response = app.clone().oneshot(request).await.unwrap_or_else(|error| match error {});
        assert_eq!(response.status(), expected, "{method} {path}");
        let body = response.into_body().collect().await.expect("the body is complete");
        drop(body);
    }
}

#[test]
fn requests_leave_no_byte_behind() {
    let runtime = Builder::new_current_thread().build().expect("a runtime can be started");
    let (clock, _time) = Clock::manual();
    let registry = Registry::with_clock(clock);
    for service in ["db", "mail"] {
        registry.get_or_create(service, Config::default());
    }
    let app: Router = Endpoints::new(&registry).into_router();
    runtime.block_on(async {
        for _ in 0..100 {
            round(&app).await;
        }
        let before = counting::live();
        for _ in 0..1_000 {
            round(&app).await;
        }
        assert_eq!(counting::live() - before, 0, "bytes after {} requests", 1_000 * ASKED.len());
    });
    assert_eq!(registry.breakers().len(), 2, "asking creates no service");
}

#[test]
fn a_router_that_is_dropped_leaves_no_byte_behind() {
    let registry = Registry::new();
    registry.get_or_create("db", Config::default());
    let make = || drop(Endpoints::new(&registry).into_router::<()>());
    (0..10).for_each(|_| make());
    let before = counting::live();
    (0..100).for_each(|_| make());
    assert_eq!(counting::live() - before, 0);
}
