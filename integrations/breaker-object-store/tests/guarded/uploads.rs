//! Multipart uploads.

use std::time::Duration;

use breaker_core::{Config, Mode, State};
use breaker_object_store::{GuardedStore, IncompleteUpload, S3CircuitBreakerError};
use futures::FutureExt;
use object_store::local::LocalFileSystem;
use object_store::{Error, MultipartUpload, ObjectStoreExt, WriteMultipart};

use crate::rig::{Answer, Rig, at, rig};

fn is_incomplete(error: &Error) -> bool {
    matches!(error, Error::Generic { source, .. } if source.is::<IncompleteUpload>())
}

#[tokio::test]
async fn each_step_is_a_call() {
    let Rig { store, inner, breaker, .. } = rig();
    let mut upload = store.put_multipart(&at("a")).await.unwrap();
    // The futures may run in any order.
    let (first, empty, last) =
        (upload.put_part("one ".into()), upload.put_part("".into()), upload.put_part("two".into()));
    last.await.unwrap();
    empty.await.unwrap();
    first.await.unwrap();
    upload.complete().await.unwrap();
    assert_eq!(inner.asked(), ["create", "part", "part", "part", "complete"]);
    assert_eq!(breaker.metrics().successes, 5);
    assert_eq!(store.get(&at("a")).await.unwrap().bytes().await.unwrap(), "one two");
}

#[tokio::test]
async fn an_upload_that_is_cut_in_the_middle_can_be_aborted_and_not_completed() {
    let Rig { store, inner, breaker, .. } = rig();
    let mut upload = store.put_multipart(&at("a")).await.unwrap();
    upload.put_part("one".into()).await.unwrap();
    inner.failing(2);
    upload.put_part("two".into()).await.unwrap_err();
    upload.put_part("two".into()).await.unwrap_err();
    let error = upload.put_part("two".into()).await.unwrap_err();
    assert!(S3CircuitBreakerError::from_object_store(&error).expect("a rejection").is_rejected());

    let error = upload.complete().await.unwrap_err();
    assert!(is_incomplete(&error), "{error}");
    assert_eq!(
        error.to_string(),
        "Generic archive error: circuit breaker `archive` rejected or cancelled a part of this upload: abort it, and \
         upload the object again"
    );
    let before = breaker.metrics();
    upload.abort().await.unwrap();
    assert_eq!(inner.asked(), ["create", "part", "part", "part", "abort"]);
    assert_eq!((breaker.metrics().requests, breaker.state()), (before.requests, State::Open));
}

#[tokio::test]
async fn a_part_that_is_cut_off_makes_no_hole_in_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let files = LocalFileSystem::new_with_prefix(directory.path()).unwrap();
    let store = GuardedStore::with(breaker_core::CircuitBreaker::new("files", Config::s3()), files);
    let mut upload = store.put_multipart(&at("a")).await.unwrap();
    upload.put_part("one".into()).await.unwrap();
    store.breaker().set_mode(Mode::ForcedOpen);
    upload.put_part("two".into()).await.unwrap_err();
    store.breaker().set_mode(Mode::Automatic);
    upload.put_part("three".into()).await.unwrap();
    assert!(is_incomplete(&upload.complete().await.unwrap_err()));
    upload.abort().await.unwrap();
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "nothing is left behind");
}

#[tokio::test]
async fn the_abortion_counts_where_calls_are_admitted() {
    let Rig { store, inner, breaker, .. } = rig();
    let mut upload = store.put_multipart(&at("a")).await.unwrap();
    upload.abort().await.unwrap();
    assert_eq!(breaker.metrics().successes, 2);
    let mut upload = store.put_multipart(&at("a")).await.unwrap();
    inner.failing(1);
    upload.abort().await.unwrap_err();
    assert_eq!(breaker.metrics().failures, 1);
}

#[tokio::test]
async fn write_multipart_aborts_through_an_open_circuit() {
    let Rig { store, inner, .. } = rig();
    let mut write = WriteMultipart::new_with_chunk_size(store.put_multipart(&at("a")).await.unwrap(), 10);
    inner.failing(2);
    write.write(&[7; 45]);
    write.finish().await.unwrap_err();
    assert_eq!(inner.asked().last(), Some(&"abort"));
    assert!(!inner.asked().contains(&"complete"));
    assert!(matches!(inner.memory.head(&at("a")).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn a_creation_that_is_cut_off_is_aborted_when_the_store_has_answered() {
    let Rig { store, inner, hand, breaker } = rig();
    let (answer, waiting) = futures::channel::oneshot::channel();
    inner.then(Answer::After(waiting));
    let path = at("a");
    let mut creation = store.put_multipart(&path).boxed_local();
    assert!(creation.as_mut().now_or_never().is_none());
    hand.advance(Duration::from_secs(30));
    let error = creation.now_or_never().expect("it is cut off").unwrap_err();
    assert!(S3CircuitBreakerError::from_object_store(&error).expect("a timeout").is_timeout());

    answer.send(()).unwrap();
    while inner.asked() != ["create", "abort"] {
        tokio::task::yield_now().await;
    }
    assert_eq!((breaker.metrics().requests, breaker.metrics().timeouts), (1, 1));
}

#[test]
fn a_creation_that_is_dropped_outside_of_a_runtime_is_just_dropped() {
    let Rig { store, inner, breaker, .. } = rig();
    inner.then(Answer::Never);
    assert!(store.put_multipart(&at("a")).now_or_never().is_none());
    assert_eq!((inner.asked(), breaker.metrics().abandoned), (vec!["create"], 1));
}
