//! Each method is a call.

use breaker_core::{Config, Mode, Registry, State};
use breaker_object_store::{GuardedStore, S3CircuitBreakerError};
use futures::{FutureExt, StreamExt, TryStreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{Error, MultipartUpload, ObjectStore, ObjectStoreExt, PutMultipartOptions, Result};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use crate::rig::{Answer, Rig, at, down, rig};

type Store = GuardedStore<crate::rig::Scripted>;

/// Calls a method by its name, as the script calls it.
async fn call(store: &Store, method: &str) -> Result<()> {
    let (a, b) = (at("a"), at("b"));
    match method {
        "put" => store.put(&a, "one".into()).await.map(drop),
        "create" => store.put_multipart(&a).await.map(drop),
        "get" => store.get(&a).await?.bytes().await.map(drop),
        "get_ranges" => store.get_ranges(&a, &[0..1, 2..3]).await.map(drop),
        "delete" => store.delete(&b).await,
        "list" => store.list(None).try_collect::<Vec<_>>().await.map(drop),
        "list_with_offset" => store.list_with_offset(None, &at("0")).try_collect::<Vec<_>>().await.map(drop),
        "list_with_delimiter" => store.list_with_delimiter(None).await.map(drop),
        "copy" => store.copy(&a, &b).await,
        "rename" => store.rename(&b, &a).await,
        method => panic!("there is no {method}"),
    }
}

const METHODS: [&str; 10] = [
    "put",
    "create",
    "get",
    "get_ranges",
    "copy",
    "rename",
    "list",
    "list_with_offset",
    "list_with_delimiter",
    "delete",
];

#[tokio::test]
async fn each_method_is_one_call_of_the_same_method() {
    let Rig { store, inner, breaker, .. } = rig();
    for (method, calls) in METHODS.into_iter().zip(1..) {
        call(&store, method).await.unwrap_or_else(|error| panic!("{method}: {error}"));
        assert_eq!((breaker.metrics().requests, breaker.metrics().successes), (calls, calls), "{method}");
    }
    assert_eq!(inner.asked(), METHODS);
}

#[tokio::test]
async fn each_failure_counts_and_opens_the_circuit() {
    for method in METHODS {
        let Rig { store, inner, breaker, .. } = rig();
        inner.failing(2);
        for _ in 0..2 {
            let error = call(&store, method).await.expect_err(method);
            assert_eq!(error.to_string(), down().to_string(), "the store's own error");
        }
        assert_eq!((breaker.state(), breaker.metrics().failures), (State::Open, 2), "{method}");
    }
}

#[tokio::test]
async fn a_rejected_call_is_not_made() {
    let Rig { store, inner, breaker, .. } = rig();
    breaker.set_mode(Mode::ForcedOpen);
    for method in METHODS {
        let error = call(&store, method).await.expect_err(method);
        let refused = S3CircuitBreakerError::from_object_store(&error).expect("the breaker's error");
        assert!(refused.is_rejected() && refused.service() == "archive", "{method}: {error}");
    }
    assert_eq!((inner.asked().len(), breaker.metrics().rejections), (0, METHODS.len() as u64));
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_cut_off() {
    for method in METHODS {
        let Rig { store, inner, breaker, hand } = rig();
        inner.then(Answer::Never);
        let mut running = pin!(call(&store, method));
        assert!(running.as_mut().now_or_never().is_none(), "{method}");
        hand.advance(Duration::from_secs(30));
        let error = running.now_or_never().expect("it is cut off").expect_err(method);
        let refused = S3CircuitBreakerError::from_object_store(&error).expect("the breaker's error");
        assert!(refused.is_timeout(), "{method}: {error}");
        assert_eq!(
            error.to_string(),
            "Generic archive error: the store did not answer in time: circuit breaker `archive`: call timed out after 30s",
        );
        assert_eq!((breaker.metrics().timeouts, breaker.metrics().failures), (1, 1), "{method}");
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_is_neutral() {
    for method in METHODS {
        let Rig { store, inner, breaker, .. } = rig();
        inner.then(Answer::Never);
        assert!(call(&store, method).now_or_never().is_none(), "{method}");
        assert_eq!((breaker.metrics().abandoned, breaker.metrics().in_flight), (1, 0), "{method}");
    }
}

#[tokio::test]
async fn a_panic_of_the_store_is_a_failure() {
    for method in METHODS {
        let Rig { store, inner, breaker, .. } = rig();
        inner.then(Answer::Panic);
        let running = tokio::spawn(async move { call(&store, method).await });
        assert!(running.await.expect_err(method).is_panic());
        assert_eq!(breaker.metrics().failures, 1, "{method}");
    }
}

#[tokio::test]
async fn a_circuit_that_opened_closes_again() {
    let Rig { store, inner, breaker, hand } = rig();
    inner.failing(2);
    for _ in 0..2 {
        call(&store, "put").await.unwrap_err();
    }
    call(&store, "put").await.unwrap_err();
    assert_eq!(inner.asked().len(), 2);
    hand.advance(Duration::from_secs(60));
    assert_eq!(breaker.state(), State::HalfOpen);
    for method in ["put", "get", "list"] {
        call(&store, method).await.expect(method);
    }
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test]
async fn a_dynamic_store_and_clones_share_the_breaker() {
    let inner: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let store = GuardedStore::new("dynamic", inner);
    let again: Box<dyn ObjectStore> = Box::new(GuardedStore::new("dynamic", InMemory::new()));
    again.put(&at("a"), "1".into()).await.unwrap();
    assert!(matches!(store.clone().head(&at("a")).await, Err(Error::NotFound { .. })));
    assert_eq!(store.breaker().metrics().successes, 2);
    assert_eq!(store.to_string(), "GuardedStore(dynamic, InMemory)");
    assert!(format!("{store:?}").contains("InMemory"));

    let config = Registry::global().get("dynamic").expect("it was created").config();
    let preset = Config::s3();
    assert_eq!(config.failure_threshold(), preset.failure_threshold());
    assert_eq!(config.request_timeout(), Some(Duration::from_secs(30)));
    assert_eq!(config.open_timeout(), Duration::from_secs(60));
}

#[tokio::test]
async fn the_low_level_of_uploads_counts_and_its_abortion_is_not_rejected() {
    use object_store::multipart::MultipartStore;

    let (breaker, path) = (breaker_core::CircuitBreaker::new("parts", Config::s3()), at("a"));
    let store = GuardedStore::with(breaker.clone(), InMemory::new());
    let id = store.create_multipart(&path).await.unwrap();
    let part = store.put_part(&path, &id, 0, "one".into()).await.unwrap();
    store.complete_multipart(&path, &id, vec![part]).await.unwrap();
    let id = store.create_multipart_opts(&path, PutMultipartOptions::default()).await.unwrap();
    assert_eq!(breaker.metrics().successes, 4);

    breaker.set_mode(Mode::ForcedOpen);
    assert!(store.put_part(&path, &id, 0, "two".into()).await.is_err());
    store.abort_multipart(&path, &id).await.unwrap();
    assert_eq!((breaker.metrics().successes, breaker.metrics().rejections), (4, 1));
}

#[test]
fn futures_and_streams_can_be_sent() {
    fn is_send<T: Send>(_: &T) {}
    fn upload(_: impl Future<Output = Result<Box<dyn MultipartUpload>>> + Send) {}
    let store = rig().store;
    is_send(&store.get(&at("a")));
    is_send(&store.list(None));
    is_send(&store.delete_stream(futures::stream::empty().boxed()));
    upload(store.put_multipart(&Path::from("a")));
}
