//! `/health`, `/health/live` and `/health/ready`.

use std::time::Duration;

use axum::Router;
use breaker_axum::Endpoints;
use breaker_core::{Criticality, Mode, Registry};
use serde_json::json;

use crate::rig::{app, get, get_with, manual, open, service, two};

/// Returns the status code of the health, and the status in its body.
async fn health(app: &Router) -> (u16, String) {
    let answer = get(app, "/health").await;
    (answer.status, answer.json()["status"].as_str().expect("text").to_owned())
}

#[tokio::test]
async fn only_an_open_circuit_of_a_critical_service_is_503() {
    let (registry, time) = two();
    let app = app(&registry);
    let (db, mail) = (registry.get("db").expect("made"), registry.get("mail").expect("made"));
    assert_eq!(health(&app).await, (200, "up".to_owned()));
    open(&mail);
    assert_eq!(health(&app).await, (200, "degraded".to_owned()));
    open(&db);
    assert_eq!(health(&app).await, (503, "down".to_owned()));
    // Half-open: it admits probes.
    time.advance(Duration::from_secs(30));
    assert_eq!(health(&app).await, (200, "degraded".to_owned()));
    db.set_mode(Mode::ForcedOpen);
    assert_eq!(health(&app).await, (503, "down".to_owned()));
    db.reset();
    mail.reset();
    db.set_mode(Mode::Automatic);
    assert_eq!(health(&app).await, (200, "up".to_owned()));
    db.set_mode(Mode::Shadow);
    open(&db);
    assert_eq!(health(&app).await, (200, "up".to_owned()));
}

#[tokio::test]
async fn the_body_is_the_report_of_the_registry() {
    let (registry, _time) = two();
    let app = app(&registry);
    open(&registry.get("db").expect("made"));
    let answer = get(&app, "/health").await;
    let expected = json!({
        "status": "down",
        "services": [
            {"service": "db", "state": "open", "mode": "automatic", "criticality": "critical", "check": null},
            {"service": "mail", "state": "closed", "mode": "automatic", "criticality": "optional", "check": null},
        ]
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.json(), serde_json::to_value(registry.health()).expect("it is JSON"));
}

#[tokio::test]
async fn without_services_it_is_up() {
    assert_eq!(health(&app(&Registry::new())).await, (200, "up".to_owned()));
}

#[tokio::test]
async fn services_that_are_made_later_are_seen() {
    let (registry, _time) = manual();
    let app = app(&registry);
    open(&service(&registry, "late", Criticality::Critical));
    assert_eq!(health(&app).await, (503, "down".to_owned()));
}

#[tokio::test]
async fn the_process_is_live_and_ready_whatever_its_services_do() {
    let (registry, _time) = two();
    let app = app(&registry);
    open(&registry.get("db").expect("made"));
    for path in ["/health/live", "/health/ready"] {
        let answer = get(&app, path).await;
        assert_eq!((answer.status, answer.json()), (200, json!({"status": "up"})), "{path}");
    }
}

#[tokio::test]
async fn readiness_follows_critical_services_if_it_is_asked_to() {
    let (registry, time) = two();
    let app: Router = Endpoints::new(&registry).ready_follows_critical().into_router();
    let same = async || {
        let (ready, health) = (get(&app, "/health/ready").await, get(&app, "/health").await);
        assert_eq!((ready.status, &ready.body), (health.status, &health.body));
        ready.status
    };
    open(&registry.get("mail").expect("made"));
    assert_eq!(same().await, 200);
    open(&registry.get("db").expect("made"));
    assert_eq!(same().await, 503);
    assert_eq!(get(&app, "/health/live").await.status, 200);
    time.advance(Duration::from_secs(30));
    assert_eq!(same().await, 200);
}

#[tokio::test]
async fn it_is_json_that_no_cache_keeps_whatever_is_accepted() {
    let (registry, _time) = two();
    let app = app(&registry);
    for path in ["/health", "/health/live", "/health/ready"] {
        for accept in ["text/html", "application/json;q=0", "*/*", ""] {
            let answer = get_with(&app, path, &[("accept", accept)]).await;
            assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{path} {accept}");
            assert_eq!((answer.header("cache-control"), answer.header("etag")), ("no-store", ""));
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
        }
    }
}

#[tokio::test]
async fn the_default_is_the_global_registry() {
    let app: Router = Endpoints::default().into_router();
    Registry::global().get_or_create("health-of-the-global-registry", breaker_core::Config::default());
    let body = get(&app, "/health").await.body;
    assert!(body.contains("health-of-the-global-registry"), "{body}");
}
