//! A cache that keeps working without its server.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use breaker_core::{CircuitBreaker, Outcome};
use redis::aio::ConnectionLike;
use redis::{Arg, Cmd, ErrorKind, FromRedisValue, RedisError, ToSingleRedisArg, Value, cmd, from_redis_value};

use crate::CacheCircuitBreakerError;
use crate::flight::Flights;
use crate::guarded::Guarded;
use crate::outcome::of_redis;

/// The longest string of Redis, 512 MB. A server closes the connection of a client that sends a longer one, with all
/// that other callers have sent.
const LONGEST: usize = 512 * 1024 * 1024;

/// A cache in Redis. While Redis is down or the circuit is open, a read is a miss and a write does nothing. Each of these
/// is counted as a fallback of the breaker ([`fallback_successes`](breaker_core::Metrics::fallback_successes)).
///
/// Errors are only those that say nothing about the server: a value of another type than the caller expects, a key that
/// holds a list, missing permissions, a value that is too long.
///
/// Give entries a time to live. A [`delete`](Self::delete) that could not be made while Redis was down leaves the old
/// entry there.
///
/// Clones share the connection and the loads that are under way.
#[derive(Clone)]
pub struct Cache<C> {
    connection: Guarded<C>,
    flights: Arc<Flights>,
}

impl<C: ConnectionLike + Clone + Send> Cache<C> {
    /// Creates a cache on this connection.
    pub fn new(connection: Guarded<C>) -> Self {
        Self { connection, flights: Arc::default() }
    }

    /// Returns the breaker.
    pub fn breaker(&self) -> &CircuitBreaker {
        self.connection.breaker()
    }

    /// Returns the connection, for other commands.
    pub fn connection(&self) -> &Guarded<C> {
        &self.connection
    }

    /// Returns the value of a key: `None` if it isn't there, or if Redis can't be asked.
    ///
    /// # Errors
    /// If the value doesn't convert to `V`, or if the server refuses the command, for example because the key holds a
    /// list.
    pub async fn get<V: FromRedisValue>(&self, key: impl AsRef<[u8]>) -> Result<Option<V>, RedisError> {
        let answer = self.ask(cmd("GET").arg(key.as_ref())).await?;
        // Without an answer, it is a miss.
        Ok(answer.unwrap_or_default())
    }

    /// Sets the value of a key, for `ttl` (in milliseconds, rounded up), or until it is deleted. Does nothing if Redis
    /// can't be asked.
    ///
    /// # Errors
    /// If the key or the value is longer than 512 MB or `ttl` is zero, in which cases nothing is sent, or if the server
    /// refuses the command.
    pub async fn set(
        &self,
        key: impl AsRef<[u8]>,
        value: impl ToSingleRedisArg,
        ttl: Option<Duration>,
    ) -> Result<(), RedisError> {
        let command = set_command(key.as_ref(), value, ttl)?;
        self.ask::<()>(&command).await.map(drop)
    }

    /// Deletes a key. Returns whether it was there: `false` also if Redis can't be asked.
    ///
    /// # Errors
    /// If the server refuses the command.
    pub async fn delete(&self, key: impl AsRef<[u8]>) -> Result<bool, RedisError> {
        let deleted = self.ask(cmd("DEL").arg(key.as_ref())).await?;
        Ok(deleted.unwrap_or_default())
    }

