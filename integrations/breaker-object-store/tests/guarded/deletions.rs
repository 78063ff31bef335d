//! Deletions are admitted with their first location.

use std::time::Duration;

use breaker_core::Mode;
use breaker_object_store::S3CircuitBreakerError;
use futures::future::pending;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, Result};

use crate::rig::{Answer, Rig, at, down, rig};

async fn filled() -> Rig {
    let rig = rig();
    for key in ["a", "b", "c"] {
        rig.inner.memory.put(&at(key), "".into()).await.unwrap();
    }
    rig
}

fn lost() -> Error {
    Error::Generic { store: "elsewhere", source: "the list of keys is lost".into() }
}

#[tokio::test]
async fn all_are_deleted_in_one_call() {
    let Rig { store, inner, breaker, .. } = filled().await;
    let all = store.list(None).map_ok(|meta| meta.location).boxed();
    let deleted: Vec<Path> = store.delete_stream(all).try_collect().await.unwrap();
    assert_eq!(deleted, [at("a"), at("b"), at("c")]);
    assert_eq!(inner.asked(), ["list", "delete"]);
    assert_eq!((breaker.metrics().successes, inner.memory.list(None).count().await), (2, 0));
}

#[tokio::test]
async fn the_caller_may_take_its_time_to_find_the_first_location() {
    let Rig { store, breaker, hand, .. } = filled().await;
    let (found, finding) = futures::channel::oneshot::channel();
    let locations = stream::once(async { finding.await.map_err(|_| lost()) }).chain(stream::once(pending()));
    let mut deleted = store.delete_stream(locations.boxed());
    assert!(deleted.next().now_or_never().is_none());
    hand.advance(Duration::from_secs(3_600));
    assert_eq!(breaker.metrics().requests, 0);
    found.send(at("b")).unwrap();
    assert_eq!(deleted.next().await.expect("a result").unwrap(), at("b"));
    assert_eq!((breaker.metrics().successes, breaker.metrics().timeouts), (1, 0));
}

#[tokio::test]
async fn errors_of_the_locations_are_returned_and_not_counted() {
    let Rig { store, inner, breaker, .. } = filled().await;
    let locations = [Err(lost()), Ok(at("a")), Err(lost()), Ok(at("b"))];
    let results: Vec<Result<Path>> = store.delete_stream(stream::iter(locations).boxed()).collect().await;
    let texts: Vec<String> =
        results.iter().map(|result| result.as_ref().map_or_else(Error::to_string, Path::to_string)).collect();
    let text = "Generic elsewhere error: the list of keys is lost";
    assert_eq!(texts, [text, "a", text, "b"]);
    assert!(matches!(results[2], Err(Error::Generic { store: "elsewhere", .. })), "it is the caller's own error");
    assert_eq!((breaker.metrics().requests, breaker.metrics().successes), (1, 1));
    assert_eq!(inner.memory.list(None).count().await, 1);
}

#[tokio::test]
async fn locations_that_are_all_errors_and_no_locations_are_no_call() {
    let Rig { store, inner, breaker, .. } = filled().await;
    assert_eq!(store.delete_stream(stream::iter([Err(lost()), Err(lost())]).boxed()).count().await, 2);
    assert_eq!(store.delete_stream(stream::empty().boxed()).count().await, 0);
    assert_eq!((inner.asked().len(), breaker.metrics().requests), (0, 0));
}

#[tokio::test]
async fn a_rejection_deletes_nothing_and_ends() {
    let Rig { store, inner, breaker, .. } = filled().await;
    breaker.set_mode(Mode::ForcedOpen);
    let locations = stream::iter([Ok(at("a")), Ok(at("b"))]).boxed();
    let results: Vec<Result<Path>> = store.delete_stream(locations).collect().await;
    assert_eq!(results.len(), 1);
    let error = results[0].as_ref().expect_err("a rejection");
    assert!(S3CircuitBreakerError::from_object_store(error).expect("a rejection").is_rejected());
    assert_eq!((inner.asked().len(), inner.memory.list(None).count().await), (0, 3));
}

#[tokio::test]
async fn a_failure_after_the_first_result_is_a_call_of_its_own() {
    let Rig { store, inner, breaker, .. } = filled().await;
    inner.then(Answer::BreakOff);
    let locations = stream::iter([Ok(at("a")), Ok(at("b"))]).boxed();
    let results: Vec<Result<Path>> = store.delete_stream(locations).collect().await;
    assert_eq!(results.len(), 2);
    assert_eq!(results[1].as_ref().expect_err("it breaks off").to_string(), down().to_string());
    assert_eq!((breaker.metrics().successes, breaker.metrics().failures), (1, 1));
}
