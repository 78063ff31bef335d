//! Problem details of RFC 9457, with which a server answers in place of a handler.

use std::borrow::Cow;
use std::fmt::Write as _;

use breaker_core::{CircuitBreakerError, Rejection};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::uri::PathAndQuery;
use http::{Response, StatusCode};

/// The answer of a server whose breaker has rejected a request or cut it off: a problem body as
/// [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) defines it (`application/problem+json`).
///
/// [`ServerLayer`](crate::ServerLayer) creates it. Create one yourself in a handler that calls a protected function,
/// to give its rejections the same form.
///
/// | field | of a rejection | of a timeout |
/// |---|---|---|
/// | `type` | `urn:circuit-breaker:rejected` | `urn:circuit-breaker:timed-out` |
/// | `title` | `Request rejected by the circuit breaker` | `Request timed out` |
/// | `status` | 503, Service Unavailable | 504, Gateway Timeout |
/// | `detail` | the message of the error, which contains the name of the service | as for a rejection |
/// | `instance` | path of the request, without its query; left out if there is none | as for a rejection |
///
/// A rejection also has a `Retry-After` header, if the breaker knows when it will admit a probe: in whole seconds,
/// rounded up, at least 1. There is none while the circuit is forced open, nor while all probes of a half-open
/// circuit are in flight.
///
/// ```
/// use breaker_core::{CircuitBreakerError, Rejection, RejectionReason};
/// use breaker_tower::Problem;
/// use bytes::Bytes;
/// use std::time::Duration;
///
/// let rejection = Rejection::new("database", RejectionReason::Open).with_retry_after(Duration::from_millis(1500));
/// let problem = Problem::new(&CircuitBreakerError::from(rejection)).with_path("/reviews");
/// let response: http::Response<Bytes> = problem.into_response();
/// assert_eq!(response.status(), 503);
/// assert_eq!(response.headers()["retry-after"], "2");
/// assert_eq!(response.headers()["content-type"], "application/problem+json");
/// assert!(response.body().ends_with(br#","instance":"/reviews"}"#));
/// ```
///
/// [`custom`](Self::custom) gives other errors of a server the same form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    kind: Cow<'static, str>,
    title: Cow<'static, str>,
    status: StatusCode,
    detail: String,
    instance: Option<String>,
    retry_after: Option<u64>,
}

impl Problem {
    /// Creates the problem of a rejection or a timeout. It has no `instance` yet.
    pub fn new(error: &CircuitBreakerError) -> Self {
        let (kind, title, status) = if error.is_timeout() {
            ("urn:circuit-breaker:timed-out", "Request timed out", StatusCode::GATEWAY_TIMEOUT)
        } else {
            let title = "Request rejected by the circuit breaker";
            ("urn:circuit-breaker:rejected", title, StatusCode::SERVICE_UNAVAILABLE)
        };
        let detail = error.to_string();
        Self { retry_after: error.retry_after_secs(), ..Self::custom(status, kind, title, detail) }
    }

    /// Creates a problem of your own. `kind` is its `type`: a URI that is the same for all problems of this kind.
    /// `title` is, too; `detail` is about this one. It has no `instance` yet, and no `Retry-After`.
    ///
    /// ```
    /// use breaker_tower::Problem;
    /// use http::StatusCode;
    ///
    /// let problem = Problem::custom(StatusCode::NOT_FOUND, "about:blank", "Not Found", "there is no review 7");
    /// assert_eq!(
    ///     problem.to_json(),
    ///     r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"there is no review 7"}"#
    /// );
    /// ```
    pub fn custom(
        status: StatusCode,
        kind: impl Into<Cow<'static, str>>,
        title: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        let (kind, title, detail) = (kind.into(), title.into(), detail.into());
        Self { kind, title, status, detail, instance: None, retry_after: None }
    }

