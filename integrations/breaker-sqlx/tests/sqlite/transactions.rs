//! Transactions: each of their parts is a call.

use breaker_core::State;
use sqlx::{Acquire, Row};

use crate::rig::{OPEN, Rig, is_rejected, rig};

async fn sum(rig: &Rig) -> i64 {
    sqlx::query("SELECT sum(x) FROM t").fetch_one(rig.db.pool()).await.expect("a sum").get(0)
}

const INSERT: &str = "INSERT INTO t VALUES (100)";

#[tokio::test]
async fn begin_statements_and_commit_are_calls() {
    let rig = rig().await;
    let mut transaction = rig.db.begin().await.expect("a transaction");
    assert!(transaction.is_in_transaction());
    sqlx::query(INSERT).execute(&mut *transaction).await.expect("inserted");
    transaction.commit().await.expect("committed");
    assert_eq!((rig.counts(), sum(&rig).await), ([3, 0, 0, 0, 0, 0, 0], 106));
}

#[tokio::test]
async fn a_rollback_is_a_call_and_a_drop_is_not() {
    let rig = rig().await;
    let mut transaction = rig.db.begin().await.expect("a transaction");
    sqlx::query(INSERT).execute(&mut *transaction).await.expect("inserted");
    transaction.rollback().await.expect("rolled back");
    assert_eq!((rig.counts(), sum(&rig).await), ([3, 0, 0, 0, 0, 0, 0], 6));

    let mut transaction = rig.db.begin().await.expect("a transaction");
    sqlx::query(INSERT).execute(&mut *transaction).await.expect("inserted");
    drop(transaction);
    assert_eq!((rig.counts(), sum(&rig).await), ([5, 0, 0, 0, 0, 0, 0], 6));
}

#[tokio::test]
async fn a_rejected_commit_rolls_back() {
    let rig = rig().await;
    let mut transaction = rig.db.begin().await.expect("a transaction");
    sqlx::query(INSERT).execute(&mut *transaction).await.expect("inserted");
    rig.force_open();
    is_rejected(sqlx::query(INSERT).execute(&mut *transaction).await);
    is_rejected(transaction.begin().await.map(|_| ()));
    is_rejected(transaction.ping().await);
    is_rejected(transaction.commit().await);
    assert_eq!((rig.counts(), sum(&rig).await), ([2, 0, 0, 0, 0, 4, 0], 6));
}

#[tokio::test]
async fn a_rollback_is_never_rejected() {
    let rig = rig().await;
    let mut transaction = rig.db.begin().await.expect("a transaction");
    sqlx::query(INSERT).execute(&mut *transaction).await.expect("inserted");
    rig.force_open();
    transaction.rollback().await.expect("rolled back");
    // Not counted: the circuit admits no call.
    assert_eq!((rig.counts(), sum(&rig).await), ([2, 0, 0, 0, 0, 0, 0], 6));
}

#[tokio::test]
async fn savepoints_nest() {
    let rig = rig().await;
    let mut outer = rig.db.begin().await.expect("a transaction");
    let mut inner = outer.begin().await.expect("a savepoint");
    sqlx::query(INSERT).execute(&mut *inner).await.expect("inserted");
    inner.rollback().await.expect("rolled back");
    let mut inner = outer.begin().await.expect("a savepoint");
    sqlx::query("INSERT INTO t VALUES (10)").execute(&mut *inner).await.expect("inserted");
    inner.commit().await.expect("released");
    // Sqlx's own savepoint, by the trait.
    let mut plain = Acquire::begin(&mut outer).await.expect("a savepoint");
    sqlx::query(INSERT).execute(&mut *plain).await.expect("inserted");
    drop(plain);
    outer.commit().await.expect("committed");
    assert_eq!(sum(&rig).await, 16);
    // All but the statement in sqlx's own savepoint.
    assert_eq!(rig.counts(), [9, 0, 0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn statements_of_your_own_begin_a_transaction() {
    let rig = rig().await;
    let transaction = rig.db.begin_with("BEGIN IMMEDIATE").await.expect("a transaction");
    transaction.rollback().await.expect("rolled back");
    // What the caller does wrong says nothing about the database.
    let mut transaction = rig.db.begin().await.expect("a transaction");
    let error = transaction.begin_with("BEGIN IMMEDIATE").await.map(|_| ()).expect_err("it is inside one");
    assert!(matches!(error, sqlx::Error::InvalidSavePointStatement), "{error:?}");
    drop(transaction);
    let error = rig.db.begin_with("SELECT 1").await.map(|_| ()).expect_err("it begins none");
    assert!(matches!(error, sqlx::Error::BeginFailed), "{error:?}");
    assert_eq!(rig.counts(), [4, 0, 0, 1, 0, 0, 0]);
    let mut connection = rig.db.acquire().await.expect("a connection");
    assert!(!connection.is_in_transaction());
    connection.begin_with("BEGIN EXCLUSIVE").await.expect("a transaction").rollback().await.expect("rolled back");
}

#[tokio::test]
async fn what_the_pool_has_at_once() {
    let rig = rig().await;
    rig.settled(1).await;
    let transaction = rig.db.try_begin().await.expect("it answers").expect("idle");
    assert!(rig.db.try_begin().await.expect("no call").is_none());
    assert!(rig.db.try_acquire().is_none());
    transaction.rollback().await.expect("rolled back");
    rig.settled(1).await;
    rig.db.try_begin_with("BEGIN IMMEDIATE").await.expect("it answers").expect("idle").commit().await.expect("empty");
    assert_eq!(rig.counts(), [4, 0, 0, 0, 0, 0, 0]);
    rig.settled(1).await;
    drop(rig.db.try_acquire().expect("idle"));
    rig.settled(1).await;
    rig.force_open();
    assert!(rig.db.try_acquire().is_none());
    is_rejected(rig.db.try_begin().await.map(|_| ()));
}

#[tokio::test]
async fn transactions_are_probes() {
    let rig = rig().await;
    let _ = rig.db.breaker().call(|| Err::<(), _>("down"));
    is_rejected(rig.db.begin().await.map(|_| ()));
    rig.time.advance(OPEN);
    let transaction = rig.db.begin().await.expect("a probe");
    assert_eq!(rig.db.breaker().state(), State::Closed);
    transaction.commit().await.expect("committed");
}

#[tokio::test]
async fn connections_can_be_taken_out() {
    let rig = rig().await;
    let mut connection = rig.db.acquire().await.expect("a connection");
    sqlx::query(INSERT).execute(connection.as_inner()).await.expect("past the breaker");
    connection.ping().await.expect("it answers");
    assert_eq!(rig.counts(), [2, 0, 0, 0, 0, 0, 0]);
    connection.close().await.expect("closed");
    rig.settled(0).await;
    drop(rig.db.acquire().await.expect("a connection").detach());
    rig.settled(0).await;
}

#[tokio::test]
async fn an_untested_connection_proves_nothing() {
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
    let options = SqlitePoolOptions::new().max_connections(1).test_before_acquire(false);
    let rig = crate::rig::with(options, SqliteConnectOptions::new().in_memory(true));
    let _ = rig.db.breaker().call(|| Err::<(), _>("down"));
    rig.time.advance(OPEN);
    drop(rig.db.acquire().await.expect("a probe"));
    assert_eq!((rig.db.breaker().state(), rig.counts()[3]), (State::HalfOpen, 1));
}
