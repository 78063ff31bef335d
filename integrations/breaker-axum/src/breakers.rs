//! The breakers: a list, and one with its configuration, window and history. No field only shows the time since something,
//! so bodies and their tags change only with what they describe.

use std::sync::Arc;

use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{OriginalUri, RawPathParams, State};
use axum::response::Response;
use breaker_core::{
    CircuitBreaker, Criticality, Event, ExplainedValue, Mode, Registry, State as CircuitState, WindowMetrics,
};
use breaker_prometheus::negotiate;
use http::{HeaderMap, Uri};
use serde::Serialize;

use crate::accept::accept;
use crate::problem;
use crate::response::{JSON, json};
use crate::shared::Shared;
use crate::tagged::tagged;

/// The body of the list.
#[derive(Serialize)]
struct List<'a> {
    boot_id: &'a str,
    breakers: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    service: &'static str,
    state: CircuitState,
    mode: Mode,
    criticality: Criticality,
}

/// The body of one breaker.
#[derive(Serialize)]
struct Detailed<'a> {
    boot_id: &'a str,
    #[serde(flatten)]
    listed: Listed,
    configuration: Vec<ExplainedValue>,
    window: WindowMetrics,
    history: Vec<Event>,
}

pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    OriginalUri(uri): OriginalUri,
) -> Response {
    if let Some(refused) = refused(&headers, &uri) {
        return refused;
    }
    let registry = &shared.breakers;
    let breakers = registry.breakers();
    let listed = breakers.iter().map(|breaker| Listed::new(breaker, breaker.state(), breaker.mode()));
    tagged(&headers, json(&List { boot_id: registry.boot_id(), breakers: listed.collect() }))
}

pub(crate) async fn one(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    OriginalUri(uri): OriginalUri,
    parameters: Result<RawPathParams, RawPathParamsRejection>,
) -> Response {
    let Ok(parameters) = parameters else { return problem::not_utf8(&uri) };
    // The last one: a router around this one may have a parameter of the same name.
    let (_, service) = parameters.iter().last().unwrap_or_default();
    let Some(detailed) = Detailed::of(&shared.breakers, service) else {
        return problem::unknown_service(service, shared.breakers.nearest(service), &uri);
    };
    refused(&headers, &uri).unwrap_or_else(|| tagged(&headers, json(&detailed)))
}

/// Returns the answer to a request that doesn't accept JSON.
fn refused(headers: &HeaderMap, uri: &Uri) -> Option<Response> {
    let accept = accept(headers);
    let is_accepted = negotiate(&accept, &[(JSON, ())]).is_some();
    (!is_accepted).then(|| problem::not_acceptable(&accept, &[JSON], uri))
}

impl Listed {
    fn new(breaker: &CircuitBreaker, state: CircuitState, mode: Mode) -> Self {
        Self { service: breaker.service(), state, mode, criticality: breaker.config().criticality() }
    }
}

impl<'a> Detailed<'a> {
    fn of(registry: &'a Registry, service: &str) -> Option<Self> {
        let breaker = registry.get(service)?;
        // Before the history, so that a change that the reading itself notices is in it.
        let metrics = breaker.metrics();
        Some(Self {
            boot_id: registry.boot_id(),
            listed: Listed::new(&breaker, metrics.state, metrics.mode),
            configuration: registry.explain(service)?.values,
            window: metrics.window,
            history: breaker.history(),
        })
    }
}
