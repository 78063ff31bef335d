//! Outages, and calls that are cut off.

use breaker_core::State;
use breaker_sqlx::classify::ErrorClass;
use futures::FutureExt;
use servers::MariaDb;
use sqlx::mysql::{MySql, MySqlConnection};
use sqlx::{Acquire, Error, Executor};

use crate::rig::{DOWN, OPEN, Rig, options, rejected, timed_out, until};

/// Whether the server sees this connection inside a transaction.
async fn is_inside(connection: &mut MySqlConnection) -> bool {
    let inside: (u64,) = sqlx::query_as("SELECT @@in_transaction").fetch_one(connection).await.expect("an answer");
    inside.0 == 1
}

impl Rig<MySql> {
    /// A pool of one connection that is idle, and not tested before it is lent.
    async fn idle(server: &MariaDb) -> Self {
        let rig = Self::with(options().test_before_acquire(false).max_connections(1), &server.url());
        rig.run("SELECT 1").await.expect("it answers");
        until(|| rig.db.pool().num_idle() == 1).await;
        rig
    }

    async fn next_is_clean(&self) {
        let mut next = self.db.pool().acquire().await.expect("a connection");
        assert!(!is_inside(&mut next).await, "the next borrower is inside a transaction");
    }
}

#[tokio::test]
async fn a_server_that_is_killed_inside_a_transaction() {
    let server = MariaDb::start();
    let rig = Rig::<MySql>::with(options().acquire_timeout(DOWN), &server.url());
    rig.run("CREATE TABLE t (x INT)").await.expect("a table");
    let mut transaction = rig.db.begin().await.expect("a transaction");
    (&mut *transaction).execute("INSERT INTO t VALUES (1)").await.expect("inserted");
    server.kill();
    let error = (&mut *transaction).execute("INSERT INTO t VALUES (2)").await.expect_err("it is gone");
    assert!(matches!(error, Error::Io(_)), "{error:?}");
    rejected(transaction.commit().await);
    rig.time.advance(OPEN);
    assert!(matches!(rig.run("SELECT 1").await, Err(Error::PoolTimedOut)));
    assert_eq!(rig.db.breaker().state(), State::Open);
    server.start();
    rig.time.advance(OPEN);
    let db = rig.beside(options(), &server.url());
    let rows: (i64,) = sqlx::query_as("SELECT count(*) FROM t").fetch_one(&db).await.expect("a probe");
    assert_eq!((rows.0, rig.db.breaker().state()), (0, State::Closed));
}

#[tokio::test]
async fn a_server_that_hangs() {
    let server = MariaDb::start();
    let rig = Rig::<MySql>::new(&server.url());
    rig.run("SELECT 1").await.expect("it answers");
    server.pause();
    let (result, ()) = futures::join!(rig.run("SELECT 1"), rig.time_out());
    timed_out(result);
    server.resume();
    rig.recovers().await;
}

#[tokio::test]
async fn a_timeout_inside_begin_poisons_no_connection() {
    let server = MariaDb::start();
    let rig = Rig::<MySql>::idle(&server).await;
    server.pause();
    let (begun, ()) = futures::join!(rig.db.begin(), rig.time_out());
    timed_out(begun);
    server.resume();
    rig.next_is_clean().await;
}

#[tokio::test]
async fn a_begin_of_the_trait_that_is_cut_off_poisons_no_connection() {
    let server = MariaDb::start();
    let rig = Rig::<MySql>::idle(&server).await;
    server.pause();
    let (begun, ()) = futures::join!(Acquire::begin(&rig.db), rig.time_out());
    timed_out(begun);
    server.resume();
    rig.next_is_clean().await;
}

#[tokio::test]
async fn a_timeout_or_a_drop_inside_a_transaction_poisons_no_connection() {
    let server = MariaDb::start();
    let rig = Rig::<MySql>::idle(&server).await;
    let mut transaction = rig.db.begin().await.expect("a transaction");
    let (result, ()) = futures::join!((&mut *transaction).execute("SELECT SLEEP(2)"), rig.time_out());
    timed_out(result);
    drop(transaction);
    rig.db.breaker().reset();
    rig.next_is_clean().await;

    let mut transaction = rig.db.begin().await.expect("a transaction");
    {
        let mut call = std::pin::pin!((&mut *transaction).execute("SELECT SLEEP(2)"));
        assert!(call.as_mut().now_or_never().is_none());
    }
    drop(transaction);
    rig.next_is_clean().await;
}

#[tokio::test]
async fn every_method_works_over_mariadb() {
    use futures::TryStreamExt;
    let server = MariaDb::start();
    let rig = Rig::<MySql>::new(&server.url());
    let rows = || sqlx::query("SELECT seq FROM seq_1_to_3 WHERE seq > ?").bind(0);
    assert_eq!(rows().fetch_all(&rig.db).await.expect("rows").len(), 3);
    assert_eq!(rows().fetch(&rig.db).try_collect::<Vec<_>>().await.expect("rows").len(), 3);
    rows().fetch_one(&rig.db).await.expect("a row");
    assert!(rows().fetch_optional(&rig.db).await.expect("an answer").is_some());
    rows().execute(&rig.db).await.expect("an answer");
    let transaction = rig.db.begin().await.expect("a transaction");
    transaction.commit().await.expect("committed");
    assert_eq!(rig.counts(), [7, 0, 0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn a_value_of_512_megabytes_is_an_error_and_the_next_call_works() {
    let server = MariaDb::start();
    let rig = Rig::<MySql>::new(&server.url());
    let long = vec![0_u8; 512 << 20];
    let error = sqlx::query("SELECT length(?)").bind(long).execute(&rig.db).await.expect_err("it is too long");
    // The server closes the connection while the value is sent.
    assert!(matches!(error, Error::Io(_)), "{error:?}");
    rig.counted([0; 7], &error, ErrorClass::Unavailable);
    rig.run("SELECT 1").await.expect("it answers");
}
