//! The cache, without loads.

use std::time::Duration;

use breaker_core::{Config, Mode, State};
use breaker_redis::{Cache, CacheCircuitBreakerError};
use redis::{ErrorKind, RedisError, Value};

use crate::rig::{Answer, Scripted, guarded, parsed};

fn cache(script: &Scripted) -> Cache<Scripted> {
    let (connection, ..) = guarded(&Config::builder().consecutive_failures(3), script.clone());
    Cache::new(connection)
}

#[tokio::test]
async fn it_gets_sets_and_deletes() {
    let script = Scripted::default()
        .then(Answer::Value(parsed("$1\r\n7\r\n")))
        .then(Answer::Value(Value::Nil))
        .then(Answer::Value(Value::Okay))
        .then(Answer::Value(Value::Okay))
        .then(Answer::Value(Value::Int(1)))
        .then(Answer::Value(Value::Int(0)));
    let cache = cache(&script);
    assert_eq!(cache.get("a").await.expect("it answers"), Some(7));
    assert_eq!(cache.get::<u32>("a").await.expect("it answers"), None);
    cache.set("a", "x", None).await.expect("it answers");
    cache.set("a", "x", Some(Duration::from_nanos(1_000_001))).await.expect("it answers");
    assert!(cache.delete("a").await.expect("it answers"));
    assert!(!cache.delete("a").await.expect("it answers"));
    assert_eq!(script.asked(), ["GET a", "GET a", "SET a x", "SET a x PX 2", "DEL a", "DEL a"]);
    let metrics = cache.breaker().metrics();
    assert_eq!((metrics.successes, metrics.fallback_successes), (6, 0));
}

#[tokio::test]
async fn it_goes_on_without_the_server() {
    let broken = || Answer::Error(std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into());
    let script = Scripted::default().then(broken()).then(broken()).then(Answer::Value(parsed("-OOM full\r\n")));
    let cache = cache(&script);
    for round in 1..=2_u64 {
        assert_eq!(cache.get::<u32>("a").await.expect("it is a miss"), None);
        cache.set("a", 1, None).await.expect("it does nothing");
        assert!(!cache.delete("a").await.expect("it does nothing"));
        assert_eq!(cache.breaker().metrics().fallback_successes, 3 * round);
    }
    // The first round failed, the second one was rejected.
    assert_eq!((cache.breaker().state(), script.asked().len()), (State::Open, 3));
    assert_eq!(cache.breaker().metrics().rejections, 3);
}

#[tokio::test]
async fn an_error_that_is_the_caller_s_is_returned() {
    let script = Scripted::default()
        .then(Answer::Value(parsed("-WRONGTYPE no string\r\n")))
        .then(Answer::Value(parsed("$3\r\nabc\r\n")))
        .then(Answer::Value(parsed("-NOPERM no permissions\r\n")));
    let cache = cache(&script);
    let error = cache.get::<u32>("list").await.expect_err("it is a list");
    assert_eq!(error.code(), Some("WRONGTYPE"));
    let error = cache.get::<u32>("text").await.expect_err("it is no number");
    assert_eq!(error.kind(), ErrorKind::Parse);
    let error = cache.set("a", 1, None).await.expect_err("it may not");
    assert_eq!(error.code(), Some("NOPERM"));
    let metrics = cache.breaker().metrics();
    assert_eq!((metrics.successes, metrics.failures, metrics.fallback_successes), (3, 0, 0));
}

#[tokio::test]
async fn an_entry_without_a_life_is_refused_before_it_is_sent() {
    let script = Scripted::default();
    let cache = cache(&script);
    let error: RedisError = cache.set("a", 1, Some(Duration::ZERO)).await.expect_err("it would be gone at once");
    assert_eq!(error.kind(), ErrorKind::Client);
    assert!(error.to_string().contains("must be longer than zero"), "{error}");
    assert_eq!(CacheCircuitBreakerError::from_redis(&error), None);
    assert_eq!(script.asked(), [""; 0]);
    cache.set("a", 1, Some(Duration::MAX)).await.expect("it is capped");
    assert_eq!(script.asked(), [format!("SET a 1 PX {}", i64::MAX / 2)]);
}

#[tokio::test]
async fn a_forced_open_circuit_is_a_cache_that_is_empty() {
    let script = Scripted::default();
    let cache = cache(&script);
    cache.breaker().set_mode(Mode::ForcedOpen);
    assert_eq!(cache.get::<String>("a").await.expect("it is a miss"), None);
    assert_eq!(script.asked(), [""; 0]);
    assert!(format!("{cache:?}").starts_with("Cache { connection: Guarded"));
}
