//! The cache on a real server.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use breaker_core::{Mode, State};
use breaker_redis::{Cache, Guarded};
use redis::ErrorKind;
use servers::Redis;

use crate::rig::{LONG, eventually, quick, reconnecting};

#[tokio::test]
async fn keys_and_values_may_be_any_bytes() {
    let server = Redis::start();
    let cache = Cache::new(Guarded::with(quick(3), reconnecting(&server.url())));
    let all: Vec<u8> = (0..=255).collect();
    let odd =
        ["", " ", "\0", "\r\n", "*3\r\n$3\r\nSET\r\n", "a b", "{a}b", "ключ-鍵-🔑", "\u{202e}", "'\"\\", "*", "?"];
    for key in odd.iter().map(|key| key.as_bytes()).chain([all.as_slice(), &[0xff; 10_000]]) {
        let value: Vec<u8> = key.iter().rev().copied().chain(*b"\r\n").collect();
        cache.set(key, value.as_slice(), None).await.expect("any key can be set");
        assert_eq!(cache.get(key).await.expect("any key can be read"), Some(value), "{key:?}");
    }
    for key in odd {
        assert!(cache.delete(key).await.expect("any key can be deleted"), "{key:?}");
        assert_eq!(cache.get::<Vec<u8>>(key).await.expect("it answers"), None);
    }
    assert_eq!(cache.breaker().metrics().successes, 14 * 2 + 12 * 2);
}

#[tokio::test]
async fn entries_live_as_long_as_they_are_told() {
    let server = Redis::start();
    let cache = Cache::new(Guarded::with(quick(3), reconnecting(&server.url())));
    for (ttl, least, most) in [(LONG, 1, 60_000), (Duration::MAX, i64::MAX / 4, i64::MAX)] {
        cache.set("key", 1, Some(ttl)).await.expect("it answers");
        let left: i64 = server.command(&["PTTL", "key"]).expect("it answers").parse().expect("it is a number");
        assert!((least..=most).contains(&left), "{ttl:?}: {left}");
    }
    cache.set("key", 1, None).await.expect("it answers");
    assert_eq!(server.command(&["PTTL", "key"]).as_deref(), Ok("-1"));
    cache.set("key", 1, Some(Duration::from_millis(1))).await.expect("it answers");
    eventually("it is gone", async || match cache.get::<u32>("key").await {
        Ok(None) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
}

#[tokio::test]
async fn it_goes_on_while_the_server_is_down() {
    let server = Redis::start();
    let cache = Cache::new(Guarded::with(quick(3), reconnecting(&server.url())));
    let loads = AtomicUsize::new(0);
    let read = async || {
        let load = || async { Ok::<_, Infallible>(loads.fetch_add(1, Relaxed)) };
        let Ok(value) = cache.get_or_load::<usize, _, _>("key", Some(LONG), load).await;
        value
    };
    assert_eq!((read().await, read().await), (0, 0));
    server.kill();
    for expected in 1..=10 {
        // Nothing is kept, so each read loads.
        assert_eq!(read().await, expected);
        assert_eq!(cache.get::<usize>("key").await.expect("it is a miss"), None);
    }
    assert_ne!(cache.breaker().metrics().transitions.closed_to_open, 0);
    // Two reads. After a read that could not be made, `get_or_load` sets nothing.
    assert_eq!(cache.breaker().metrics().fallback_successes, 20);
    server.start();
    eventually("the value is kept again", async || {
        let first = read().await;
        if read().await == first { Ok(()) } else { Err(format!("{:?}", cache.breaker().state())) }
    })
    .await;
    assert_eq!(cache.breaker().state(), State::Closed);
}

#[tokio::test]
async fn an_entry_of_another_type_is_an_error_and_is_loaded_anew() {
    let server = Redis::start();
    server.command(&["LPUSH", "list", "1"]).expect("it answers");
    let cache = Cache::new(Guarded::with(quick(3), reconnecting(&server.url())));
    let error = cache.get::<u32>("list").await.expect_err("it is a list");
    assert_eq!(error.code(), Some("WRONGTYPE"));
    cache.set("text", "abc", None).await.expect("it answers");
    assert_eq!(cache.get::<u32>("text").await.expect_err("it is no number").kind(), ErrorKind::Parse);
    let Ok(loaded) = cache.get_or_load("list", None, || async { Ok::<_, Infallible>(7) }).await;
    assert_eq!((loaded, cache.get("list").await.expect("it answers")), (7, Some(7)));
    cache.breaker().set_mode(Mode::ForcedOpen);
    assert_eq!(cache.get::<u32>("list").await.expect("it is a miss"), None);
    assert_eq!(cache.breaker().metrics().failures, 0);
}
