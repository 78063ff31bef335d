//! Connections to the servers, and what their commands count as.

use std::time::Duration;

use breaker_core::{CircuitBreaker, Config};
use breaker_redis::{Connection, Guarded};
use redis::aio::{ConnectionLike, ConnectionManagerConfig, MultiplexedConnection};
use redis::{AsyncConnectionConfig, Client, Cmd, RedisError, cmd};
use servers::Redis;

/// Far longer than a command takes on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// A breaker that only counts.
pub(crate) fn counting() -> CircuitBreaker {
    let config = Config::builder().consecutive_failures(1000).request_timeout(LONG).build();
    CircuitBreaker::new("redis", config.expect("it is valid"))
}

/// A breaker that opens after `failures` in a row for a moment, and closes with one probe.
pub(crate) fn quick(failures: u32) -> CircuitBreaker {
    let config = Config::builder().consecutive_failures(failures).success_threshold(1).request_timeout(LONG);
    let config = config.open_timeout(Duration::from_millis(100)).open_timeout_max(Duration::from_millis(100));
    CircuitBreaker::new("redis", config.build().expect("it is valid"))
}

/// A connection without the client's own short limits, which a busy machine exceeds.
pub(crate) async fn multiplexed(url: &str) -> MultiplexedConnection {
    let config = AsyncConnectionConfig::new().set_response_timeout(None).set_connection_timeout(Some(LONG));
    let client = Client::open(url).expect("it is a URL");
    client.get_multiplexed_async_connection_with_config(&config).await.expect("the server accepts the connection")
}

/// A connection that connects with its first command, and again after an outage.
pub(crate) fn reconnecting(url: &str) -> Connection {
    let config = ConnectionManagerConfig::new().set_response_timeout(None).set_connection_timeout(Some(LONG));
    Connection::with_config(Client::open(url).expect("it is a URL"), config).expect("the configuration is valid")
}

pub(crate) async fn guarded(server: &Redis) -> Guarded<MultiplexedConnection> {
    Guarded::with(counting(), multiplexed(&server.url()).await)
}

pub(crate) fn command(words: &str) -> Cmd {
    let mut words = words.split(' ');
    let mut command = cmd(words.next().expect("split gives at least one"));
    words.for_each(|word| {
        command.arg(word);
    });
    command
}

/// How an error counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counts {
    AsFailure,
    AsSuccess,
}

/// Runs a command that fails, and checks the error's code and what it counts as.
pub(crate) async fn fails<C: ConnectionLike + Send>(
    connection: &mut Guarded<C>,
    words: &str,
    code: &str,
    counts: Counts,
) -> RedisError {
    let before = connection.breaker().metrics();
    let error = command(words).exec_async(connection).await.expect_err(words);
    let after = connection.breaker().metrics();
    assert_eq!(error.code(), Some(code), "{words}: {error}");
    let counted = (after.failures - before.failures, after.successes - before.successes);
    let expected = if counts == Counts::AsFailure { (1, 0) } else { (0, 1) };
    assert_eq!(counted, expected, "{words}: {error}");
    error
}

/// Asks again and again, until there is an answer. Blocks no thread.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Result<T, String>) -> T {
    let deadline = std::time::Instant::now() + servers::LIMIT;
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(why) => assert!(std::time::Instant::now() < deadline, "{what}: {why}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
