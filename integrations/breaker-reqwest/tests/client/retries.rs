//! The order with reqwest-retry: the breaker stands inside of it.

use std::time::{Duration, SystemTime};

use breaker_core::{CircuitBreakerError, Mode, State};
use breaker_reqwest::{breaker_error, rejection};
use reqwest::Response;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Error};
use reqwest_retry::{RetryDecision, RetryPolicy, RetryTransientMiddleware, Retryable, RetryableStrategy};

use crate::rig::{Ends, Rig, Server, plain, rig, tripping, with};

/// Retries at once, at most nine times.
struct AtOnce;

impl RetryPolicy for AtOnce {
    fn should_retry(&self, _: SystemTime, past_retries: u32) -> RetryDecision {
        match past_retries {
            0..9 => RetryDecision::Retry { execute_after: SystemTime::now() },
            _ => RetryDecision::DoNotRetry,
        }
    }
}

fn retrying(rig: &Rig) -> ClientWithMiddleware {
    ClientBuilder::new(plain()).with(RetryTransientMiddleware::new_with_policy(AtOnce)).with(rig.middleware()).build()
}

#[tokio::test]
async fn a_rejection_is_not_retried() {
    let rig = rig();
    rig.breaker.set_mode(Mode::ForcedOpen);
    let server = Server::answering([200]).await;
    let error = retrying(&rig).get(server.url()).send().await.expect_err("a rejection");
    assert!(rejection(&error).is_some(), "{error:?}");
    assert_eq!((rig.ends(), server.requests()), (Ends { rejections: 1, ..Ends::default() }, 0));
}

#[tokio::test]
async fn retries_end_when_the_circuit_opens() {
    let rig = with(&tripping().consecutive_failures(3));
    let server = Server::answering([503]).await;
    let error = retrying(&rig).get(server.url()).send().await.expect_err("a rejection");
    assert!(rejection(&error).is_some(), "{error:?}");
    assert_eq!(error.to_string(), "Request failed after 3 retries");
    assert_eq!((rig.ends(), server.requests()), (Ends { failures: 3, rejections: 1, ..Ends::default() }, 3));
}

/// Retries every error that isn't a rejection.
struct AllButRejections;

impl RetryableStrategy for AllButRejections {
    fn handle(&self, result: &Result<Response, Error>) -> Option<Retryable> {
        let error = result.as_ref().err()?;
        Some(if rejection(error).is_some() { Retryable::Fatal } else { Retryable::Transient })
    }
}

#[tokio::test]
async fn a_strategy_of_ones_own_recognizes_rejections() {
    let rig = with(&tripping().consecutive_failures(3));
    let server = Server::new(|stream| async move { drop(stream) }).await;
    let client = ClientBuilder::new(plain())
        .with(RetryTransientMiddleware::new_with_policy_and_strategy(AtOnce, AllButRejections))
        .with(rig.middleware())
        .build();
    let error = client.get(server.url()).send().await.expect_err("a rejection");
    assert!(rejection(&error).is_some(), "{error:?}");
    assert_eq!(rig.ends(), Ends { failures: 3, rejections: 1, ..Ends::default() });
}

#[tokio::test]
async fn a_request_timeout_of_the_breaker_is_not_retried() {
    let rig = with(&tripping().consecutive_failures(9).request_timeout(Duration::from_secs(2)));
    let (server, arrived) = Server::silent().await;
    let request = tokio::spawn(retrying(&rig).get(server.url()).send());
    arrived.notified().await;
    rig.time.advance(Duration::from_secs(2));
    let error = request.await.expect("no panic").expect_err("a timeout");
    assert!(breaker_error(&error).is_some_and(CircuitBreakerError::is_timeout), "{error:?}");
    assert_eq!((rig.ends(), server.requests()), (Ends { failures: 1, timeouts: 1, ..Ends::default() }, 1));
}

#[tokio::test]
async fn each_attempt_counts() {
    let rig = with(&tripping().consecutive_failures(3));
    let server = Server::answering([503, 503, 200]).await;
    assert_eq!(retrying(&rig).get(server.url()).send().await.expect("a response").status(), 200);
    assert_eq!(rig.ends(), Ends { successes: 1, failures: 2, ..Ends::default() });
    assert_eq!(rig.breaker.state(), State::Closed);
}

#[tokio::test]
async fn in_the_other_order_the_retries_are_one_call() {
    let rig = rig();
    let server = Server::answering([503, 200]).await;
    let client = ClientBuilder::new(plain())
        .with(rig.middleware())
        .with(RetryTransientMiddleware::new_with_policy(AtOnce))
        .build();
    assert_eq!(client.get(server.url()).send().await.expect("a response").status(), 200);
    assert_eq!((rig.ends(), server.requests()), (Ends { successes: 1, ..Ends::default() }, 2));
}

/// A limit: reqwest-retry's error hides the one inside of it, so it counts as any other error.
#[tokio::test]
async fn in_the_other_order_an_invalid_request_is_a_failure() {
    let rig = rig();
    let retry = RetryTransientMiddleware::new_with_policy(AtOnce);
    let client = ClientBuilder::new(plain()).with(rig.middleware()).with(retry).build();
    assert!(client.get("ftp://example.org/").send().await.is_err());
    assert_eq!(rig.ends(), Ends { failures: 1, ..Ends::default() });
}

#[tokio::test]
async fn a_rejection_by_another_breaker_inside_is_neutral() {
    let (outer, inner) = (rig(), rig());
    inner.breaker.set_mode(Mode::ForcedOpen);
    for has_retry in [false, true] {
        let mut client = ClientBuilder::new(plain()).with(outer.middleware());
        if has_retry {
            client = client.with(RetryTransientMiddleware::new_with_policy(AtOnce));
        }
        let error = client.with(inner.middleware()).build().get("http://127.0.0.1:1/").send().await;
        assert!(breaker_error(&error.expect_err("a rejection")).is_some());
    }
    assert_eq!(outer.ends(), Ends { ignored: 2, ..Ends::default() });
    assert_eq!(inner.ends(), Ends { rejections: 2, ..Ends::default() });
}
