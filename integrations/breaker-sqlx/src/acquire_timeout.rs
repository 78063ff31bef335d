//! How long a pool may wait for a connection, so that the breaker sees an outage.

use std::time::Duration;

use breaker_core::CircuitBreaker;
use sqlx_core::database::Database as Driver;
use sqlx_core::pool::PoolOptions;

/// The longest `acquire_timeout` with which the pool reports an outage before the breaker cuts the call off.
fn fitting(breaker: &CircuitBreaker) -> Option<Duration> {
    breaker.config().request_timeout().map(|timeout| timeout / 2)
}

pub(crate) fn warn_of_long_acquire(breaker: &CircuitBreaker, acquire_timeout: Duration) {
    let Some(fitting) = fitting(breaker).filter(|fitting| acquire_timeout > *fitting) else { return };
    tracing::warn!(
        target: "circuit_breaker",
        service = breaker.service(),
        acquire_timeout_ms = u64::try_from(acquire_timeout.as_millis()).unwrap_or(u64::MAX),
        allowed_ms = u64::try_from(fitting.as_millis()).unwrap_or(u64::MAX),
        "the pool's acquire_timeout is longer than half the request_timeout: the breaker cuts calls off before the pool reports why",
    );
}

/// Shortens the `acquire_timeout` to what fits.
pub(crate) fn fitted<DB: Driver>(breaker: &CircuitBreaker, pool: PoolOptions<DB>) -> PoolOptions<DB> {
    match fitting(breaker) {
        Some(fitting) if pool.get_acquire_timeout() > fitting => pool.acquire_timeout(fitting),
        _ => pool,
    }
}
