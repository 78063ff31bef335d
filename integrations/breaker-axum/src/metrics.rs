//! The metrics, in the format that the client prefers.
//!
//! They are encoded on the runtime's own thread: a millisecond for a hundred services. `spawn_blocking` would depend on
//! a pool of threads that may be exhausted during the outage that the metrics should explain, and would start up to 512
//! threads for a flood of requests. On the runtime, no more run at once than it has workers.

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::response::Response;
use breaker_prometheus::{Format, negotiate};
use http::header::{ACCEPT, HeaderValue, VARY};
use http::{HeaderMap, StatusCode, Uri};

use crate::accept::accept;
use crate::problem;
use crate::response::{JSON, json, momentary};
use crate::shared::Shared;

#[derive(Clone, Copy)]
enum Encoding {
    Prometheus(Format),
    Json,
}

/// The first is the default.
const OFFERS: [(&str, Encoding); 3] = [
    (Format::Text.content_type(), Encoding::Prometheus(Format::Text)),
    (Format::OpenMetrics.content_type(), Encoding::Prometheus(Format::OpenMetrics)),
    (JSON, Encoding::Json),
];

pub(crate) async fn metrics(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    OriginalUri(uri): OriginalUri,
) -> Response {
    let accept = accept(&headers);
    let mut response = match negotiate(&accept, &OFFERS) {
        Some(encoding) => encoded(&shared, encoding, &uri),
        None => problem::not_acceptable(&accept, &OFFERS.map(|(media_type, _)| media_type), &uri),
    };
    response.headers_mut().insert(VARY, HeaderValue::from(ACCEPT));
    response
}

fn encoded(shared: &Shared, encoding: Encoding, uri: &Uri) -> Response {
    match encoding {
        Encoding::Json => momentary(StatusCode::OK, JSON, json(&shared.breakers.metrics())),
        Encoding::Prometheus(format) => match format.encode(&shared.metrics) {
            Ok(text) => momentary(StatusCode::OK, format.content_type(), text),
            Err(_) => problem::not_encodable(uri),
        },
    }
}