    /// Returns the value of a key. If it isn't there, or Redis can't be asked, loads it with `load`, and sets it for
    /// `ttl`.
    ///
    /// Callers of this cache and its clones that miss at once share one load, also while the circuit is open: they wait
    /// for the first one, and get a clone of its value. If it fails, each of them loads for itself, all at once; if it is
    /// dropped, the next of them loads. A caller that asks for another type `V` under the same key loads itself.
    ///
    /// Whatever Redis says, the value is loaded: an entry that doesn't convert to `V` is loaded anew and overwritten, and
    /// a value that can't be set is still returned. If Redis could not be asked for the value, nothing is set.
    ///
    /// Don't let `load` call this function with the same key: it would wait for itself.
    ///
    /// # Errors
    /// Returns the error of `load`.
    pub async fn get_or_load<V, E, F>(
        &self,
        key: impl AsRef<[u8]>,
        ttl: Option<Duration>,
        load: impl FnOnce() -> F,
    ) -> Result<V, E>
    where
        V: FromRedisValue + ToSingleRedisArg + Clone + Send + 'static,
        F: Future<Output = Result<V, E>>,
    {
        let key = key.as_ref();
        let is_there = match self.ask::<Option<V>>(cmd("GET").arg(key)).await {
            Ok(Some(Some(value))) => return Ok(value),
            Ok(None) => false,
            Ok(Some(None)) | Err(_) => true,
        };
        let load = async || {
            let value = load().await?;
            // A Redis that has just not answered would keep the caller waiting a second time.
            if is_there {
                // The value is there, whether it can be kept or not. What failed is counted.
                let _ = self.set(key, value.clone(), ttl).await;
            }
            Ok(value)
        };
        self.flights.join(key).value(load).await
    }

    /// Runs a command. Returns `None` if Redis can't be asked, which is counted.
    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<Option<T>, RedisError> {
        let answer = self.connection.clone().req_packed_command(command).await;
        match answer.and_then(Value::extract_error) {
            Ok(answer) => Ok(Some(from_redis_value(answer)?)),
            Err(error) if is_outage(&error) => {
                self.breaker().count_fallback(true);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether the error is that of the breaker, or a failure of the server.
fn is_outage(error: &RedisError) -> bool {
    of_redis(error) == Outcome::Failure || CacheCircuitBreakerError::from_redis(error).is_some()
}

fn set_command(key: &[u8], value: impl ToSingleRedisArg, ttl: Option<Duration>) -> Result<Cmd, RedisError> {
    let mut command = cmd("SET");
    command.arg(key).arg(value);
    for (problem, length) in ["the key is too long", "the value is too long"].into_iter().zip(lengths(&command)) {
        fits(problem, length)?;
    }
    if let Some(ttl) = ttl {
        command.arg("PX").arg(milliseconds(ttl)?);
    }
    Ok(command)
}

/// Returns the lengths of a command's arguments.
fn lengths(command: &Cmd) -> impl Iterator<Item = usize> {
    command.args_iter().skip(1).map(|word| match word {
        Arg::Simple(word) => word.len(),
        // A cursor, or what a later version adds: short.
        _ => 0,
    })
}

fn fits(problem: &'static str, length: usize) -> Result<(), RedisError> {
    if length <= LONGEST {
        return Ok(());
    }
    let detail =
        format!("it has {length} bytes, and Redis takes at most 512 MB ({LONGEST} bytes): split it, or compress it");
    Err((ErrorKind::Client, problem, detail).into())
}

/// Redis' largest time to live is about 292 million years.
fn milliseconds(ttl: Duration) -> Result<i64, RedisError> {
    if ttl.is_zero() {
        return Err((
            ErrorKind::Client,
            "the time to live of an entry must be longer than zero: pass `None` for no limit, or call `delete`",
        )
            .into());
    }
    let millis = ttl.as_nanos().div_ceil(1_000_000);
    // Added to the time of day on the server, so half of what fits.
    Ok(i64::try_from(millis).unwrap_or(i64::MAX).min(i64::MAX / 2))
}

impl<C> fmt::Debug for Cache<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("connection", &self.connection).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_longer_than_redis_takes_is_named() {
        assert!(fits("the value is too long", LONGEST).is_ok());
        let error = fits("the value is too long", LONGEST + 1).expect_err("it is too long");
        assert_eq!(
            error.to_string(),
            "the value is too long - Client: it has 536870913 bytes, and Redis takes at most 512 MB (536870912 bytes): \
             split it, or compress it"
        );
        assert_eq!(of_redis(&error), Outcome::Ignore);
        let lengths: Vec<usize> = lengths(&set_command(b"key", "value", None).expect("it fits")).collect();
        assert_eq!(lengths, [3, 5]);
    }
}
