//! What breaker-sqlx allocates, beside the same call on a plain pool. In a binary of its own, because of its allocator.
//!
//! Over a real `PostgreSQL`: calls of `SQLite` are answered by another thread, and the channels between them allocate only
//! if an answer is slow.
#![cfg(target_os = "linux")]

use std::future::Future;

use breaker_core::{CircuitBreaker, Config, Mode};
use breaker_sqlx::{Database, DatabaseCircuitBreakerError};
use servers::Postgres;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Executor, PgPool};

#[path = "../../tests/counting.rs"]
#[expect(dead_code, reason = "shared with tests that also count bytes")]
mod counting;

/// One connection, so that no call makes another one.
async fn pool(server: &Postgres) -> PgPool {
    PgPoolOptions::new().max_connections(1).connect(&server.url()).await.expect("connected")
}

const CALLS: u64 = 200;

/// Returns the allocations of this many calls: the least of several runs, because buffers and lists grow now and then.
async fn allocations<F: Future<Output = ()>>(mut call: impl FnMut() -> F) -> u64 {
    let mut least = u64::MAX;
    for _ in 0..5 {
        let before = counting::made();
        for _ in 0..CALLS {
            call().await;
            // The task that returns the connection.
            tokio::task::yield_now().await;
        }
        least = least.min(counting::made() - before);
    }
    least
}

/// The box of a timeout in debug builds of sqlx, with which the connection of a call returns to the pool.
const BOXED_TIMEOUT: u64 = cfg!(debug_assertions) as u64;

#[track_caller]
fn is_at_most(wrapped: u64, plain: u64, more: u64) {
    // Half of what one more in each call adds.
    let tolerance = CALLS / 2;
    assert!(wrapped <= plain + CALLS * more + tolerance, "{wrapped} allocations, {plain} without the wrapper");
}

#[tokio::test]
async fn a_call_allocates_no_more_than_on_a_plain_pool() {
    let server = Postgres::start();
    let pool = pool(&server).await;
    // No timeout, whose timer the core allocates.
    let breaker = CircuitBreaker::new("counted", Config::default());
    breaker.leak();
    let db = Database::with(breaker.clone(), pool.clone());
    let sql = "SELECT 1";

    let plain = allocations(async || drop(pool.fetch_optional(sql).await.expect("a row"))).await;
    let wrapped = allocations(async || drop(db.fetch_optional(sql).await.expect("a row"))).await;
    is_at_most(wrapped, plain, BOXED_TIMEOUT);
    let plain = allocations(async || drop(pool.fetch_all(sql).await.expect("rows"))).await;
    let wrapped = allocations(async || drop(db.fetch_all(sql).await.expect("rows"))).await;
    is_at_most(wrapped, plain, BOXED_TIMEOUT);
    let plain = allocations(async || drop(pool.begin().await.expect("a transaction"))).await;
    let wrapped = allocations(async || drop(db.begin().await.expect("a transaction"))).await;
    is_at_most(wrapped, plain, BOXED_TIMEOUT);
    assert_eq!(breaker.metrics().failures, 0);
}

#[tokio::test]
async fn a_rejection_allocates_its_future_and_its_error() {
    let server = Postgres::start();
    let pool = pool(&server).await;
    let breaker = CircuitBreaker::new("rejecting", Config::default());
    breaker.leak();
    breaker.set_mode(Mode::ForcedOpen);
    let db = Database::with(breaker, pool);
    let rejected = async || {
        let error = db.fetch_optional("SELECT 1").await.expect_err("rejected");
        assert!(DatabaseCircuitBreakerError::from_sqlx(&error).is_some());
    };
    // The future, the error, and the `io::Error` around it.
    is_at_most(allocations(rejected).await, 0, 3);
}
