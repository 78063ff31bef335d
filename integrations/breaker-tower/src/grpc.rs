//! Outcomes of gRPC calls.

use std::future::Future;

use breaker_core::{Outcome, Permit};
use http::{HeaderMap, Response, StatusCode};
use http_body::Body;

use crate::body::{Follow, Followed, FollowedFuture};
use crate::classify::Judge;
use crate::http::Http;
use crate::retry_after::milliseconds;

#[cfg(feature = "tonic")]
pub(crate) mod status;

/// The name of the header or trailer with the status code.
const STATUS: &str = "grpc-status";
/// The name of the header or trailer by which a server asks its client to wait.
const PUSHBACK: &str = "grpc-retry-pushback-ms";

/// Classifies gRPC calls by their status, which is in the trailers of the response, or in its headers if there is no
/// message.
///
/// | result | outcome |
/// |---|---|
/// | `UNAVAILABLE`, `DEADLINE_EXCEEDED`, `INTERNAL`, `UNKNOWN`, `DATA_LOSS`, an unknown code | failure |
/// | no status at the end of the response, a broken response, an error of the inner service | failure |
/// | `RESOURCE_EXHAUSTED` | ignored: too many requests say nothing about the service |
/// | `CANCELLED` | ignored |
/// | other codes, including `OK` | success: the service has answered |
/// | an HTTP status other than 200, without a gRPC status | as the code that the gRPC specification maps it to; 429 as `RESOURCE_EXHAUSTED` |
///
/// The call ends with the body of its response. So it is a long one if the response is a long stream of messages:
/// `request_timeout` and, for a probe, `half_open_timeout` cover the whole stream. If such methods share a client with
/// short ones, give them a layer of their own, without [`Grpc`]. A response that is dropped before its end is neutral.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grpc {
    cooldown: bool,
    throttling_is_failure: bool,
}

impl Grpc {
    /// Creates the classifier of the table above.
    #[must_use]
    pub const fn new() -> Self {
        Self { cooldown: false, throttling_is_failure: false }
    }

    /// Opens the circuit for as long as an `UNAVAILABLE` or `RESOURCE_EXHAUSTED` asks its client to wait by
    /// `grpc-retry-pushback-ms` ([`Outcome::OpenFor`]), at most for `open_timeout_max`. A value that is zero, negative
    /// or malformed is ignored.
    ///
    /// For an HTTP status of 429 or 503 without a gRPC status, it does what [`Http::cooldown`] does.
    #[must_use]
    pub const fn cooldown(self) -> Self {
        Self { cooldown: true, ..self }
    }

    /// Counts `RESOURCE_EXHAUSTED` as a failure. With [`cooldown`](Self::cooldown), this applies to responses that don't
    /// say how long to wait.
    #[must_use]
    pub const fn throttling_is_failure(self) -> Self {
        Self { throttling_is_failure: true, ..self }
    }

    /// Returns the outcome of a call whose headers or trailers these are; `None` if they have no status.
    fn outcome(self, headers: &HeaderMap) -> Option<Outcome> {
        let code = headers.get(STATUS)?.to_str().ok().and_then(|code| code.parse().ok());
        let asks = matches!(code, Some(RESOURCE_EXHAUSTED | UNAVAILABLE));
        let wait = milliseconds(headers, PUSHBACK).filter(|_| asks && self.cooldown);
        Some(wait.map_or_else(|| self.of_code(code.unwrap_or(UNKNOWN)), Outcome::OpenFor))
    }

    fn of_code(self, code: u32) -> Outcome {
        match code {
            RESOURCE_EXHAUSTED if self.throttling_is_failure => Outcome::Failure,
            CANCELLED | RESOURCE_EXHAUSTED => Outcome::Ignore,
            UNKNOWN | DEADLINE_EXCEEDED | INTERNAL..=DATA_LOSS | BEYOND.. => Outcome::Failure,
            _ => Outcome::Success,
        }
    }

    /// Returns the outcome of a response that a proxy has sent, or a server that doesn't speak gRPC.
    fn of_http(self, status: StatusCode, headers: &HeaderMap) -> Outcome {
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => Outcome::Success,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                Http::with(self.cooldown, self.throttling_is_failure).outcome(status, headers)
            }
            _ => Outcome::Failure,
        }
    }
}

const CANCELLED: u32 = 1;
const UNKNOWN: u32 = 2;
const DEADLINE_EXCEEDED: u32 = 4;
const RESOURCE_EXHAUSTED: u32 = 8;
const INTERNAL: u32 = 13;
const UNAVAILABLE: u32 = 14;
const DATA_LOSS: u32 = 15;
/// The first number that isn't a code.
const BEYOND: u32 = 17;

impl Follow for Grpc {
    fn at_end(&self, trailers: Option<&HeaderMap>) -> Outcome {
        trailers.and_then(|trailers| self.outcome(trailers)).unwrap_or(Outcome::Failure)
    }
}

