//! Commands, pipelines and scripts through the guard.

use std::time::Duration;

use breaker_core::{Config, Mode, Registry, State};
use breaker_redis::{CacheCircuitBreakerError, Guarded};
use redis::aio::ConnectionLike as _;
use redis::{AsyncCommands as _, ErrorKind, RedisError, RetryMethod, Value, cmd, pipe};

use crate::rig::{Answer, Scripted, guarded, parsed};

#[tokio::test]
async fn commands_pass_unchanged() {
    let script = Scripted::default().then(Answer::Value(parsed("$5\r\nhello\r\n")));
    let (mut connection, breaker, _) = guarded(&Config::builder(), script.clone());
    assert_eq!(connection.get::<_, String>("greeting").await.expect("it answers"), "hello");
    assert_eq!(script.asked(), ["GET greeting"]);
    assert_eq!(connection.get_db(), 7);
    assert_eq!(breaker.metrics().successes, 1);
}

#[tokio::test]
async fn an_open_circuit_rejects_without_asking() {
    let script = Scripted::default();
    let (mut connection, breaker, _) = guarded(&Config::builder(), script.clone());
    breaker.set_mode(Mode::ForcedOpen);
    let errors: [RedisError; 3] = [
        cmd("PING").exec_async(&mut connection).await.expect_err("it is rejected"),
        pipe().cmd("PING").exec_async(&mut connection).await.expect_err("it is rejected"),
        cmd("BLPOP").arg("list").arg(0).exec_async(&mut connection).await.expect_err("it is rejected"),
    ];
    for error in errors {
        let found = CacheCircuitBreakerError::from_redis(&error).expect("it is the breaker's");
        assert!(found.is_rejected() && !found.is_timeout());
        assert_eq!(found.breaker().service(), "cache");
        // Pools and managers keep the connection.
        assert!(!error.is_unrecoverable_error() && !error.is_connection_dropped() && !error.is_timeout());
        assert!(matches!(error.retry_method(), RetryMethod::NoRetry), "{:?}", error.retry_method());
        assert_eq!(error.kind(), ErrorKind::Io);
    }
    assert_eq!(script.asked(), [""; 0]);
    assert_eq!((breaker.metrics().rejections, breaker.metrics().requests), (3, 3));
}

#[tokio::test]
async fn an_error_as_the_answer_opens_the_circuit() {
    let loading = || Answer::Value(parsed("-LOADING Redis is loading the dataset in memory\r\n"));
    let script = Scripted::default().then(loading()).then(loading());
    let (mut connection, breaker, hand) =
        guarded(&Config::builder().consecutive_failures(2).success_threshold(1), script);
    for _ in 0..2 {
        let error = connection.get::<_, Option<String>>("key").await.expect_err("it is loading");
        assert_eq!(error.code(), Some("LOADING"));
        assert_eq!(CacheCircuitBreakerError::from_redis(&error), None);
    }
    assert_eq!(breaker.state(), State::Open);
    hand.advance(Duration::from_secs(30));
    cmd("PING").exec_async(&mut connection).await.expect("it has loaded");
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test]
async fn an_error_in_a_pipeline_is_seen() {
    let script = Scripted::default()
        .then(Answer::Value(parsed("*2\r\n+OK\r\n-OOM command not allowed\r\n")))
        .then(Answer::Value(parsed("*2\r\n+OK\r\n-WRONGTYPE no list\r\n")))
        // What EXEC answers.
        .then(Answer::Value(Value::Array(vec![parsed("*2\r\n:1\r\n-READONLY no writes\r\n")])));
    let (mut connection, breaker, _) = guarded(&Config::builder(), script.clone());
    for expected in [(0, 1), (1, 1), (1, 2)] {
        pipe().set("a", 1).set("b", 2).exec_async(&mut connection).await.expect_err("one of them fails");
        let metrics = breaker.metrics();
        assert_eq!((metrics.successes, metrics.failures), expected);
    }
    assert_eq!(script.asked()[0], "SET a 1; SET b 2");
}

#[tokio::test(start_paused = true)]
async fn a_hanging_command_times_out() {
    let script = Scripted::default().then(Answer::Never);
    let config = Config::builder().request_timeout(Duration::from_secs(2));
    let breaker = breaker_core::CircuitBreaker::new("hangs", config.build().expect("it is valid"));
    let mut connection = Guarded::with(breaker.clone(), script);
    let error = cmd("GET").arg("key").exec_async(&mut connection).await.expect_err("it hangs");
    let found = CacheCircuitBreakerError::from_redis(&error).expect("it is the breaker's");
    assert!(found.is_timeout() && !found.is_rejected());
    assert!(error.is_timeout() && !error.is_unrecoverable_error());
    let text = "the cache `hangs` did not answer: ";
    assert!(error.to_string().starts_with(text), "{error}");
    assert_eq!((breaker.metrics().timeouts, breaker.metrics().failures), (1, 1));
}

#[tokio::test]
async fn a_command_that_is_dropped_or_never_polled_is_neutral() {
    let script = Scripted::default().then(Answer::Never);
    let (mut connection, breaker, _) = guarded(&Config::builder(), script.clone());
    drop(connection.req_packed_command(&cmd("GET")));
    assert_eq!((breaker.metrics().requests, script.asked().len()), (0, 0));
    let mut waiting = polled_once(connection.req_packed_command(&cmd("GET")));
    assert!(waiting.is_none());
    assert_eq!(breaker.metrics().abandoned, 1);
    waiting = polled_once(connection.req_packed_command(&cmd("GET")));
    assert!(waiting.is_some());
}

/// Polls once, and drops.
fn polled_once<T>(mut future: redis::RedisFuture<'_, T>) -> Option<redis::RedisResult<T>> {
    use std::task::{Context, Poll, Waker};
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}

#[tokio::test]
async fn a_panic_of_the_connection_is_a_failure() {
    let script = Scripted::default().then(Answer::Panic);
    let (mut connection, breaker, _) = guarded(&Config::builder(), script);
    let call = tokio::spawn(async move { cmd("PING").exec_async(&mut connection).await });
    assert!(call.await.expect_err("it panics").is_panic());
    assert_eq!((breaker.metrics().failures, breaker.metrics().in_flight), (1, 0));
}

#[test]
fn a_service_gets_the_preset_of_caches_unless_it_exists() {
    let numbers = |service: &str| {
        let connection = Guarded::new(service, Scripted::default());
        let config = connection.breaker().config();
        (config.failure_threshold(), config.success_threshold(), config.request_timeout(), config.open_timeout())
    };
    let [five, fifteen] = [5, 15].map(Duration::from_secs);
    assert_eq!(numbers("guarded-new"), (Some(10), 5, Some(five), fifteen));
    assert!(Registry::global().get("guarded-new").is_some());

    let own = Config::builder().failure_threshold(3).success_threshold(1).open_timeout(five).build();
    Registry::global().get_or_create("guarded-own", own.expect("it is valid"));
    assert_eq!(numbers("guarded-own"), (Some(3), 1, None, five));
}

#[test]
fn the_inner_connection_is_within_reach() {
    let (mut connection, ..) = guarded(&Config::builder(), Scripted::default());
    assert_eq!(connection.get_ref().get_db(), 7);
    assert_eq!(connection.get_mut().asked(), [""; 0]);
    assert!(format!("{connection:?}").starts_with("Guarded { breaker: "));
    assert_eq!(connection.into_inner().get_db(), 7);
}
