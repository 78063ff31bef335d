//! A listing of 100,000 keys, page by page.

use std::fmt::Write as _;

use breaker_core::State;
use breaker_object_store::S3CircuitBreakerError;
use futures::TryStreamExt;
use object_store::ObjectStore;

use crate::rig::{Answer, Rig, rig};

const PAGES: usize = 100;
const KEYS: usize = 1_000;

/// A page with as many keys as S3 sends at once.
fn page(number: usize) -> Answer {
    let mut text = "<ListBucketResult>".to_owned();
    for key in 0..KEYS {
        let key = number * KEYS + key;
        let date = "2026-11-28T00:00:00.000Z";
        write!(text, "<Contents><Key>{key:06}</Key><LastModified>{date}</LastModified><Size>1</Size></Contents>")
            .expect("a string takes it");
    }
    if number + 1 < PAGES {
        write!(text, "<NextContinuationToken>{number}</NextContinuationToken>").expect("a string takes it");
    }
    text.push_str("</ListBucketResult>");
    Answer::Body(text)
}

#[tokio::test]
async fn each_page_is_a_call() {
    let Rig { server, store, breaker, .. } = rig().await;
    for number in 0..PAGES {
        server.then(page(number));
    }
    let keys: Vec<_> = store.list(None).map_ok(|meta| meta.location.to_string()).try_collect().await.unwrap();
    let expected: Vec<_> = (0..PAGES * KEYS).map(|key| format!("{key:06}")).collect();
    assert!(keys == expected, "{} keys", keys.len());
    assert_eq!((breaker.metrics().requests, breaker.metrics().successes), (100, 100));
}

#[tokio::test]
async fn a_circuit_that_opens_ends_it_with_an_error() {
    let rig = rig().await;
    for number in 0..40 {
        rig.server.then(page(number));
    }
    rig.server.times(2, &Answer::Status(503));
    let mut listing = rig.store.list(None);
    for _ in 0..40 * KEYS {
        listing.try_next().await.unwrap().expect("a key");
    }
    // The client asks for the next page when it is needed.
    rig.get().await.unwrap_err();
    rig.get().await.unwrap_err();
    assert_eq!(rig.breaker.state(), State::Open);
    let error = listing.try_next().await.unwrap_err();
    assert!(S3CircuitBreakerError::from_object_store(&error).expect("a rejection").is_rejected(), "{error}");
    assert_eq!(rig.breaker.metrics().rejections, 1);
}
