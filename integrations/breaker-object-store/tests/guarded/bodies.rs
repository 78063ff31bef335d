//! A get is judged when the body begins.

use std::time::Duration;

use futures::StreamExt;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt};

use crate::rig::{Answer, Rig, at, down, rig};

async fn filled() -> Rig {
    let rig = rig();
    rig.inner.memory.put(&at("a"), "the body".into()).await.unwrap();
    rig
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_failed_call_of_its_own() {
    let Rig { store, inner, breaker, .. } = filled().await;
    inner.then(Answer::BreakOff);
    let got = store.get(&at("a")).await.unwrap();
    assert_eq!((breaker.metrics().successes, breaker.metrics().failures), (1, 0));
    assert_eq!(got.bytes().await.unwrap_err().to_string(), down().to_string());
    assert_eq!((breaker.metrics().requests, breaker.metrics().failures), (2, 1));
}

#[tokio::test]
async fn bodies_that_break_off_open_the_circuit() {
    let Rig { store, inner, breaker, .. } = filled().await;
    // The success at the headers of another get would end the row of failures.
    inner.then(Answer::BreakOff).failing(1);
    store.get(&at("a")).await.unwrap().bytes().await.unwrap_err();
    store.get(&at("a")).await.unwrap_err();
    assert!(breaker.peek().is_err());
}

#[tokio::test]
async fn a_slow_reader_and_one_that_stops_hold_no_place() {
    let Rig { store, breaker, hand, .. } = filled().await;
    let got = store.get(&at("a")).await.unwrap();
    assert_eq!(breaker.metrics().in_flight, 0);
    hand.advance(Duration::from_secs(3_600));
    let mut body = got.into_stream();
    assert_eq!(body.next().await.expect("a chunk").unwrap(), "the body");
    assert!(body.next().await.is_none());
    drop(store.get(&at("a")).await.unwrap().into_stream());
    assert_eq!((breaker.metrics().requests, breaker.metrics().successes), (2, 2));
}

#[tokio::test]
async fn a_range_beyond_the_end_is_a_clear_error() {
    let Rig { store, breaker, .. } = filled().await;
    let options = GetOptions { range: Some(GetRange::Bounded(800..900)), ..GetOptions::default() };
    let error = store.get_opts(&at("a"), options).await.unwrap_err();
    assert!(error.to_string().contains("800"), "{error}");
    // As documented, the trait can't tell it from a store that is down.
    assert_eq!(breaker.metrics().failures, 1);
}

#[tokio::test]
async fn keys_with_odd_characters_and_empty_objects_are_kept() {
    let Rig { store, breaker, .. } = rig();
    for key in ["ä/ö ü", "100%", "a\\b", "a\u{7}b", "q?x=1&y=[2]#z", "🦀", "%2F", "a+b", "a:b*c|d\"e<f>", "-"] {
        let path = at(key);
        store.put(&path, key.to_owned().into()).await.unwrap();
        assert_eq!(store.get(&path).await.unwrap().bytes().await.unwrap(), key);
        store.put(&path, "".into()).await.unwrap();
        assert_eq!(store.get(&path).await.unwrap().bytes().await.unwrap(), "");
        store.delete(&path).await.unwrap();
    }
    assert_eq!(breaker.metrics().failures, 0);
}
