//! All kinds of requests work unchanged through the guard.

use std::time::Duration;

use breaker_core::{CircuitBreaker, Config};
use breaker_redis::{CacheCircuitBreakerError, Guarded};
use redis::{AsyncCommands as _, Script, pipe};
use servers::Redis;

use crate::rig::{command, counting, eventually, guarded, reconnecting};

#[tokio::test]
async fn commands_pipelines_transactions_and_scripts_work() {
    let server = Redis::start();
    let mut connection = guarded(&server).await;
    let () = connection.set("key", "value").await.expect("it answers");
    assert_eq!(connection.get::<_, String>("key").await.expect("it answers"), "value");
    let (a, b): (u32, u32) = pipe().incr("a", 1).incr("a", 1).query_async(&mut connection).await.expect("it answers");
    assert_eq!((a, b), (1, 2));
    let transaction = pipe().atomic().incr("a", 1).ignore().incr("a", 1).query_async(&mut connection).await;
    let (a,): (u32,) = transaction.expect("it answers");
    assert_eq!(a, 4);
    // Sent by its digest, then loaded (`NOSCRIPT`), then sent again.
    let script = Script::new("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    assert_eq!(script.key("a").arg(6).invoke_async::<u32>(&mut connection).await.expect("it answers"), 10);
    let keys = connection.scan::<String>().await.expect("it answers");
    let keys: Vec<String> = found_by(keys).await;
    assert_eq!(keys, ["a", "key"]);
    assert_eq!(connection.breaker().metrics().failures, 0);
}

/// Collects what a scan finds, sorted.
async fn found_by(mut scan: redis::AsyncIter<'_, String>) -> Vec<String> {
    let mut found = Vec::new();
    while let Some(key) = scan.next_item().await {
        found.push(key.expect("it is text"));
    }
    found.sort();
    found
}

#[tokio::test]
async fn a_pool_keeps_a_connection_whose_command_was_rejected() {
    let server = Redis::start();
    let pool = deadpool_redis::Config::from_url(server.url());
    let pool = pool.create_pool(Some(deadpool_redis::Runtime::Tokio1)).expect("it is valid");
    let breaker = counting();
    for _ in 0..3 {
        let mut connection = Guarded::with(breaker.clone(), pool.get().await.expect("the server answers"));
        breaker.set_mode(breaker_core::Mode::ForcedOpen);
        let error = command("PING").exec_async(&mut connection).await.expect_err("it is rejected");
        assert!(CacheCircuitBreakerError::from_redis(&error).is_some());
        breaker.set_mode(breaker_core::Mode::Automatic);
        command("PING").exec_async(&mut connection).await.expect("it answers");
    }
    assert_eq!((pool.status().size, breaker.metrics().successes, breaker.metrics().rejections), (1, 3, 3));
}

#[tokio::test]
async fn a_manager_of_redis_own_can_be_guarded() {
    let server = Redis::start();
    let client = redis::Client::open(server.url()).expect("it is a URL");
    let manager = client.get_connection_manager().await.expect("it answers");
    let mut connection = Guarded::with(counting(), manager);
    command("PING").exec_async(&mut connection).await.expect("it answers");
    assert_eq!(connection.breaker().metrics().successes, 1);
}

#[tokio::test]
async fn a_command_that_waits_loses_no_item() {
    let server = Redis::start();
    // Far shorter than the wait.
    let config = Config::builder().request_timeout(Duration::from_millis(50)).build().expect("it is valid");
    let breaker = CircuitBreaker::new("queue", config);
    let mut connection = Guarded::with(breaker.clone(), reconnecting(&server.url()));
    let waiting = tokio::spawn(async move { connection.blpop::<_, (String, String)>("list", 0.0).await });
    // For more than a second: longer than the timeout of the breaker, and than the 500 ms of the client. (The server
    // counts whole seconds of its clock.)
    eventually("it waits", async || {
        let clients = server.command(&["CLIENT", "LIST"])?;
        let idle = |client: &str| client.split(' ').find_map(|field| field.strip_prefix("idle=")?.parse::<u64>().ok());
        let waits = clients.lines().any(|client| client.contains("cmd=blpop") && idle(client) >= Some(2));
        if waits { Ok(()) } else { Err(clients) }
    })
    .await;
    assert!(!waiting.is_finished(), "it was cut off");
    server.command(&["RPUSH", "list", "item"]).expect("it answers");
    let (_, item) = waiting.await.expect("it ends").expect("it answers");
    assert_eq!((item.as_str(), breaker.metrics().timeouts), ("item", 0));
    assert_eq!(server.command(&["LLEN", "list"]).as_deref(), Ok("0"));
}

#[tokio::test]
async fn a_value_that_is_too_long_is_a_clear_error() {
    let server = Redis::start();
    let breaker = counting();
    let mut connection = Guarded::with(breaker.clone(), reconnecting(&server.url()));
    let () = connection.set("kept", 1).await.expect("it is short");
    let error = connection.set::<_, _, ()>("long", vec![0_u8; (512 << 20) + 1]).await.expect_err("it is too long");
    // The server may close the connection before its answer is read.
    assert!(error.to_string().contains("invalid bulk length") || error.is_connection_dropped(), "{error}");
    // The next one has a new connection.
    eventually("the connection is new", async || {
        connection.get::<_, u32>("kept").await.map_err(|error| error.to_string())
    })
    .await;
}
