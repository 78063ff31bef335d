//! What the ends of calls count as.

use aws_smithy_runtime_api::client::interceptors::context::{Error, InterceptorContext};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction, RetryReason};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::ErrorKind;
use breaker_core::Outcome;
use breaker_tower::Http;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::error::is_rejection;

/// An ended call, and what is known of it besides its result.
pub(crate) struct Ended<'a> {
    pub(crate) context: &'a InterceptorContext,
    pub(crate) components: &'a RuntimeComponents,
    pub(crate) cfg: &'a ConfigBag,
    /// Whether the call was one attempt.
    pub(crate) is_attempt: bool,
}

impl Ended<'_> {
    pub(crate) fn outcome(&self, rules: Http) -> Outcome {
        match self.context.output_or_error() {
            Some(Ok(_)) => Outcome::Success,
            Some(Err(error)) => self.of_error(error, rules),
            // Nothing was sent: the request was only to be signed.
            None => Outcome::Ignore,
        }
    }

    fn of_error(&self, error: &OrchestratorError<Error>, rules: Http) -> Outcome {
        if is_rejection(error) {
            return Outcome::Ignore;
        }
        if let Some(response) = self.context.response() {
            // The body has broken off, or it is not what the service sends.
            return if error.is_response_error() { Outcome::Failure } else { self.of_response(response, rules) };
        }
        match error.as_connector_error() {
            // The request can't be sent to any service.
            Some(error) if error.is_user() => Outcome::Ignore,
            Some(_) => Outcome::Failure,
            None if error.is_timeout_error() && self.was_sent() => Outcome::Failure,
            // Credentials, the endpoint, a signature or another interceptor: the service wasn't asked.
            None => Outcome::Ignore,
        }
    }

    fn of_response(&self, response: &HttpResponse, rules: Http) -> Outcome {
        let status = StatusCode::from_u16(response.status().as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        rules.outcome(meaning(status, self.kind()), &waits(response))
    }

    /// Returns what the client's own retry classifiers, which know the error codes of its service, make of the error.
    fn kind(&self) -> Option<ErrorKind> {
        let mut found = RetryAction::NoActionIndicated;
        for classifier in self.components.retry_classifiers() {
            match classifier.classify_retry_v2(self.context, &found) {
                RetryAction::NoActionIndicated => {}
                RetryAction::RetryForbidden => return None,
                action => found = action,
            }
        }
        match found {
            RetryAction::RetryIndicated(RetryReason::RetryableError { kind, .. }) => Some(kind),
            _ => None,
        }
    }

    /// Whether a request of the call was handed to the HTTP client, which takes it out of the context. For a further
    /// attempt, a copy is put back.
    fn was_sent(&self) -> bool {
        let attempts = self.cfg.load::<RequestAttempts>().map_or(0, RequestAttempts::attempts);
        match attempts {
            0 => false,
            1 => self.context.request().is_none(),
            _ => !self.is_attempt || self.context.request().is_none(),
        }
    }
}

/// Returns the status that says what the error is: services also send throttling as 400, and errors inside a 200.
fn meaning(status: StatusCode, kind: Option<ErrorKind>) -> StatusCode {
    match kind {
        _ if status.is_server_error() => status,
        Some(ErrorKind::ThrottlingError) => StatusCode::TOO_MANY_REQUESTS,
        // The service waited for the client.
        Some(ErrorKind::TransientError) if status.is_client_error() => StatusCode::REQUEST_TIMEOUT,
        Some(ErrorKind::ServerError | ErrorKind::TransientError) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => status,
    }
}

/// Returns the headers that ask the client to wait, as [`Http`] reads them.
fn waits(response: &HttpResponse) -> HeaderMap {
    const NAMES: [(&str, HeaderName); 3] = [
        ("retry-after", http::header::RETRY_AFTER),
        ("x-amz-retry-after", HeaderName::from_static("retry-after-ms")),
        ("retry-after-ms", HeaderName::from_static("retry-after-ms")),
    ];
    let mut waits = HeaderMap::new();
    for (theirs, name) in NAMES {
        if let Some(value) = response.headers().get(theirs).and_then(|value| HeaderValue::from_str(value).ok()) {
            waits.insert(name, value);
        }
    }
    waits
}
