//! A health check.

use std::future::Future;
use std::pin::Pin;

use redis::aio::ConnectionLike;
use redis::{RedisError, cmd};

/// Returns a health check that sends `PING`, for
/// [`Registry::health_check`](breaker_core::Registry::health_check). Give it the inner connection, or a
/// [`Guarded`](crate::Guarded) one: inside a health check of its own service, a command passes and is not counted.
///
/// ```no_run
/// use breaker_core::Registry;
/// use breaker_redis::{Guarded, ping};
///
/// # async fn run() -> redis::RedisResult<()> {
/// let client = redis::Client::open("redis://cache.internal/")?;
/// let connection = Guarded::new("sessions", client.get_multiplexed_async_connection().await?);
/// // Every 10 s, by the preset `cache`.
/// Registry::global().health_check("sessions", ping(connection)).detach();
/// # Ok(())
/// # }
/// ```
pub fn ping<C>(
    connection: C,
) -> impl Fn() -> Pin<Box<dyn Future<Output = Result<(), RedisError>> + Send>> + Send + Sync + 'static
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    move || {
        let mut connection = connection.clone();
        // Any answer will do.
        Box::pin(async move { cmd("PING").exec_async(&mut connection).await })
    }
}
