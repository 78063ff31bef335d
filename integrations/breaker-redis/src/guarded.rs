//! A connection behind a circuit breaker.

use std::fmt;
use std::future::Future;
use std::time::{Duration, Instant};

use breaker_core::{CircuitBreaker, Classify, Config, Registry, Rejection};
use redis::aio::ConnectionLike;
use redis::{Cmd, Pipeline, RedisError, RedisFuture, Value};

use crate::blocking::{has_blocking, is_blocking};
use crate::error::CacheCircuitBreakerError;
use crate::outcome::Redis;
use crate::request::Request;

/// A connection whose commands, pipelines and scripts ask a circuit breaker. It works around every
/// [`ConnectionLike`]: redis' multiplexed connection, `ConnectionManager` and `ClusterConnection`, those of deadpool.
/// Clones share the breaker.
///
/// A rejected command is not sent. It returns a [`RedisError`] in which
/// [`CacheCircuitBreakerError::from_redis`] finds the rejection; so does one that was cancelled after the breaker's
/// `request_timeout`. What counts as a failure: [`Redis`].
///
/// A command that [waits on the server](crate::is_blocking), such as `BLPOP`, and a pipeline with one, is rejected while
/// the circuit is open, and its error counts. But it is exempt from `request_timeout`, is never slow, never takes the
/// place of a probe, and isn't counted at all if it is dropped.
///
/// ```no_run
/// use breaker_redis::{CacheCircuitBreakerError, Guarded};
/// use redis::AsyncCommands;
///
/// # async fn run() -> redis::RedisResult<()> {
/// let client = redis::Client::open("redis://cache.internal/")?;
/// let mut connection = Guarded::new("sessions", client.get_multiplexed_async_connection().await?);
///
/// match connection.get::<_, Option<String>>("user:7").await {
///     Ok(name) => println!("{name:?}"),
///     Err(error) => match CacheCircuitBreakerError::from_redis(&error) {
///         Some(rejected) => println!("no cache now: {rejected}"),
///         None => println!("the command failed: {error}"),
///     },
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Guarded<C> {
    breaker: CircuitBreaker,
    connection: C,
}

impl<C> Guarded<C> {
    /// Puts a connection behind the breaker of this service in the global registry. If it doesn't exist, it is created
    /// with the preset `cache`; files and variables can change its settings.
    #[track_caller]
    pub fn new(service: &str, connection: C) -> Self {
        Self::with(Registry::global().get_or_default(service, Config::cache()), connection)
    }

    /// Puts a connection behind this breaker.
    pub fn with(breaker: CircuitBreaker, connection: C) -> Self {
        Self { breaker, connection }
    }

    /// Returns the breaker.
    pub fn breaker(&self) -> &CircuitBreaker {
        &self.breaker
    }

    /// Returns the inner connection.
    pub fn get_ref(&self) -> &C {
        &self.connection
    }

    /// Returns the inner connection. Commands sent with it bypass the breaker.
    pub fn get_mut(&mut self) -> &mut C {
        &mut self.connection
    }

    /// Returns the inner connection.
    pub fn into_inner(self) -> C {
        self.connection
    }
}

impl<C: ConnectionLike + Send> ConnectionLike for Guarded<C> {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        let Self { breaker, connection } = self;
        let request = Request::new(|| connection.req_packed_command(command));
        if is_blocking(command) { Box::pin(untimed(breaker, request)) } else { timed(breaker, request) }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        let Self { breaker, connection } = self;
        let request = Request::new(move || connection.req_packed_commands(pipeline, offset, count));
        if has_blocking(pipeline) { Box::pin(untimed(breaker, request)) } else { timed(breaker, request) }
    }

    fn get_db(&self) -> i64 {
        self.connection.get_db()
    }
}

/// Runs a request under the breaker.
#[inline]
fn timed<'a, T: 'a, F>(breaker: &'a CircuitBreaker, request: F) -> RedisFuture<'a, T>
where
    F: Future<Output = Result<T, RedisError>> + Send + 'a,
    Redis: Classify<Result<T, RedisError>>,
{
    let rejected = |error| CacheCircuitBreakerError::from(error).into();
    Box::pin(breaker.call_async_mapped(request, |result| Redis.classify(result), rejected))
}

/// Runs a request that waits on the server. It has no permit: as a probe it would keep the others out for as long as it
/// waits, and fail by its lease.
async fn untimed<T, F>(breaker: &CircuitBreaker, request: F) -> Result<T, RedisError>
where
    F: Future<Output = Result<T, RedisError>>,
    Redis: Classify<Result<T, RedisError>>,
{
    if let Some(rejection) = rejection(breaker) {
        return Err(CacheCircuitBreakerError::from(rejection).into());
    }
    let start = Instant::now();
    let result = request.await;
    let is_slow = breaker.config().slow_call_duration().unwrap_or(Duration::MAX);
    breaker.record(Redis.classify(&result), start.elapsed().min(is_slow.saturating_sub(Duration::from_nanos(1))));
    result
}

/// Returns the rejection, which is counted, if the breaker admits no call now.
fn rejection(breaker: &CircuitBreaker) -> Option<Rejection> {
    breaker.peek().err()?;
    match breaker.try_acquire_idle() {
        Err(rejection) => Some(rejection),
        // It has begun to admit calls since then.
        Ok(permit) => {
            permit.ignore();
            None
        }
    }
}

impl<C> fmt::Debug for Guarded<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").field("breaker", &self.breaker).finish_non_exhaustive()
    }
}
