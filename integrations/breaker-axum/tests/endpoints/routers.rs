//! The router in routers of the user.

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::{get as on_get, post as on_post};
use breaker_axum::Endpoints;
use breaker_core::Criticality;
use http::StatusCode;

use crate::rig::{ROUTES, app, get, manual, request, send, service, two};

#[tokio::test]
async fn every_route_answers_merged_and_nested() {
    let (registry, _time) = two();
    let merged = Router::new().route("/", on_get(async || "mine")).merge(app(&registry));
    let nested = Router::new().nest("/internal", Router::new().nest("/circuits", app(&registry)));
    for path in ROUTES {
        assert_eq!(get(&merged, path).await.status, 200, "{path}");
        assert_eq!(get(&nested, &format!("/internal/circuits{path}")).await.status, 200, "{path}");
        assert_eq!(get(&nested, path).await.status, 404, "{path}");
    }
    assert_eq!(get(&merged, "/").await.body, "mine");
}

#[tokio::test]
async fn a_router_with_any_state_takes_it() {
    #[derive(Clone)]
    struct Mine(&'static str);
    let (registry, _time) = two();
    let app = Router::new()
        .route("/mine", on_get(async |State(Mine(text)): State<Mine>| text))
        .nest("/internal", Endpoints::new(&registry).into_router())
        .with_state(Mine("my state"));
    assert_eq!(get(&app, "/mine").await.body, "my state");
    assert_eq!(get(&app, "/internal/health").await.status, 200);
}

#[tokio::test]
async fn other_paths_get_the_fallback_of_the_user() {
    let (registry, _time) = two();
    let mine = async || (StatusCode::IM_A_TEAPOT, "mine").into_response();
    let merged = Router::new().merge(app(&registry)).fallback(mine);
    let nested = Router::new().nest("/internal", app(&registry)).fallback(mine);
    for path in [
        "/nowhere",
        "/health/",
        "/health/nowhere",
        "/breakers/",
        "/breakers/a/b",
        "/breakers/../health",
        "/Health",
        "//health",
    ] {
        let answer = get(&merged, path).await;
        assert_eq!((answer.status, answer.body.as_str()), (418, "mine"), "{path}");
        assert_eq!(get(&nested, &format!("/internal{path}")).await.status, 418, "{path}");
    }
}

#[tokio::test]
async fn a_problem_of_a_nested_route_has_the_whole_path() {
    let (registry, _time) = two();
    let app = Router::new().nest("/internal", app(&registry));
    let detail = get(&app, "/internal/breakers/bd").await.problem(404, "unknown-service", "/internal/breakers/bd");
    assert_eq!(detail, "no service is called `bd`; GET /internal/breakers lists all services");
    send(&app, request("POST", "/internal/health", &[])).await.problem(405, "method-not-allowed", "/internal/health");
}

#[tokio::test]
async fn a_parameter_of_the_same_name_around_it_is_not_the_service() {
    let (registry, _time) = two();
    let app = Router::new().nest("/of/{service}/at/{place}", app(&registry));
    let answer = get(&app, "/of/mail/at/home/breakers/db").await;
    assert_eq!(answer.json()["service"], "db");
}

#[tokio::test]
async fn two_registries_are_served_side_by_side() {
    let ((one, _), (other, _)) = (manual(), manual());
    service(&one, "one", Criticality::Critical);
    service(&other, "other", Criticality::Critical);
    let app = Router::new().nest("/one", app(&one)).nest("/other", app(&other));
    assert_eq!(get(&app, "/one/breakers").await.json()["breakers"][0]["service"], "one");
    assert_eq!(get(&app, "/other/breakers").await.json()["breakers"][0]["service"], "other");
}

#[tokio::test]
async fn the_user_may_add_a_method_to_a_route() {
    let (registry, _time) = two();
    let mine = Router::new().route("/breakers/{service}", on_post(async || "mine"));
    let app = Router::new().merge(app(&registry)).merge(mine);
    assert_eq!(send(&app, request("POST", "/breakers/db", &[])).await.body, "mine");
    assert_eq!(get(&app, "/breakers/db").await.status, 200);
    let refused = send(&app, request("DELETE", "/breakers/db", &[])).await;
    assert_eq!((refused.status, refused.header("allow")), (405, "GET,HEAD,POST"));
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let (registry, _time) = two();
    let nested = Router::new().nest("/x", app(&registry));
    for (app, prefix) in [(app(&registry), ""), (nested, "/x")] {
        for path in ROUTES.iter().chain(&["/breakers/none"]) {
            let path = format!("{prefix}{path}");
            let (full, head) = (get(&app, &path).await, send(&app, request("HEAD", &path, &[])).await);
            assert_eq!((head.status, head.body.as_str()), (full.status, ""), "{path}");
            assert!(!full.body.is_empty());
            assert_eq!(head.header("content-length"), full.body.len().to_string(), "{path}");
            assert_eq!(head.headers, full.headers, "{path}");
        }
    }
}