    /// Sets `instance` to the path of the request. Characters that no URI may contain are percent-encoded.
    #[must_use]
    pub fn with_path(mut self, path: &str) -> Self {
        self.instance = Some(reference(path));
        self
    }

    /// Sets `instance` if the request has a path.
    pub(crate) fn of_request(self, path: Option<&PathAndQuery>) -> Self {
        match path {
            Some(path) => self.with_path(path.path()),
            None => self,
        }
    }

    /// Returns the status of the response.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the body of the response.
    pub fn to_json(&self) -> String {
        let mut json = String::with_capacity(192 + self.detail.len());
        json.push_str("{\"type\":");
        push_string(&mut json, &self.kind);
        json.push_str(",\"title\":");
        push_string(&mut json, &self.title);
        json.push_str(",\"status\":");
        json.push_str(self.status.as_str());
        json.push_str(",\"detail\":");
        push_string(&mut json, &self.detail);
        if let Some(instance) = &self.instance {
            json.push_str(",\"instance\":");
            push_string(&mut json, instance);
        }
        json.push('}');
        json
    }

    /// Returns the response. Its body may be any type that is made from bytes, such as `axum::body::Body`.
    pub fn into_response<B: From<Bytes>>(self) -> Response<B> {
        let mut response = Response::new(Bytes::from(self.to_json()).into());
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<CircuitBreakerError> for Problem {
    fn from(error: CircuitBreakerError) -> Self {
        Self::new(&error)
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        CircuitBreakerError::from(rejection).into()
    }
}

/// Appends a JSON string. Escapes what RFC 8259 requires: quotes, backslashes and control characters.
fn push_string(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\0'..'\u{20}' => {
                // Writing to a string can't fail.
                let _ = write!(json, "\\u{:04x}", u32::from(character));
            }
            other => json.push(other),
        }
    }
    json.push('"');
}

/// Returns a path as a URI reference (RFC 3986).
fn reference(path: &str) -> String {
    let mut reference = String::with_capacity(path.len());
    // What follows two slashes would be read as the name of a host.
    if path.starts_with("//") {
        reference.push_str("/.");
    }
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/%".contains(&byte) {
            reference.push(char::from(byte));
        } else {
            let _ = write!(reference, "%{byte:02X}");
        }
    }
    reference
}

#[cfg(test)]
mod tests {
    use super::*;
    use breaker_core::RejectionReason;

    fn string(text: &str) -> String {
        let mut json = String::new();
        push_string(&mut json, text);
        json
    }

    #[test]
    fn every_character_survives_the_escaping() {
        for character in (char::MIN..=char::MAX).step_by(7).chain('\0'..'\u{400}') {
            let text = format!("a{character}b");
            assert_eq!(serde_json::from_str::<String>(&string(&text)).ok(), Some(text));
        }
        assert_eq!(string("\"\\\n\r\t\u{0}\u{1f}\u{7f}é"), "\"\\\"\\\\\\n\\r\\t\\u0000\\u001f\u{7f}é\"");
    }

    #[test]
    fn an_instance_is_a_uri_reference_and_never_names_a_host() {
        assert_eq!(reference("/a/b-c_d.~ü\"{}<>\\^`|#?%20"), "/a/b-c_d.~%C3%BC%22%7B%7D%3C%3E%5C%5E%60%7C%23%3F%20");
        assert_eq!(reference("//example.org/x"), "/.//example.org/x");
        assert_eq!(reference("*"), "*");
    }

    #[test]
    fn without_a_path_there_is_no_instance() {
        let problem = Problem::from(Rejection::new("db", RejectionReason::ForcedOpen)).of_request(None);
        let json: serde_json::Value = serde_json::from_str(&problem.to_json()).expect("the body is JSON");
        assert_eq!(json.as_object().map(serde_json::Map::len), Some(4), "{json}");
        assert_eq!(problem.into_response::<Bytes>().headers().get(RETRY_AFTER), None);
    }
}
