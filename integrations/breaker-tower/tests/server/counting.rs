//! What counts as what, and in which breaker.

use std::convert::Infallible;
use std::io;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request};
use axum::response::Response;
use axum::routing::get as on_get;
use breaker_core::{CallError, CircuitBreakerError, Classify as _, Metrics, Outcome, Registry, State, classify_fn};
use breaker_tower::{Http, Problem, ServerLayer};
use futures::FutureExt as _;
use http::StatusCode;
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};

use crate::support::{at_rest, breaker, get, send, trip, two_failures};

/// Answers with the status that its path names.
async fn status(Path(status): Path<u16>) -> StatusCode {
    StatusCode::from_u16(status).expect("a status")
}

fn statuses() -> Router {
    Router::new().route("/{status}", on_get(status))
}

/// Successes, failures, ignored calls.
fn counts(metrics: &Metrics) -> (u64, u64, u64) {
    (metrics.successes, metrics.failures, metrics.ignored)
}

#[tokio::test]
async fn statuses_count_by_whose_fault_they_are() {
    let ok = (1, 0, 0);
    let failed = (0, 1, 0);
    let neutral = (0, 0, 1);
    for (status, counted) in [
        (200, ok),
        (204, ok),
        (302, ok),
        (400, ok),
        (401, ok),
        (404, ok),
        (422, ok),
        (408, neutral),
        (429, neutral),
        (500, failed),
        (502, failed),
        (503, failed),
        (504, failed),
        (599, failed),
    ] {
        let (breaker, _) = breaker("db", &two_failures());
        let app = statuses().layer(ServerLayer::with(breaker.clone()));
        let response = send(&app, get(&format!("/{status}"))).await;
        assert_eq!((response.status().as_u16(), counts(&at_rest(&breaker))), (status, counted));
    }
}

#[tokio::test]
async fn failing_handlers_open_the_circuit_and_then_do_not_run() {
    let (breaker, _) = breaker("db", &two_failures());
    let app = statuses().layer(ServerLayer::with(breaker.clone()));
    for _ in 0..2 {
        assert_eq!(send(&app, get("/500")).await.status(), 500);
    }
    assert_eq!(breaker.state(), State::Open);
    assert_eq!(send(&app, get("/200")).await.status(), 503);
    assert_eq!((at_rest(&breaker).requests, at_rest(&breaker).rejections), (3, 1));
}

#[tokio::test]
async fn an_error_of_the_inner_service_is_a_failure_and_stays_what_it_is() {
    let (breaker, _) = breaker("db", &two_failures());
    let inner = service_fn(async |_: Request| Err::<Response, _>(io::Error::other("broken pipe")));
    let mut service = ServerLayer::with(breaker.clone()).layer(inner);
    let error: io::Error = service.ready().await.expect("ready").call(get("/")).await.expect_err("it fails");
    assert_eq!((error.to_string(), counts(&at_rest(&breaker))), ("broken pipe".to_owned(), (0, 1, 0)));
}

#[tokio::test]
async fn a_handler_that_panics_has_failed() {
    let (breaker, _) = breaker("db", &two_failures());
    let panics = async || -> &'static str { panic!("a bug") };
    let app = Router::new().route("/", on_get(panics)).layer(ServerLayer::with(breaker.clone()));
    let caught = std::panic::AssertUnwindSafe(send(&app, get("/"))).catch_unwind().await;
    assert!(caught.is_err());
    assert_eq!(counts(&at_rest(&breaker)), (0, 1, 0));

    let inner = service_fn(|_: Request| -> std::future::Ready<Result<Response, Infallible>> { panic!("a bug") });
    let mut service = ServerLayer::with(breaker.clone()).layer(inner);
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| service.call(get("/")))).is_err());
    assert_eq!(counts(&at_rest(&breaker)), (0, 2, 0));
}

