//! Each line of SQLite's table, provoked, and the errors of sqlx itself.

use std::io;
use std::path::Path;
use std::time::Duration;

use breaker_core::Outcome;
use breaker_sqlx::classify::{self, ErrorClass};
use breaker_sqlx::{Classifier, Database};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{Error, Executor, Sqlite};

use crate::rig::{Rig, rig, with};

fn one() -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(1)
}

fn file(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).create_if_missing(true).busy_timeout(Duration::ZERO)
}

#[track_caller]
fn has_code(error: &Error, primary: i32) {
    let code = error.as_database_error().and_then(|error| Some(error.code()?.parse::<i32>().expect("a number")));
    assert_eq!(code.map(|code| code & 0xff), Some(primary), "{error:?}");
}

/// Runs a statement that must fail with this code, and returns the class that is counted.
async fn fails(db: &Database<Sqlite>, sql: &'static str, code: i32) -> ErrorClass {
    let error = Executor::execute(db, sql).await.expect_err("it must fail");
    has_code(&error, code);
    classify::error(&error)
}

#[tokio::test]
async fn read_only_is_a_failure() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("db");
    let writer = with(one(), file(&path));
    Executor::execute(&writer.db, "CREATE TABLE t (x)").await.expect("created");
    let reader = with(one(), file(&path).read_only(true));
    assert_eq!(fails(&reader.db, "INSERT INTO t VALUES (1)", 8).await, ErrorClass::Unavailable);
    assert_eq!(reader.counts(), [0, 1, 0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn a_file_that_can_not_be_opened_is_a_failure() {
    let rig = with(one(), file(Path::new("/nowhere/db")));
    assert_eq!(fails(&rig.db, "SELECT 1", 14).await, ErrorClass::Unavailable);
    assert_eq!(rig.counts(), [0, 1, 0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_a_failure() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("db");
    std::fs::write(&path, [b'x'; 4096]).expect("written");
    let rig = with(one(), file(&path));
    assert_eq!(fails(&rig.db, "CREATE TABLE t (x)", 26).await, ErrorClass::Unavailable);
}

#[tokio::test]
async fn a_damaged_file_is_a_failure() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("db");
    let rig = with(one(), file(&path).journal_mode(SqliteJournalMode::Delete));
    Executor::execute(&rig.db, "CREATE TABLE t (x); INSERT INTO t VALUES (randomblob(20000))").await.expect("created");
    rig.db.pool().close().await;
    let mut bytes = std::fs::read(&path).expect("a database");
    bytes[4096..].fill(0xff);
    std::fs::write(&path, bytes).expect("written");
    let rig = with(one(), file(&path));
    assert_eq!(fails(&rig.db, "UPDATE t SET x = x || 1", 11).await, ErrorClass::Unavailable);
}

#[tokio::test]
async fn a_full_disk_is_a_failure() {
    let rig = rig().await;
    Executor::execute(&rig.db, "PRAGMA max_page_count = 3").await.expect("limited");
    assert_eq!(fails(&rig.db, "INSERT INTO t VALUES (randomblob(100000))", 13).await, ErrorClass::Unavailable);
    // The connection of a database in memory is kept.
    assert_eq!(rig.db.pool().size(), 1);
}

#[tokio::test]
async fn a_read_that_fails_is_a_failure() {
    // A file that can be opened, but not read.
    let rig = with(one(), SqliteConnectOptions::new().filename("/proc/self/mem"));
    assert_eq!(fails(&rig.db, "SELECT * FROM sqlite_schema", 10).await, ErrorClass::Unavailable);
}

async fn locked_file(path: &Path) -> Rig {
    let rig = with(one(), file(path).journal_mode(SqliteJournalMode::Delete));
    Executor::execute(&rig.db, "CREATE TABLE t (x)").await.expect("created");
    rig
}

#[tokio::test]
async fn busy_is_neutral_and_by_choice_a_failure() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("db");
    let holder = locked_file(&path).await;
    let lock = holder.db.begin_with("BEGIN EXCLUSIVE").await.expect("the lock");
    let rig = with(one(), file(&path));
    assert_eq!(fails(&rig.db, "INSERT INTO t VALUES (1)", 5).await, ErrorClass::Busy);
    let begun = rig.db.begin_with("BEGIN IMMEDIATE").await.map(|_| ());
    has_code(&begun.expect_err("busy"), 5);
    assert_eq!(rig.counts(), [0, 0, 0, 2, 0, 0, 0]);

    let strict = rig.db.clone().classify(Classifier::new().busy(Outcome::Failure));
    fails(&strict, "INSERT INTO t VALUES (1)", 5).await;
    assert_eq!(rig.counts(), [0, 1, 0, 2, 0, 0, 0]);
    lock.rollback().await.expect("rolled back");
}

#[tokio::test]
async fn locked_is_neutral() {
    // Two connections that share a cache lock each other's tables.
    let shared = || {
        let name = "file:locked?mode=memory&cache=shared";
        SqliteConnectOptions::new().filename(name).shared_cache(true).in_memory(true).busy_timeout(Duration::ZERO)
    };
    let (writer, reader) = (with(one(), shared()), with(one(), shared()));
    Executor::execute(&writer.db, "CREATE TABLE t (x); CREATE TABLE u (x)").await.expect("created");
    let mut writes = writer.db.begin().await.expect("a transaction");
    (&mut *writes).execute("INSERT INTO t VALUES (1)").await.expect("inserted");
    let mut reads = reader.db.begin().await.expect("a transaction");
    (&mut *reads).fetch_all("SELECT x FROM u").await.expect("read");
    // Each wants what the other holds. With sqlx's feature `sqlite-unlock-notify`, the first one waits.
    let one = (&mut *writes).execute("INSERT INTO u VALUES (1)");
    let other = (&mut *reads).execute("SELECT x FROM t");
    let locked = futures::future::select(one, other).await.factor_first().0.expect_err("it can't have both");
    has_code(&locked, 6);
    assert_eq!(classify::error(&locked), ErrorClass::Busy);
    assert_eq!(writer.counts()[3] + reader.counts()[3], 1);
}

#[tokio::test]
async fn other_codes_are_answers() {
    let rig = rig().await;
    assert_eq!(fails(&rig.db, "INSERT INTO t VALUES (1)", 19).await, ErrorClass::Answered);
    assert_eq!(fails(&rig.db, "SELECT y FROM t", 1).await, ErrorClass::Answered);
    assert_eq!(fails(&rig.db, "SELECT zeroblob(2000000000)", 18).await, ErrorClass::Answered);
    assert_eq!(rig.counts(), [3, 0, 0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn what_the_client_can_not_read_is_an_answer() {
    let rig = rig().await;
    let missing = sqlx::query("SELECT x FROM t WHERE x = 9").fetch_one(&rig.db).await.map(|_| ());
    assert!(matches!(missing, Err(Error::RowNotFound)));
    let text: Result<String, _> = sqlx::query_scalar("SELECT x FROM t").fetch_one(&rig.db).await;
    assert!(matches!(text, Err(Error::ColumnDecode { .. })));
    assert_eq!(rig.counts(), [2, 0, 0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn an_exhausted_pool_is_a_failure() {
    let options = SqliteConnectOptions::new().in_memory(true);
    let pool = one().acquire_timeout(Duration::from_millis(1)).connect_lazy_with(options);
    let rig = rig().await;
    let db = Database::with(rig.db.breaker().clone(), pool);
    let _held = db.acquire().await.expect("a connection");
    assert!(matches!(Executor::execute(&db, "SELECT 1").await, Err(Error::PoolTimedOut)));
    assert_eq!(rig.counts(), [1, 1, 0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn a_closed_pool_is_neutral() {
    let rig = rig().await;
    rig.db.pool().close().await;
    assert!(matches!(Executor::execute(&rig.db, "SELECT 1").await, Err(Error::PoolClosed)));
    assert_eq!(rig.counts(), [0, 0, 0, 1, 0, 0, 0]);
}

#[test]
fn every_error_of_sqlx_has_a_class() {
    let boxed = || "why".into();
    let name = || "why".to_owned();
    for error in [
        Error::Io(io::Error::from(io::ErrorKind::BrokenPipe)),
        Error::Tls(boxed()),
        Error::Protocol(name()),
        Error::PoolTimedOut,
        Error::WorkerCrashed,
    ] {
        assert_eq!(classify::error(&error), ErrorClass::Unavailable, "{error:?}");
    }
    for error in [
        Error::RowNotFound,
        Error::TypeNotFound { type_name: name() },
        Error::ColumnNotFound(name()),
        Error::ColumnIndexOutOfBounds { index: 1, len: 1 },
        Error::ColumnDecode { index: name(), source: boxed() },
        Error::Decode(boxed()),
        Error::Encode(boxed()),
        Error::InvalidArgument(name()),
        Error::AnyDriverError(boxed()),
        Error::BeginFailed,
    ] {
        assert_eq!(classify::error(&error), ErrorClass::Answered, "{error:?}");
    }
    for error in [Error::PoolClosed, Error::Configuration(boxed()), Error::InvalidSavePointStatement] {
        assert_eq!(classify::error(&error), ErrorClass::Neutral, "{error:?}");
    }
}

#[test]
fn every_class_has_an_outcome() {
    let outcome = |class| Classifier::new().outcome_of(class);
    assert_eq!(outcome(ErrorClass::Unavailable), Outcome::Failure);
    assert_eq!(outcome(ErrorClass::StatementTimeout), Outcome::Failure);
    assert_eq!(outcome(ErrorClass::Conflict), Outcome::Ignore);
    assert_eq!(outcome(ErrorClass::Busy), Outcome::Ignore);
    assert_eq!(outcome(ErrorClass::Answered), Outcome::Success);
    assert_eq!(outcome(ErrorClass::Neutral), Outcome::Ignore);
    let other =
        Classifier::default().statement_timeouts(Outcome::Success).conflicts(Outcome::Failure).busy(Outcome::Success);
    assert_eq!(other.outcome_of(ErrorClass::StatementTimeout), Outcome::Success);
    assert_eq!(other.outcome_of(ErrorClass::Conflict), Outcome::Failure);
    assert_eq!(other.outcome_of(ErrorClass::Busy), Outcome::Success);
}
