//! Listings are judged by their first item.

use std::pin::pin;
use std::time::Duration;

use breaker_core::{Mode, State};
use breaker_object_store::S3CircuitBreakerError;
use futures::{FutureExt, StreamExt, TryStreamExt};
use object_store::{ObjectStore, ObjectStoreExt};

use crate::rig::{Answer, Rig, at, down, rig};

async fn filled(count: usize) -> Rig {
    let rig = rig();
    for key in 0..count {
        rig.inner.memory.put(&at(&format!("{key:06}")), "".into()).await.unwrap();
    }
    rig
}

#[tokio::test]
async fn a_failure_after_the_first_item_is_a_call_of_its_own() {
    let Rig { store, inner, breaker, .. } = filled(3).await;
    inner.then(Answer::BreakOff);
    let listed: Vec<_> = store.list(None).collect().await;
    assert!(listed[0].is_ok());
    assert_eq!(listed[1].as_ref().expect_err("it breaks off").to_string(), down().to_string());
    assert_eq!(listed.len(), 2);
    assert_eq!((breaker.metrics().successes, breaker.metrics().failures), (1, 1));
}

#[tokio::test]
async fn an_empty_listing_is_a_success_and_one_that_is_not_polled_is_nothing() {
    let Rig { store, inner, breaker, .. } = filled(0).await;
    drop(store.list(None));
    assert_eq!((inner.asked().len(), breaker.metrics().requests), (0, 0));
    assert_eq!(store.list(Some(&at("x"))).count().await, 0);
    assert_eq!(breaker.metrics().successes, 1);
}

#[tokio::test]
async fn a_slow_reader_holds_no_place_and_is_not_cut_off() {
    let Rig { store, breaker, hand, .. } = filled(3).await;
    let mut listing = store.list(None);
    assert!(listing.next().await.expect("an item").is_ok());
    assert_eq!((breaker.metrics().in_flight, breaker.metrics().successes), (0, 1));
    hand.advance(Duration::from_secs(3_600));
    assert_eq!(listing.count().await, 2);
    assert_eq!((breaker.metrics().requests, breaker.metrics().timeouts), (1, 0));
}

#[tokio::test]
async fn a_hundred_thousand_keys_are_listed_while_the_circuit_opens() {
    let Rig { store, inner, breaker, .. } = filled(100_000).await;
    let mut listing = pin!(store.list(None));
    let mut keys = 0;
    while let Some(meta) = listing.try_next().await.unwrap() {
        assert_eq!(meta.location, at(&format!("{keys:06}")));
        keys += 1;
        if keys == 40_000 {
            inner.failing(2);
            for _ in 0..2 {
                store.head(&at("0")).await.unwrap_err();
            }
            assert_eq!(breaker.state(), State::Open);
        }
    }
    assert_eq!(keys, 100_000, "a listing that has begun is not cut off");
    let error = store.list(None).try_next().await.unwrap_err();
    assert!(S3CircuitBreakerError::from_object_store(&error).expect("a rejection").is_rejected());
    assert_eq!((breaker.metrics().requests, breaker.metrics().rejections), (4, 1));
}

#[tokio::test]
async fn a_rejected_listing_ends() {
    let Rig { store, breaker, .. } = filled(3).await;
    breaker.set_mode(Mode::ForcedOpen);
    let mut listing = store.list(None);
    assert!(listing.next().await.expect("the rejection").is_err());
    assert!(listing.next().now_or_never().expect("its end").is_none());
    assert!(listing.next().now_or_never().expect("its end").is_none());
    assert_eq!(breaker.metrics().rejections, 1);
}
