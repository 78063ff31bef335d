//! What the wrapper allocates, beside the same call on a plain pool. In a binary of its own, because of its allocator.

use std::future::Future;

use breaker_core::{CircuitBreaker, Config, Mode};
use breaker_sqlx::{Database, DatabaseCircuitBreakerError};
use sqlx::{Executor, SqlitePool};

#[path = "../../../tests/tests/counting.rs"]
#[expect(dead_code, reason = "shared with tests that also count bytes")]
mod counting;

const CALLS: u64 = 200;

/// Returns the allocations of this many calls, after some to warm up. Other threads take part: that of the connection,
/// and what returns it to the pool. So it is the least of several runs.
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

fn is_at_most(wrapped: u64, plain: u64, more: u64) {
    // A channel allocates a block now and then.
    let tolerance = CALLS / 10;
    assert!(wrapped <= plain + CALLS * more + tolerance, "{wrapped} allocations, {plain} without the wrapper");
}

#[tokio::test]
async fn a_call_allocates_no_more_than_on_a_plain_pool() {
    let pool = SqlitePool::connect("sqlite::memory:").await.expect("connected");
    // No timeout, whose timer the core allocates.
    let breaker = CircuitBreaker::new("counted", Config::default());
    breaker.leak();
    let db = Database::with(breaker.clone(), pool.clone());
    let sql = "SELECT 1";

    let plain = allocations(async || drop(pool.fetch_optional(sql).await.expect("a row"))).await;
    let wrapped = allocations(async || drop(db.fetch_optional(sql).await.expect("a row"))).await;
    is_at_most(wrapped, plain, 0);
    let plain = allocations(async || drop(pool.fetch_all(sql).await.expect("rows"))).await;
    let wrapped = allocations(async || drop(db.fetch_all(sql).await.expect("rows"))).await;
    is_at_most(wrapped, plain, 0);
    let plain = allocations(async || drop(pool.begin().await.expect("a transaction"))).await;
    let wrapped = allocations(async || drop(db.begin().await.expect("a transaction"))).await;
    is_at_most(wrapped, plain, 0);
    assert_eq!(breaker.metrics().failures, 0);
}

#[tokio::test]
async fn a_rejection_allocates_its_future_and_its_error() {
    let pool = SqlitePool::connect("sqlite::memory:").await.expect("connected");
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
