//! Two breakers on one pool.

use breaker_core::{CircuitBreaker, Config, Outcome, Registry, State};
use breaker_sqlx::{Classifier, ReadWrite};

use crate::rig::is_rejected;

#[tokio::test]
async fn writes_are_rejected_while_reads_go_on() {
    let options = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
    let pool = options.connect("sqlite::memory:").await.expect("connected");
    let config = || Config::builder().consecutive_failures(1).build().expect("valid");
    let [reads, writes] = ["reads", "writes"].map(|name| CircuitBreaker::new(name, config()));
    let db = ReadWrite::with(reads.clone(), writes.clone(), pool).classify(Classifier::new().busy(Outcome::Failure));
    sqlx::query("CREATE TABLE t (x)").execute(db.writes()).await.expect("created");
    // The server has become read-only.
    sqlx::query("PRAGMA query_only = ON").execute(db.writes().pool()).await.expect("set");
    sqlx::query("INSERT INTO t VALUES (1)").execute(db.writes()).await.expect_err("read-only");
    is_rejected(sqlx::query("INSERT INTO t VALUES (1)").execute(db.writes()).await);
    sqlx::query("SELECT x FROM t").fetch_all(db.clone().reads()).await.expect("rows");
    assert_eq!((reads.state(), writes.state()), (State::Closed, State::Open));
    assert!(format!("{db:?}").contains("ReadWrite"));
}

#[tokio::test]
async fn both_are_looked_up_and_checked() {
    let pool = sqlx::SqlitePool::connect("sqlite::memory:").await.expect("connected");
    let db = ReadWrite::new("split-read", "split-write", pool);
    let checks = db.health_checks();
    assert!(checks.iter().all(|check| !check.is_finished()));
    for name in ["split-read", "split-write"] {
        assert!(Registry::global().get(name).expect("created").config().enable_health_check());
    }
}
