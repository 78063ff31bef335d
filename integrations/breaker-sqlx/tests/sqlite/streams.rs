//! Streams are judged by their first row.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{Executor, Row};

use crate::rig::{LONG, OPEN, TIMEOUT, is_timed_out, rig, with};

#[tokio::test]
async fn the_consumer_may_take_its_time() {
    let rig = rig().await;
    let mut rows = sqlx::query("SELECT x FROM t ORDER BY x").fetch(&rig.db);
    let first = rows.try_next().await.expect("a row").expect("a row");
    assert_eq!(first.get::<i64, _>(0), 1);
    // The outcome is recorded, and the response time is that of the first row.
    assert_eq!(rig.counts(), [1, 0, 0, 0, 0, 0, 0]);
    rig.time.advance(TIMEOUT * 100);
    assert_eq!(rows.try_collect::<Vec<_>>().await.expect("two rows").len(), 2);
    assert_eq!(rig.counts(), [1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(rig.db.breaker().metrics().response_time.max, Some(Duration::ZERO));
}

#[tokio::test]
async fn a_stream_that_is_dropped_after_a_row_is_a_success() {
    let rig = rig().await;
    let mut rows = rig.db.fetch("SELECT x FROM t");
    assert!(rows.next().await.is_some());
    drop(rows);
    assert_eq!(rig.counts(), [1, 0, 0, 0, 0, 0, 0]);
    // Its connection is back.
    rig.settled(1).await;
}

#[tokio::test]
async fn a_stream_without_rows_is_a_success() {
    let rig = rig().await;
    assert!(rig.db.fetch("SELECT x FROM t WHERE x > 9").next().await.is_none());
    assert_eq!(rig.counts(), [1, 0, 0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn an_error_before_the_first_row_is_the_outcome() {
    let rig = rig().await;
    let answered = rig.db.fetch("SELECT y FROM t").try_next().await.expect_err("no such column");
    assert!(matches!(answered, sqlx::Error::Database(_)));
    assert_eq!(rig.counts(), [1, 0, 0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn a_failure_after_the_first_row_is_a_failure() {
    let options = SqliteConnectOptions::new().in_memory(true).pragma("query_only", "ON");
    let rig = with(SqlitePoolOptions::new().max_connections(1), options);
    // Writing to a database that is read-only.
    let mut steps = rig.db.fetch_many("SELECT 1; CREATE TABLE u (x)");
    assert!(steps.next().await.expect("a row").expect("a row").is_right());
    assert_eq!(rig.counts(), [1, 0, 0, 0, 0, 0, 0]);
    let end = steps.try_collect::<Vec<_>>().await.map(|steps| steps.len());
    assert_eq!(end.expect_err("read-only").as_database_error().expect("SQLite's").code().as_deref(), Some("8"));
    assert_eq!(rig.counts(), [1, 1, 0, 0, 0, 0, 0]);
    assert_eq!(rig.db.breaker().state(), breaker_core::State::Open);
}

#[tokio::test]
async fn an_answer_after_the_first_row_is_not_counted() {
    let rig = rig().await;
    let end = rig.db.fetch_many("SELECT x FROM t; INSERT INTO t VALUES (1)").try_collect::<Vec<_>>().await;
    assert!(
        end.is_err_and(|error| error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation))
    );
    assert_eq!(rig.counts(), [1, 0, 0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn the_first_row_must_come_in_time() {
    let rig = rig().await;
    let mut rows = rig.db.fetch(LONG);
    let (row, ()) = futures::join!(rows.next(), rig.time_out());
    is_timed_out(row.expect("an error").map(|_| ()));
    assert!(rows.next().await.is_none());
    assert_eq!(rig.counts(), [0, 1, 1, 0, 0, 0, 0]);
}

#[tokio::test]
async fn a_probe_ends_with_its_first_row() {
    let rig = rig().await;
    let _ = rig.db.breaker().call(|| Err::<(), _>("down"));
    rig.time.advance(OPEN);
    let mut rows = rig.db.fetch("SELECT x FROM t");
    assert!(rows.next().await.is_some());
    assert_eq!(rig.db.breaker().state(), breaker_core::State::Closed);
}
