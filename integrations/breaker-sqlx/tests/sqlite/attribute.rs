//! `classify` in the attribute.

use breaker_core::{Outcome, Registry, circuit_breaker};
use breaker_sqlx::{Classifier, DatabaseCircuitBreakerError};
use sqlx::SqlitePool;

use crate::rig::rig;

#[circuit_breaker(
    service = "attribute",
    preset = "database",
    classify = breaker_sqlx::classify,
    map_error = breaker_sqlx::sqlx_error,
)]
async fn run(pool: &SqlitePool, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(sql).execute(pool).await.map(|_| ())
}

const STRICT: Classifier = Classifier::new().busy(Outcome::Failure);

#[circuit_breaker(
    service = "strict attribute",
    classify = |result: &Result<(), sqlx::Error>| STRICT.outcome(result),
    map_error = breaker_sqlx::sqlx_error,
)]
async fn strict(code: Option<sqlx::Error>) -> Result<(), sqlx::Error> {
    code.map_or(Ok(()), Err)
}

#[tokio::test]
async fn answers_are_successes_and_outages_failures() {
    let rig = rig().await;
    run(rig.db.pool(), "SELECT 1").await.expect("it answers");
    run(rig.db.pool(), "INSERT INTO t VALUES (1)").await.expect_err("a duplicate");
    run(rig.db.pool(), "PRAGMA query_only = ON").await.expect("it answers");
    for _ in 0..3 {
        run(rig.db.pool(), "INSERT INTO t VALUES (9)").await.expect_err("read-only");
    }
    let error = run(rig.db.pool(), "SELECT 1").await.expect_err("the circuit is open");
    assert!(DatabaseCircuitBreakerError::from_sqlx(&error).expect("the breaker's").is_rejected());
    let metrics = Registry::global().get("attribute").expect("annotated").metrics();
    assert_eq!([metrics.successes, metrics.failures, metrics.rejections], [3, 3, 1]);
}

#[tokio::test]
async fn a_constant_has_choices() {
    strict(None).await.expect("ok");
    strict(Some(sqlx::Error::PoolClosed)).await.expect_err("neutral");
    strict(Some(sqlx::Error::PoolTimedOut)).await.expect_err("a failure");
    let metrics = Registry::global().get("strict attribute").expect("annotated").metrics();
    assert_eq!([metrics.successes, metrics.failures, metrics.ignored], [1, 1, 1]);
}
