//! Requests that are refused: unknown services, other methods, media types that are not available.

use breaker_core::Registry;

use crate::rig::{ROUTES, app, encoded, get, get_with, request, send, service, two};

#[tokio::test]
async fn an_unknown_service_is_404_with_the_nearest_name() {
    let (registry, _time) = two();
    service(&registry, "search", breaker_core::Criticality::Critical);
    let app = app(&registry);
    for (asked, detail) in [
        ("serach", "no service is called `serach`; did you mean `search`? GET /breakers lists all services"),
        ("DB", "no service is called `DB`; did you mean `db`? GET /breakers lists all services"),
        ("payment", "no service is called `payment`; GET /breakers lists all services"),
    ] {
        let path = format!("/breakers/{asked}");
        assert_eq!(get(&app, &path).await.problem(404, "unknown-service", &path), detail);
    }
    assert_eq!(registry.breakers().len(), 3, "asking creates no service");
}

#[tokio::test]
async fn without_services_no_name_is_near() {
    let detail = get(&app(&Registry::new()), "/breakers/db").await.problem(404, "unknown-service", "/breakers/db");
    assert_eq!(detail, "no service is called `db`; GET /breakers lists all services");
}

#[tokio::test]
async fn a_path_that_is_not_utf8_is_400() {
    let (registry, _time) = two();
    let app = app(&registry);
    for path in ["/breakers/%FF", "/breakers/a%FE", "/breakers/a%ffb%fe"] {
        let detail = get(&app, path).await.problem(400, "path-not-utf-8", path);
        let expected =
            format!("`{path}` is not UTF-8 when decoded; encode each byte of the service's UTF-8 name as %XX");
        assert_eq!(detail, expected);
    }
}

#[tokio::test]
async fn other_methods_are_405_with_the_allowed_ones() {
    let (registry, _time) = two();
    let app = app(&registry);
    for path in ROUTES {
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get"] {
            let answer = send(&app, request(method, path, &[("content-length", "5")])).await;
            let detail = answer.problem(405, "method-not-allowed", path);
            assert_eq!(answer.header("allow"), "GET,HEAD");
            let expected = format!("method `{method}` is not allowed: this endpoint only reads; use GET or HEAD");
            assert_eq!(detail, expected);
        }
    }
}

#[tokio::test]
async fn an_accept_that_excludes_everything_is_406_with_what_there_is() {
    let (registry, _time) = two();
    let app = app(&registry);
    let all = "text/plain; version=0.0.4; charset=utf-8`, `application/openmetrics-text; version=1.0.0; \
               charset=utf-8`, `application/json";
    for (path, available) in
        [("/metrics", all), ("/breakers", "application/json"), ("/breakers/db", "application/json")]
    {
        for accept in ["image/png", "*/*;q=0", "text/plain;version=9, application/xml", "nonsense"] {
            let answer = get_with(&app, path, &[("accept", accept)]).await;
            let expected = format!(
                "`Accept: {accept}` excludes every media type of this endpoint; accept one of `{available}`, or leave the \
                 header out"
            );
            assert_eq!(answer.problem(406, "not-acceptable", path), expected);
            assert_eq!(answer.header("vary"), if path == "/metrics" { "accept" } else { "" });
        }
    }
    for accept in ["application/json", "application/*", "*/*", "", "text/html, */*;q=0.1"] {
        assert_eq!(get_with(&app, "/breakers", &[("accept", accept)]).await.status, 200, "{accept}");
    }
}

#[tokio::test]
async fn what_a_request_has_sent_is_shortened_in_its_answer() {
    let (registry, _time) = two();
    let app = app(&registry);
    let long = "ü".repeat(5_000);
    let (method, path) = ("M".repeat(5_000), format!("/breakers/{}", encoded(&long)));
    let detail = get(&app, &path).await.problem(404, "unknown-service", &path);
    assert_eq!(detail.matches('ü').count(), 200);
    let detail = send(&app, request(&method, "/health", &[])).await.problem(405, "method-not-allowed", "/health");
    assert!(detail.len() < 400, "{detail}");
    let detail = get_with(&app, "/metrics", &[("accept", &long)]).await.problem(406, "not-acceptable", "/metrics");
    assert_eq!(detail.matches('ü').count(), 200);
}
