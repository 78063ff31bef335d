//! Another store answers while the first one can't.

use std::time::Duration;

use breaker_core::{Mode, Rejection, RejectionReason};
use breaker_object_store::{GuardedStore, object_store_error};
use futures::{FutureExt, StreamExt, TryStreamExt};
use object_store::{Error, GetOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions};

use crate::rig::{Answer, Rig, Scripted, at, down, rig};

/// The copy has `a` and `b`, the store only `a`.
async fn pair() -> (Rig, Scripted, GuardedStore<Scripted>) {
    let (rig, copy) = (rig(), Scripted::default());
    rig.inner.memory.put(&at("a"), "first".into()).await.unwrap();
    for key in ["a", "b"] {
        copy.memory.put(&at(key), "copy".into()).await.unwrap();
    }
    let store = rig.store.clone().fallback(copy.clone());
    (rig, copy, store)
}

async fn read(store: &impl ObjectStore, key: &str) -> object_store::Result<bytes::Bytes> {
    store.get(&at(key)).await?.bytes().await
}

#[tokio::test]
async fn reads_that_fail_are_rejected_or_time_out_go_to_it() {
    let (Rig { inner, breaker, hand, .. }, copy, store) = pair().await;
    assert_eq!(read(&store, "a").await.unwrap(), "first");
    assert_eq!(copy.asked().len(), 0);

    inner.failing(1);
    assert_eq!(read(&store, "a").await.unwrap(), "copy");
    inner.then(Answer::Never);
    let mut waiting = read(&store, "a").boxed_local();
    assert!(waiting.as_mut().now_or_never().is_none());
    hand.advance(Duration::from_secs(30));
    assert_eq!(waiting.await.unwrap(), "copy");
    // The circuit is open now.
    assert_eq!(store.head(&at("a")).await.unwrap().size, 4);
    assert_eq!(store.get_ranges(&at("b"), &[0..2, 2..4]).await.unwrap(), ["co", "py"]);
    assert_eq!(store.list_with_delimiter(None).await.unwrap().objects.len(), 2);
    assert_eq!(store.list(None).try_collect::<Vec<_>>().await.unwrap().len(), 2);
    assert_eq!(store.list_with_offset(None, &at("a")).try_collect::<Vec<_>>().await.unwrap().len(), 1);
    assert_eq!(copy.asked(), ["get", "get", "get", "get_ranges", "list_with_delimiter", "list", "list_with_offset"]);
    assert_eq!((breaker.metrics().fallback_successes, breaker.metrics().rejections), (7, 5));
}

#[tokio::test]
async fn an_answer_of_the_store_does_not_go_to_it() {
    let (Rig { inner, breaker, .. }, copy, store) = pair().await;
    assert!(matches!(read(&store, "b").await, Err(Error::NotFound { .. })));
    inner.then(Answer::Fail(Error::NotSupported { source: "no".into() }));
    read(&store, "a").await.unwrap_err();
    assert_eq!((copy.asked().len(), breaker.metrics().fallback_successes), (0, 0));
}

#[tokio::test]
async fn a_rejection_by_a_breaker_inside_goes_to_it() {
    let (Rig { inner, breaker, .. }, _, store) = pair().await;
    inner.then(Answer::Fail(object_store_error(Rejection::new("connector", RejectionReason::Open).into())));
    assert_eq!(read(&store, "a").await.unwrap(), "copy");
    assert_eq!((breaker.metrics().ignored, breaker.metrics().fallback_successes), (1, 1));
}

#[tokio::test]
async fn what_the_copy_lacks_is_not_reported_as_missing() {
    let (Rig { inner, breaker, .. }, copy, store) = pair().await;
    inner.failing(2);
    assert_eq!(read(&store, "z").await.unwrap_err().to_string(), down().to_string());
    copy.failing(1);
    assert_eq!(read(&store, "a").await.unwrap_err().to_string(), down().to_string());
    assert_eq!((breaker.metrics().fallback_failures, copy.asked().len()), (2, 2));
    assert!(read(&store, "z").await.unwrap_err().to_string().contains("open"), "the rejection");

    let etag = copy.memory.head(&at("a")).await.unwrap().e_tag;
    let options = GetOptions { if_none_match: etag, ..GetOptions::default() };
    assert!(matches!(store.get_opts(&at("a"), options).await, Err(Error::NotModified { .. })), "that is an answer");
}

#[tokio::test]
async fn a_listing_that_has_begun_does_not_change_the_store() {
    let (Rig { inner, breaker, .. }, copy, store) = pair().await;
    inner.then(Answer::BreakOff);
    let listed: Vec<_> = store.list(None).collect().await;
    assert!(listed[0].is_ok() && listed[1].is_err());
    assert_eq!((listed.len(), copy.asked().len()), (2, 0));
    assert_eq!(breaker.metrics().failures, 1);
}

#[tokio::test]
async fn a_listing_returns_the_first_error_if_both_fail() {
    let (Rig { inner, breaker, .. }, copy, store) = pair().await;
    inner.failing(1);
    copy.then(Answer::Fail(Error::NotSupported { source: "no".into() }));
    let listed: Vec<_> = store.list(None).collect().await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].as_ref().unwrap_err().to_string(), down().to_string());
    assert_eq!(breaker.metrics().fallback_failures, 1);
}

#[tokio::test]
async fn writes_are_rejected() {
    let (Rig { inner, breaker, .. }, copy, store) = pair().await;
    breaker.set_mode(Mode::ForcedOpen);
    store.put(&at("c"), "new".into()).await.unwrap_err();
    store.put_multipart(&at("c")).await.unwrap_err();
    store.delete(&at("a")).await.unwrap_err();
    store.copy(&at("a"), &at("c")).await.unwrap_err();
    store.rename(&at("a"), &at("c")).await.unwrap_err();
    assert_eq!((inner.asked().len(), copy.asked().len()), (0, 0));
}

#[tokio::test]
async fn writes_go_to_it_by_choice() {
    let (Rig { inner, breaker, .. }, copy, store) = pair().await;
    let store = store.fallback_with_writes(copy.clone());
    breaker.set_mode(Mode::ForcedOpen);
    store.put(&at("c"), "new".into()).await.unwrap();
    assert_eq!(read(&store, "c").await.unwrap(), "new");
    let mut upload = store.put_multipart(&at("d")).await.unwrap();
    upload.put_part("parts".into()).await.unwrap();
    upload.complete().await.unwrap();
    assert_eq!(read(&store, "d").await.unwrap(), "parts");

    let only_new = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    store.put_opts(&at("e"), "new".into(), only_new).await.unwrap_err();
    store.delete(&at("a")).await.unwrap_err();
    store.copy(&at("a"), &at("e")).await.unwrap_err();
    store.rename(&at("a"), &at("e")).await.unwrap_err();
    assert_eq!(copy.asked(), ["put", "get", "create", "part", "complete", "get"]);
    assert_eq!((inner.asked().len(), breaker.metrics().fallback_successes), (0, 4));
}