#[tokio::test]
async fn a_classifier_decides_by_the_response() {
    let (breaker, _) = breaker("db", &two_failures());
    let by_status = classify_fn(|result: &Result<Response, Infallible>| match result {
        Ok(response) if response.status() == 404 => Outcome::Failure,
        Ok(_) => Outcome::Ignore,
        Err(never) => match *never {},
    });
    let app = statuses().layer(ServerLayer::with(breaker.clone()).classify(by_status));
    for (path, counted) in [("/404", (0, 1, 0)), ("/500", (0, 1, 1))] {
        send(&app, get(path)).await;
        assert_eq!(counts(&at_rest(&breaker)), counted);
    }
}

#[tokio::test]
async fn a_cooldown_of_the_handler_opens_the_circuit() {
    let (breaker, _) = breaker("db", &two_failures());
    let busy = async || (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "7")]);
    let layer = ServerLayer::with(breaker.clone()).classify(Http::new().cooldown());
    let app = Router::new().route("/", on_get(busy)).layer(layer);
    assert_eq!(send(&app, get("/")).await.headers()["retry-after"], "7");
    let rejected = send(&app, get("/")).await;
    assert_eq!((&rejected.headers()["retry-after"], at_rest(&breaker).rejections), (&"7".parse().expect("valid"), 1));
}

#[tokio::test]
async fn a_function_of_the_request_selects_the_breaker() {
    let (reads, _) = breaker("reads", &two_failures());
    let (writes, _) = breaker("writes", &two_failures());
    let (by_method, of_writes) = (reads.clone(), writes.leak());
    let layer = ServerLayer::select(
        move |request: &Request| {
            if request.method().is_safe() { by_method.leak() } else { of_writes }
        },
    );
    let app = Router::new().route("/", on_get(async || ()).post(async || ())).layer(layer);
    trip(&writes);
    assert_eq!(send(&app, get("/")).await.status(), 200);
    let post = Request::post("/").body(Body::empty()).expect("valid");
    assert_eq!(send(&app, post).await.status(), 503);
    assert_eq!((at_rest(&reads).successes, at_rest(&writes).rejections), (1, 1));
}

#[tokio::test]
async fn a_name_stands_for_the_breaker_of_the_global_registry() {
    let app = statuses().layer(ServerLayer::new("server counting test"));
    send(&app, get("/404")).await;
    send(&app, get("/503")).await;
    let breaker = Registry::global().get("server counting test").expect("the layer has created it");
    assert_eq!(counts(&at_rest(&breaker)), (1, 1, 0));
}

#[tokio::test]
async fn a_handler_may_answer_with_the_problem_of_a_breaker_of_its_own() {
    let (store, _) = breaker("store", &two_failures());
    trip(&store);
    let handler = async move |request: Request| -> Response {
        let read = store.call_async(async { Ok::<_, Infallible>("rows") }).await;
        match read {
            Ok(rows) => Response::new(rows.into()),
            Err(CallError::Inner(error)) => match error {},
            Err(CallError::Breaker(error)) => Problem::new(&error).with_path(request.uri().path()).into_response(),
        }
    };
    let response = send(&Router::new().route("/rows", on_get(handler)), get("/rows")).await;
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (503, &"30".parse().expect("valid")));
    assert_eq!(crate::support::problem(response).await["instance"], "/rows");
}

#[tokio::test]
async fn an_outer_layer_can_tell_an_answer_of_the_breaker_from_one_of_the_handler() {
    let ((inner, _), (outer, _)) = (breaker("db", &two_failures()), breaker("shop", &two_failures()));
    trip(&inner);
    let tolerant = classify_fn(|result: &Result<Response, Infallible>| match result {
        Ok(response) if response.extensions().get::<CircuitBreakerError>().is_some() => Outcome::Ignore,
        other => Http::new().classify(other),
    });
    let app = statuses().layer(ServerLayer::with(inner)).route("/fail/{status}", on_get(status));
    let app = app.layer(ServerLayer::with(outer.clone()).classify(tolerant));
    for (path, status, counted) in
        [("/200", 503, (0, 0, 1)), ("/fail/503", 503, (0, 1, 1)), ("/fail/200", 200, (1, 1, 1))]
    {
        assert_eq!((send(&app, get(path)).await.status().as_u16(), counts(&at_rest(&outer))), (status, counted));
    }
}
