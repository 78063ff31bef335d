//! What errors count as, and how the breaker's is found.

use std::error::Error as StdError;
use std::io;

use breaker_core::{
    CircuitBreakerError, Classify, Outcome, Registry, Rejection, RejectionReason, circuit_breaker, classify_fn,
};
use breaker_object_store::{Classifier, GuardedStore, S3CircuitBreakerError, classify, object_store_error};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt};

use crate::rig::{Answer, Rig, at, rig};

type Source = Box<dyn StdError + Send + Sync>;

fn with(make: impl FnOnce(String, Source) -> Error) -> Error {
    make("a".to_owned(), "it says so".into())
}

fn answers() -> Vec<Error> {
    vec![
        with(|path, source| Error::NotFound { path, source }),
        with(|path, source| Error::AlreadyExists { path, source }),
        with(|path, source| Error::Precondition { path, source }),
        with(|path, source| Error::NotModified { path, source }),
    ]
}

fn denials() -> Vec<Error> {
    vec![
        with(|path, source| Error::PermissionDenied { path, source }),
        with(|path, source| Error::Unauthenticated { path, source }),
    ]
}

fn neutral() -> Vec<Error> {
    vec![
        with(|_, source| Error::NotSupported { source }),
        Error::NotImplemented { operation: "copy".to_owned(), implementer: "us".to_owned() },
        Error::UnknownConfigurationKey { store: "S3", key: "regoin".to_owned() },
        Path::parse("a//b").expect_err("an empty part").into(),
        object_store_error(Rejection::new("inside", RejectionReason::Open).into()),
    ]
}

async fn failures() -> Vec<Error> {
    let panicked = tokio::spawn(async { panic!("a task of the store panics") }).await.expect_err("it panics");
    let timed_out = object_store_error(timeout().await);
    vec![
        with(|_, source| Error::Generic { store: "S3", source }),
        Error::Generic { store: "LocalFileSystem", source: io::Error::from(io::ErrorKind::StorageFull).into() },
        Error::JoinError { source: panicked },
        timed_out,
    ]
}

/// The error of a call that was cut off.
async fn timeout() -> CircuitBreakerError {
    let Rig { store, inner, hand, .. } = rig();
    inner.then(Answer::Never);
    let path = at("a");
    let (error, ()) = futures::join!(store.head(&path), async { hand.advance(std::time::Duration::from_secs(30)) });
    let error = error.expect_err("it is cut off");
    S3CircuitBreakerError::from_object_store(&error).expect("the breaker's error").breaker().clone()
}

#[tokio::test]
async fn errors_count_as_the_table_says() {
    assert_eq!(classify(&Ok(())), Outcome::Success);
    let strict = Classifier::new().denied(Outcome::Failure);
    for error in answers() {
        assert_eq!(Classifier::default().error(&error), Outcome::Success, "{error}");
        assert_eq!(strict.error(&error), Outcome::Success, "{error}");
    }
    for error in denials() {
        assert_eq!(Classifier::new().error(&error), Outcome::Success, "{error}");
        assert_eq!(Classify::<Error>::classify(&strict, &error), Outcome::Failure, "{error}");
    }
    for error in neutral() {
        assert_eq!(classify::<()>(&Err(error)), Outcome::Ignore);
    }
    for error in failures().await {
        assert_eq!(Classifier::new().outcome::<()>(&Err(error)), Outcome::Failure);
    }
}

#[tokio::test]
async fn a_store_counts_them_so() {
    let Rig { store, inner, breaker, .. } = rig();
    let all = [answers(), denials(), neutral()].concat_all();
    let count = all.len() as u64;
    for error in all {
        inner.then(Answer::Fail(error));
        store.head(&at("a")).await.unwrap_err();
    }
    let metrics = breaker.metrics();
    assert_eq!((metrics.successes, metrics.ignored, metrics.requests), (6, 5, count));
}

trait ConcatAll {
    fn concat_all(self) -> Vec<Error>;
}

impl<const N: usize> ConcatAll for [Vec<Error>; N] {
    fn concat_all(self) -> Vec<Error> {
        self.into_iter().flatten().collect()
    }
}

#[tokio::test]
async fn a_classifier_of_the_users_own_decides() {
    let Rig { store, inner, breaker, .. } = rig();
    let store = store.classify(classify_fn(|error: &Error| match error {
        Error::NotFound { .. } => Outcome::Failure,
        error => Classifier::new().error(error),
    }));
    store.head(&at("a")).await.unwrap_err();
    inner.then(Answer::Fail(denials().remove(0)));
    store.head(&at("a")).await.unwrap_err();
    assert_eq!((breaker.metrics().failures, breaker.metrics().successes), (1, 1));
}

#[test]
fn the_breakers_error_is_found_below_others() {
    let rejection = Rejection::new("archive", RejectionReason::ForcedOpen);
    let error = Error::from(S3CircuitBreakerError::from(rejection.clone()));
    let found = S3CircuitBreakerError::from_object_store(&error).expect("it is inside");
    assert_eq!(found.breaker(), &CircuitBreakerError::from(rejection));
    assert_eq!((found.retry_after(), found.is_timeout()), (None, false));
    let outer = Error::NotFound { path: "a".to_owned(), source: error.into() };
    assert!(S3CircuitBreakerError::from_object_store(&outer).is_some());
    assert!(S3CircuitBreakerError::find(&outer).is_some());
    assert!(S3CircuitBreakerError::from_object_store(&answers()[0]).is_none());
}

#[circuit_breaker(
    service = "attribute-of-stores",
    preset = "s3",
    classify = breaker_object_store::classify,
    map_error = breaker_object_store::object_store_error,
)]
async fn size(store: &dyn ObjectStore, key: &str) -> object_store::Result<u64> {
    Ok(store.head(&Path::from(key)).await?.size)
}

#[tokio::test]
async fn the_attribute_counts_alike_and_two_breakers_count_a_rejection_once() {
    let store = InMemory::new();
    assert!(matches!(size(&store, "a").await, Err(Error::NotFound { .. })));
    let breaker = Registry::global().get("attribute-of-stores").expect("it was called");
    assert_eq!(breaker.metrics().successes, 1);

    let inner = GuardedStore::new("inside-of-attribute", store);
    inner.breaker().set_mode(breaker_core::Mode::ForcedOpen);
    let error = size(&inner, "a").await.expect_err("the inner breaker rejects");
    let found = S3CircuitBreakerError::from_object_store(&error).expect("its error");
    assert_eq!(found.service(), "inside-of-attribute");
    assert_eq!((breaker.metrics().ignored, breaker.metrics().failures), (1, 0));
}
