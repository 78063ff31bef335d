//! The connector sees statuses and `Retry-After`.

use std::time::Duration;

use breaker_core::{RejectionReason, State};
use breaker_object_store::{GuardedConnector, Http, S3CircuitBreakerError};
use object_store::path::Path;
use object_store::{Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt};

use crate::rig::{Answer, OBJECT, rig, rig_with};

#[tokio::test]
async fn a_success_is_one() {
    let rig = rig().await;
    assert_eq!(rig.get().await.unwrap(), OBJECT);
    assert_eq!((rig.breaker.metrics().requests, rig.breaker.metrics().successes), (1, 1));
    assert_eq!(rig.server.asked(), ["GET /bucket/a"]);
}

#[tokio::test]
async fn statuses_that_the_trait_hides_are_told_apart() {
    let rig = rig().await;
    for (status, successes) in [400, 401, 403, 404, 409, 412, 416].into_iter().zip(1..) {
        rig.server.then(Answer::Status(status));
        rig.get().await.unwrap_err();
        assert_eq!(rig.breaker.metrics().successes, successes, "{status}");
    }
    for (status, ignored) in [408, 429].into_iter().zip(1..) {
        rig.server.then(Answer::Status(status));
        rig.get().await.unwrap_err();
        assert_eq!(rig.breaker.metrics().ignored, ignored, "{status}");
    }
    for (status, failures) in [500, 503].into_iter().zip(1..) {
        rig.server.then(Answer::Status(status));
        rig.get().await.unwrap_err();
        assert_eq!(rig.breaker.metrics().failures, failures, "{status}");
    }
    assert_eq!(rig.breaker.state(), State::Open);
}

#[tokio::test]
async fn a_range_beyond_the_end_and_a_bucket_that_is_gone_are_answers() {
    let rig = rig().await;
    rig.server.then(Answer::Status(416));
    let options = GetOptions { range: Some(GetRange::Offset(800)), ..GetOptions::default() };
    let error = rig.store.get_opts(&Path::from("a"), options).await.unwrap_err();
    assert!(error.to_string().contains("416 Range Not Satisfiable"), "{error}");
    rig.server.then(Answer::Status(404));
    let error = rig.store.list_with_delimiter(None).await.unwrap_err();
    assert!(error.to_string().contains("404 Not Found"), "{error}");
    rig.server.then(Answer::Status(403));
    assert!(matches!(rig.store.head(&Path::from("a")).await, Err(Error::PermissionDenied { .. })));
    assert_eq!(rig.breaker.metrics().successes, 3);
}

#[tokio::test]
async fn retry_after_is_obeyed_by_choice() {
    for status in [429, 503] {
        let rig = rig_with(0, GuardedConnector::cooldown).await;
        rig.server.then(Answer::With(status, "retry-after", "20"));
        rig.get().await.unwrap_err();
        assert_eq!(rig.breaker.state(), State::Open, "{status}");
        let error = rig.get().await.unwrap_err();
        let refused = S3CircuitBreakerError::from_object_store(&error).expect("a rejection");
        assert_eq!(refused.retry_after(), Some(Duration::from_secs(20)), "{status}");
        rig.hand.advance(Duration::from_secs(20));
        assert_eq!(rig.get().await.unwrap(), OBJECT);
        assert_eq!(rig.server.asked().len(), 2);
    }
}

#[tokio::test]
async fn without_the_choice_it_is_not_and_429_is_neutral() {
    let rig = rig().await;
    for _ in 0..5 {
        rig.server.then(Answer::With(429, "retry-after", "20"));
        rig.get().await.unwrap_err();
    }
    assert_eq!((rig.breaker.metrics().ignored, rig.breaker.state()), (5, State::Closed));
    rig.server.then(Answer::With(503, "retry-after", "20"));
    rig.get().await.unwrap_err();
    assert_eq!((rig.breaker.metrics().failures, rig.breaker.state()), (1, State::Closed));
}

#[tokio::test]
async fn throttling_is_a_failure_by_choice() {
    for change in [GuardedConnector::throttling_is_failure, |connector: GuardedConnector<_>| {
        connector.classify(Http::new().throttling_is_failure())
    }] {
        let rig = rig_with(0, change).await;
        rig.server.times(2, &Answer::Status(429));
        rig.get().await.unwrap_err();
        rig.get().await.unwrap_err();
        assert_eq!((rig.breaker.metrics().failures, rig.breaker.state()), (2, State::Open));
        let error = rig.get().await.unwrap_err();
        let refused = S3CircuitBreakerError::from_object_store(&error).expect("a rejection");
        assert!(refused.to_string().contains(&RejectionReason::Open.to_string()), "{refused}");
    }
}
