//! Errors: where they come from, and what finds them in a chain of sources.

use std::error::Error as _;
use std::time::Duration;

use breaker_core::{CircuitBreakerError, Rejection, RejectionReason};
use breaker_tower::{BoxError, CircuitBreakerLayer, Error};
use tower::{Layer, ServiceExt, service_fn};

use crate::rig::{OPEN, Readiness, Strict, rig};

/// Looks for an error of this type in a chain of sources.
fn find<'a, T: std::error::Error + 'static>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a T> {
    std::iter::successors(Some(error), |error| (*error).source()).find_map(|error| error.downcast_ref())
}

#[tokio::test]
async fn a_rejection_is_found_in_any_chain() {
    let rig = rig();
    rig.open();
    let layer = CircuitBreakerLayer::with(rig.breaker.clone());
    let error = layer.layer(Strict::new(Readiness::Ready)).oneshot(Ok(1)).await.expect_err("rejected");
    assert_eq!(error.to_string(), "the call of `svc` was rejected");
    let boxed: BoxError = error.into();
    assert!(boxed.downcast_ref::<Error>().is_some_and(Error::is_rejected));
    // As an I/O error, which shows only the source of the error that it holds.
    let boxed: BoxError = std::io::Error::other(boxed).into();
    let found = find::<CircuitBreakerError>(&*boxed).expect("the breaker's error");
    assert_eq!((found.is_rejected(), found.retry_after()), (true, Some(OPEN)));
    assert_eq!(find::<RejectionReason>(&*boxed), Some(&RejectionReason::Open));
}

#[tokio::test]
async fn an_inner_error_is_the_source() {
    let rig = rig();
    let inner = service_fn(|()| async { Err::<(), _>(std::io::Error::from(std::io::ErrorKind::ConnectionRefused)) });
    let error = CircuitBreakerLayer::with(rig.breaker.clone()).layer(inner).oneshot(()).await.expect_err("refused");
    assert_eq!(error.to_string(), "the call of the inner service failed");
    assert!(error.breaker().is_none() && !error.is_rejected() && !error.is_timeout());
    let source = error.source().and_then(|source| source.downcast_ref::<std::io::Error>()).expect("the inner error");
    assert_eq!(source.kind(), std::io::ErrorKind::ConnectionRefused);
    let inner = error.into_inner().expect("the inner error");
    assert!(inner.is::<std::io::Error>());
}

/// A boxed error, as that of tower's timeout, is not boxed again.
#[tokio::test]
async fn a_boxed_error_stays_what_it_is() {
    let rig = rig();
    let inner = service_fn(|()| async { Err::<(), BoxError>("refused".into()) });
    let layer = CircuitBreakerLayer::with(rig.breaker.clone());
    let error = layer.layer(inner).oneshot(()).await.expect_err("refused");
    assert_eq!(error.into_inner().expect("the inner error").to_string(), "refused");
}

#[tokio::test]
async fn the_rejection_of_an_inner_layer_is_not_hidden() {
    let (outer, inner) = (rig(), rig());
    inner.open();
    let service = CircuitBreakerLayer::with(inner.breaker.clone()).layer(Strict::new(Readiness::Ready));
    let service = CircuitBreakerLayer::with(outer.breaker.clone()).layer(service);
    let error = service.oneshot(Ok(1)).await.expect_err("rejected");
    assert!(error.is_rejected());
    assert_eq!(error.retry_after(), Some(OPEN));
}

#[test]
fn a_timeout_is_no_rejection() {
    let error = Error::from(CircuitBreakerError::timed_out("svc", Duration::from_secs(2)));
    assert!(error.is_timeout() && !error.is_rejected());
    assert_eq!((error.retry_after(), error.inner().is_none()), (None, true));
    assert!(find::<CircuitBreakerError>(&error).is_some_and(CircuitBreakerError::is_timeout));
    assert_eq!(
        error.into_inner().expect_err("the breaker's").to_string(),
        "circuit breaker `svc`: call timed out after 2s"
    );
}

/// No message of the chain repeats another one.
#[test]
fn a_printed_chain_repeats_nothing() {
    let error = Error::from(Rejection::new("svc", RejectionReason::Open).with_retry_after(OPEN));
    let chain = std::iter::successors(Some(&error as &dyn std::error::Error), |error| (*error).source());
    let messages: Vec<String> = chain.map(ToString::to_string).collect();
    let distinct: std::collections::BTreeSet<_> = messages.iter().collect();
    assert_eq!(distinct.len(), messages.len(), "{messages:?}");
    assert!(
        messages.contains(&"circuit breaker `svc` is open: call rejected, retry in 30s".to_owned()),
        "{messages:?}"
    );
}
