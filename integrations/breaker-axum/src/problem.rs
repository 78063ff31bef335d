//! Answers to requests that can't be served: problem details of RFC 9457.

use axum::extract::OriginalUri;
use axum::response::Response;
use breaker_tower::Problem;
use http::{Method, StatusCode, Uri};

use crate::response::never_kept;

/// The answer to methods other than `GET` and `HEAD`.
pub(crate) async fn wrong_method(method: Method, OriginalUri(uri): OriginalUri) -> Response {
    let detail =
        format!("method `{}` is not allowed: this endpoint only reads; use GET or HEAD", shortened(method.as_str()));
    answer(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", &uri, detail)
}

/// The answer to an `Accept` header that excludes all media types of the endpoint.
pub(crate) fn not_acceptable(accept: &str, available: &[&str], uri: &Uri) -> Response {
    let available = available.join("`, `");
    let accept = shortened(accept);
    let detail = format!(
        "`Accept: {accept}` excludes every media type of this endpoint; accept one of `{available}`, or leave the header out"
    );
    answer(StatusCode::NOT_ACCEPTABLE, "not-acceptable", uri, detail)
}

/// The answer for a service that the registry doesn't have. `nearest` is the name that was probably meant.
pub(crate) fn unknown_service(service: &str, nearest: Option<&str>, uri: &Uri) -> Response {
    let service = shortened(service);
    let list = uri.path().rsplit_once('/').map_or("", |(list, _)| list);
    let hint = nearest.map(|name| format!("did you mean `{name}`? ")).unwrap_or_default();
    let detail = format!("no service is called `{service}`; {hint}GET {list} lists all services");
    answer(StatusCode::NOT_FOUND, "unknown-service", uri, detail)
}

/// The answer for a path whose decoded parameters are not UTF-8.
pub(crate) fn not_utf8(uri: &Uri) -> Response {
    let path = shortened(uri.path());
    let detail = format!("`{path}` is not UTF-8 when decoded; encode each byte of the service's UTF-8 name as %XX");
    answer(StatusCode::BAD_REQUEST, "path-not-utf-8", uri, detail)
}

/// The answer when a metric of the user can't be encoded.
pub(crate) fn not_encodable(uri: &Uri) -> Response {
    let detail = "a metric of the program's own registry can't be encoded: its `encode` returned an error; those of the \
                  breakers alone are available as application/json";
    answer(StatusCode::INTERNAL_SERVER_ERROR, "metrics-not-encodable", uri, detail.to_owned())
}

fn answer(status: StatusCode, kind: &str, uri: &Uri, detail: String) -> Response {
    let title = status.canonical_reason().unwrap_or_default();
    let problem = Problem::custom(status, format!("urn:circuit-breaker:{kind}"), title, detail);
    never_kept(problem.with_path(uri.path()).into_response())
}

/// Shortens what a request has sent, so that its answer stays small.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 200;
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