impl<B: Body, E> Judge<Response<B>, E> for Grpc {
    type Response = Response<Followed<B, Self>>;
    type Future<F>
        = FollowedFuture<F, Self, Self>
    where
        F: Future<Output = Result<Response<B>, E>>;

    fn run<F: Future<Output = Result<Response<B>, E>>>(&self, permit: Permit, future: F) -> Self::Future<F> {
        FollowedFuture::new(permit, future, *self, *self)
    }

    fn pass(response: Response<B>) -> Self::Response {
        response.map(Followed::ended)
    }
}

impl<B, E> crate::body::AtHeaders<B, E> for Grpc {
    fn at_headers(&self, result: &Result<Response<B>, E>) -> Option<Outcome> {
        let Ok(response) = result else { return Some(Outcome::Failure) };
        let (status, headers) = (response.status(), response.headers());
        self.outcome(headers).or_else(|| (status != StatusCode::OK).then(|| self.of_http(status, headers)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn headers(code: &'static str, pushback: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(STATUS, code.parse().expect("a header value"));
        if let Some(wait) = pushback {
            headers.insert(PUSHBACK, wait.parse().expect("a header value"));
        }
        headers
    }

    #[test]
    fn codes_count_as_the_table_says() {
        let of = |code| Grpc::new().at_end(Some(&headers(code, Some("5"))));
        for code in ["0", "3", "5", "6", "7", "9", "10", "11", "12", "16"] {
            assert_eq!(of(code), Outcome::Success, "{code}");
        }
        for code in ["2", "4", "13", "14", "15", "17", "99", "-1", "OK", "", "4294967296"] {
            assert_eq!(of(code), Outcome::Failure, "{code}");
        }
        for code in ["1", "8"] {
            assert_eq!(of(code), Outcome::Ignore, "{code}");
        }
        assert_eq!(Grpc::new().at_end(None), Outcome::Failure);
        assert_eq!(Grpc::new().at_end(Some(&HeaderMap::new())), Outcome::Failure);
    }

    #[test]
    fn a_pushback_is_a_cooldown_of_two_codes() {
        let of = |code, wait| Grpc::new().cooldown().at_end(Some(&headers(code, Some(wait))));
        for code in ["8", "14"] {
            assert_eq!(of(code, "250"), Outcome::OpenFor(Duration::from_millis(250)), "{code}");
        }
        for wait in ["0", "-1", "soon"] {
            assert_eq!((of("8", wait), of("14", wait)), (Outcome::Ignore, Outcome::Failure), "{wait}");
        }
        assert_eq!((of("13", "250"), of("0", "250")), (Outcome::Failure, Outcome::Success));
    }

    #[test]
    fn throttling_may_be_a_failure() {
        let rules = Grpc::new().throttling_is_failure();
        assert_eq!(rules.at_end(Some(&headers("8", None))), Outcome::Failure);
        assert_eq!(rules.at_end(Some(&headers("1", None))), Outcome::Ignore);
        let waits = rules.cooldown().at_end(Some(&headers("8", Some("250"))));
        assert_eq!(waits, Outcome::OpenFor(Duration::from_millis(250)));
    }

    #[test]
    fn headers_decide_if_they_have_a_status_or_are_not_of_grpc() {
        use crate::body::AtHeaders;

        let of = |rules: Grpc, status: u16, name: &'static str, value: &str| {
            let response = Response::builder().status(status).header(name, value).body(());
            rules.at_headers(&Ok::<_, ()>(response.expect("a response")))
        };
        assert_eq!(of(Grpc::new(), 200, "grpc-status", "14"), Some(Outcome::Failure));
        assert_eq!(of(Grpc::new(), 200, "grpc-status", "5"), Some(Outcome::Success));
        assert_eq!(of(Grpc::new(), 200, "x", "y"), None);
        for status in [401, 403, 404] {
            assert_eq!(of(Grpc::new(), status, "x", "y"), Some(Outcome::Success), "{status}");
        }
        for status in [204, 302, 400, 408, 500, 502, 503, 504] {
            assert_eq!(of(Grpc::new(), status, "x", "y"), Some(Outcome::Failure), "{status}");
        }
        assert_eq!(of(Grpc::new(), 429, "retry-after", "9"), Some(Outcome::Ignore));
        assert_eq!(of(Grpc::new().throttling_is_failure(), 429, "x", "y"), Some(Outcome::Failure));
        let waits = Some(Outcome::OpenFor(Duration::from_secs(9)));
        assert_eq!(of(Grpc::new().cooldown(), 429, "retry-after", "9"), waits);
        assert_eq!(of(Grpc::new().cooldown(), 503, "retry-after", "9"), waits);
        assert_eq!(Grpc::new().at_headers(&Err::<Response<()>, _>(())), Some(Outcome::Failure));
    }
}
