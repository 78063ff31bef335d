//! The client's retries, inside and outside of the breaker.

use std::time::Duration;

use breaker_core::State;
use breaker_object_store::{GuardedConnector, GuardedStore, S3CircuitBreakerError, retry_within};
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt};

use crate::rig::{Answer, OBJECT, breaker, bucket, rig, rig_with};

#[tokio::test]
async fn each_attempt_counts_and_a_rejection_ends_the_retries() {
    let rig = rig_with(10, |connector| connector).await;
    rig.server.times(5, &Answer::Status(503));
    let error = rig.get().await.unwrap_err();
    let refused = S3CircuitBreakerError::from_object_store(&error).expect("the third attempt is rejected");
    assert!(refused.is_rejected() && refused.service() == "bucket");
    assert_eq!((rig.server.asked().len(), rig.breaker.metrics().failures), (2, 2));
    assert_eq!(rig.breaker.metrics().rejections, 1);
}

#[tokio::test]
async fn a_retry_that_succeeds_is_a_success() {
    let rig = rig_with(10, |connector| connector).await;
    rig.server.then(Answer::Status(503));
    assert_eq!(rig.get().await.unwrap(), OBJECT);
    assert_eq!((rig.breaker.metrics().failures, rig.breaker.metrics().successes), (1, 1));
    assert_eq!(rig.breaker.state(), State::Closed);
}

#[tokio::test]
async fn a_cooldown_ends_the_retries_at_once() {
    let rig = rig_with(10, GuardedConnector::cooldown).await;
    rig.server.then(Answer::With(503, "retry-after", "20"));
    let error = rig.get().await.unwrap_err();
    let refused = S3CircuitBreakerError::from_object_store(&error).expect("a rejection");
    assert_eq!(refused.retry_after(), Some(Duration::from_secs(20)));
    assert_eq!(rig.server.asked().len(), 1);
}

#[tokio::test]
async fn a_timeout_is_retried_if_the_request_is_safe() {
    let rig = rig_with(10, |connector| connector).await;
    rig.server.then(Answer::Never);
    let wait = async {
        rig.server.arrival().await;
        rig.hand.advance(Duration::from_secs(30));
    };
    let (result, ()) = futures::join!(rig.get(), wait);
    assert_eq!(result.unwrap(), OBJECT);
    assert_eq!((rig.breaker.metrics().timeouts, rig.breaker.metrics().successes), (1, 1));
}

#[tokio::test]
async fn an_upload_that_is_cut_by_the_connector_is_aborted() {
    let rig = rig_with(0, |connector| connector).await;
    let id = "<InitiateMultipartUploadResult><UploadId>7</UploadId></InitiateMultipartUploadResult>";
    rig.server.then(Answer::Body(id.to_owned())).times(2, &Answer::Status(503));
    let mut upload = rig.store.put_multipart(&Path::from("a")).await.unwrap();
    for _ in 0..3 {
        upload.put_part("part".into()).await.unwrap_err();
    }
    upload.complete().await.unwrap_err();
    upload.abort().await.unwrap();
    assert_eq!(rig.breaker.state(), State::Open);
    let [_, first, second, abortion] = &rig.server.asked()[..] else { panic!("{:?}", rig.server.asked()) };
    assert_eq!(
        (&first[..], &second[..]),
        ("PUT /bucket/a?partNumber=1&uploadId=7", "PUT /bucket/a?partNumber=2&uploadId=7")
    );
    assert_eq!(abortion, "DELETE /bucket/a?uploadId=7");
    assert_eq!((rig.breaker.metrics().requests, rig.breaker.metrics().rejections), (4, 1));
}

#[tokio::test]
async fn retries_that_fit_give_the_stores_own_error() {
    let retries = retry_within(Duration::from_secs(2));
    assert_eq!((retries.max_retries, retries.retry_timeout), (10, Duration::from_secs(1)));
    assert_eq!(retries.backoff.max_backoff, Duration::from_millis(250));
    assert_eq!(retry_within(Duration::from_millis(80)).backoff.init_backoff, Duration::from_millis(10));

    let rig = rig().await;
    rig.server.times(11, &Answer::Status(503));
    let bucket = bucket(rig.address, retry_within(Duration::from_millis(200))).build().unwrap();
    let (breaker, _) = breaker();
    let store = GuardedStore::with(breaker.clone(), bucket);
    let error = store.head(&Path::from("a")).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("max_retries: 10, retry_timeout: 100ms") && text.contains("503"), "{text}");
    assert_eq!((breaker.metrics().failures, breaker.metrics().timeouts), (1, 0));
    assert!(rig.server.asked().len() > 1, "it was retried");
}
