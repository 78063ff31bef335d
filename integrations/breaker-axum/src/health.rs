//! Health, liveness and readiness. They ignore `Accept`: what reads them is mostly a probe that looks at the status, and
//! a 406 would tell it that the instance is down.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use breaker_core::HealthStatus;
use http::StatusCode;
use serde::Serialize;

use crate::response::{JSON, json, momentary};
use crate::shared::Shared;

/// The process itself: it answers, so it is up.
#[derive(Serialize)]
struct Process {
    status: HealthStatus,
}

pub(crate) async fn all(State(shared): State<Arc<Shared>>) -> Response {
    report(&shared)
}

pub(crate) async fn live() -> Response {
    up()
}

pub(crate) async fn ready(State(shared): State<Arc<Shared>>) -> Response {
    if shared.ready_follows_critical { report(&shared) } else { up() }
}

fn report(shared: &Shared) -> Response {
    let report = shared.breakers.health();
    let status = match report.status {
        HealthStatus::Down => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::OK,
    };
    momentary(status, JSON, json(&report))
}

fn up() -> Response {
    momentary(StatusCode::OK, JSON, json(&Process { status: HealthStatus::Up }))
}
