//! A server that is gone, wrong credentials, a bucket that is gone.

use std::time::Duration;

use breaker_core::{Outcome, State};
use breaker_object_store::{Classifier, S3CircuitBreakerError};
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt};
use servers::Proxy;

use crate::rig::{Server, client, client_with};

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_opens_and_its_end_closes() {
    let server = Server::start().await;
    let proxy = Proxy::start(server.address);
    let client = client(proxy.address());
    let path = Path::from("a");
    client.store.put(&path, "one".into()).await.unwrap();

    proxy.refuse();
    proxy.cut();
    for _ in 0..2 {
        let error = client.store.get(&path).await.unwrap_err();
        assert!(S3CircuitBreakerError::from_object_store(&error).is_none(), "{error}");
    }
    assert_eq!((client.outer.state(), client.inner.state()), (State::Open, State::Open));
    let accepted = proxy.accepted();
    let error = client.store.get(&path).await.unwrap_err();
    let refused = S3CircuitBreakerError::from_object_store(&error).expect("a rejection");
    assert_eq!((refused.service(), proxy.accepted()), ("store", accepted));

    proxy.heal();
    client.inner.reset();
    client.outer_hand.advance(Duration::from_secs(60));
    assert_eq!(client.store.get(&path).await.unwrap().bytes().await.unwrap(), "one");
    assert_eq!(client.inner.state(), State::Closed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_is_counted_by_both() {
    let server = Server::start().await;
    let proxy = Proxy::start(server.address);
    let client = client(proxy.address());
    let path = Path::from("a");
    client.store.put(&path, vec![7; 1_000_000].into()).await.unwrap();
    let before = client.outer.metrics().successes;
    proxy.cut_after(300_000);
    client.store.get(&path).await.unwrap().bytes().await.unwrap_err();
    assert_eq!((client.outer.metrics().successes, client.outer.metrics().failures), (before + 1, 1));
    assert_eq!(client.inner.metrics().failures, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_byte_that_does_not_come_is_a_timeout_of_the_request() {
    let server = Server::start().await;
    let proxy = Proxy::start(server.address);
    let client = client(proxy.address());
    let path = Path::from("a");
    client.store.put(&path, "one".into()).await.unwrap();
    proxy.black_hole();
    let wait = async {
        while client.inner.metrics().in_flight == 0 {
            tokio::task::yield_now().await;
        }
        client.outer_hand.advance(Duration::from_secs(30));
    };
    let (result, ()) = futures::join!(client.store.get(&path), wait);
    let error = result.unwrap_err();
    assert!(S3CircuitBreakerError::from_object_store(&error).expect("the breaker's error").is_timeout(), "{error}");
    // The request inside was dropped with the operation.
    assert_eq!((client.outer.metrics().timeouts, client.inner.metrics().abandoned), (1, 1));
    assert_eq!((client.outer.metrics().in_flight, client.inner.metrics().in_flight), (0, 0));
}

#[tokio::test]
async fn wrong_credentials_are_an_answer_and_a_failure_by_choice() {
    let server = Server::start().await;
    let client = client_with(server.address, "wrong");
    let path = Path::from("a");
    let error = client.store.put(&path, "one".into()).await.unwrap_err();
    assert!(matches!(error, Error::PermissionDenied { .. }), "{error}");
    assert_eq!((client.outer.metrics().successes, client.inner.metrics().successes), (1, 1));

    let strict = client.store.clone().classify(Classifier::new().denied(Outcome::Failure));
    for _ in 0..2 {
        strict.get(&path).await.unwrap_err();
    }
    assert_eq!((client.outer.state(), client.inner.state()), (State::Open, State::Closed));
}

#[tokio::test]
async fn a_bucket_that_is_gone_is_told_from_an_outage_by_the_connector() {
    let server = Server::start().await;
    let client = client(server.address);
    let path = Path::from("a");
    client.store.put(&path, "one".into()).await.unwrap();
    server.remove_bucket();
    assert!(matches!(client.store.get(&path).await, Err(Error::NotFound { .. })));
    assert_eq!(client.outer.metrics().failures, 0);
    let error = client.store.list(None).try_next().await.unwrap_err();
    assert!(matches!(error, Error::Generic { .. }), "{error}");
    assert_eq!((client.outer.metrics().failures, client.inner.metrics().failures), (1, 0));
}
