//! The lines of the table of SQLSTATEs that are answers, conflicts, timeouts, and the end of a session, provoked for
//! real.

use breaker_core::Outcome;
use breaker_sqlx::Classifier;
use breaker_sqlx::classify::ErrorClass;
use servers::Postgres;
use sqlx::postgres::Postgres as Pg;
use sqlx::{Error, Executor};

use crate::rig::{Rig, options, until};

#[track_caller]
pub(crate) fn has_code(error: &Error, code: &str) {
    assert_eq!(
        error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref(),
        Some(code),
        "{error:?}"
    );
}

impl Rig<Pg> {
    /// Runs statements on one connection, the last of which fails.
    pub(crate) async fn fails(&self, statements: &[&'static str], code: &str, class: ErrorClass) {
        let mut connection = self.db.acquire().await.expect("a connection");
        let (last, first) = statements.split_last().expect("one statement");
        for statement in first {
            (&mut *connection).execute(*statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
        let before = self.counts();
        let error = (&mut *connection).execute(*last).await.expect_err(last);
        has_code(&error, code);
        self.counted(before, &error, class);
        // Settings of the session go with it.
        connection.close().await.unwrap_or_default();
    }

    /// Lets the server raise an error, for codes that can't be provoked.
    pub(crate) async fn raises(&self, code: &'static str, class: ErrorClass) {
        let raise = format!("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$");
        let before = self.counts();
        let error = self.db.execute(async |pool| pool.execute(sqlx::AssertSqlSafe(raise)).await).await;
        let error = error.expect_err("raised");
        has_code(&error, code);
        self.counted(before, &error, class);
    }
}

#[tokio::test]
async fn other_errors_are_answers() {
    let server = Postgres::start();
    let rig = Rig::<Pg>::new(&server.url());
    rig.run("CREATE TABLE t (x int UNIQUE NOT NULL); INSERT INTO t VALUES (1), (2)").await.expect("a table");
    let answered = ErrorClass::Answered;
    rig.fails(&["SELECT 1 / 0"], "22012", answered).await;
    rig.fails(&["INSERT INTO t VALUES (1)"], "23505", answered).await;
    rig.fails(&["INSERT INTO t VALUES (NULL)"], "23502", answered).await;
    rig.fails(&["SELEC 1"], "42601", answered).await;
    rig.fails(&["SELECT y FROM t"], "42703", answered).await;
    rig.fails(&["SELECT * FROM nothing"], "42P01", answered).await;
    rig.fails(&["SELECT (SELECT x FROM t)"], "21000", answered).await;
    rig.fails(&["DO $$ BEGIN RAISE EXCEPTION 'ours'; END $$"], "P0001", answered).await;
    rig.fails(&["SELECT current_setting('a.b')::int"], "42704", answered).await;
    rig.fails(&["CREATE TABLE u (LIKE t) PARTITION BY LIST ((1)) INHERITS (t)"], "42601", answered).await;
    rig.fails(&["CREATE ROLE nobody", "SET ROLE nobody", "SELECT * FROM t"], "42501", answered).await;
    rig.raises("0A000", answered).await;
    rig.raises("25P03", answered).await;
    rig.raises("UR001", answered).await;

    let mut transaction = rig.db.begin().await.expect("a transaction");
    (&mut *transaction).execute("SELECT 1 / 0").await.expect_err("division by zero");
    let before = rig.counts();
    let error = (&mut *transaction).execute("SELECT 1").await.expect_err("the transaction is aborted");
    has_code(&error, "25P02");
    rig.counted(before, &error, answered);
}

#[tokio::test]
async fn conflicts_between_callers_are_neutral_and_by_choice_failures() {
    let server = Postgres::start_with(&[("deadlock_timeout", "10ms")]);
    let rig = Rig::<Pg>::new(&server.url());
    rig.run("CREATE TABLE t (x int PRIMARY KEY, y int); INSERT INTO t VALUES (1, 0), (2, 0)").await.expect("a table");

    // Another transaction holds the lock.
    let mut holder = rig.db.begin().await.expect("a transaction");
    (&mut *holder).execute("UPDATE t SET y = 1 WHERE x = 1").await.expect("updated");
    rig.fails(&["SELECT * FROM t WHERE x = 1 FOR UPDATE NOWAIT"], "55P03", ErrorClass::Conflict).await;
    let strict = rig.db.clone().classify(Classifier::new().conflicts(Outcome::Failure));
    let failures = rig.counts()[1];
    Executor::execute(&strict, "SELECT * FROM t WHERE x = 1 FOR UPDATE NOWAIT").await.expect_err("locked");
    assert_eq!(rig.counts()[1], failures + 1);
    rig.db.breaker().reset();
    holder.rollback().await.expect("rolled back");

    // Two transactions that update the same rows, in different orders.
    let mut one = rig.db.begin().await.expect("a transaction");
    let mut other = rig.db.begin().await.expect("a transaction");
    (&mut *one).execute("UPDATE t SET y = 1 WHERE x = 1").await.expect("updated");
    (&mut *other).execute("UPDATE t SET y = 1 WHERE x = 2").await.expect("updated");
    let ignored = rig.counts()[3];
    let results = futures::join!(
        (&mut *one).execute("UPDATE t SET y = 2 WHERE x = 2"),
        (&mut *other).execute("UPDATE t SET y = 2 WHERE x = 1"),
    );
    let error = results.0.err().or(results.1.err()).expect("a deadlock");
    has_code(&error, "40P01");
    assert_eq!((rig.counts()[3], rig.counts()[1]), (ignored + 1, failures + 1));
    drop((one, other));

    // Two that read what they update.
    let serializable = "BEGIN ISOLATION LEVEL REPEATABLE READ";
    let mut one = rig.db.begin_with(serializable).await.expect("a transaction");
    let mut other = rig.db.begin_with(serializable).await.expect("a transaction");
    (&mut *other).execute("SELECT * FROM t").await.expect("read");
    (&mut *one).execute("UPDATE t SET y = 3 WHERE x = 1").await.expect("updated");
    one.commit().await.expect("committed");
    let before = rig.counts();
    let error = (&mut *other).execute("UPDATE t SET y = 4 WHERE x = 1").await.expect_err("changed meanwhile");
    has_code(&error, "40001");
    rig.counted(before, &error, ErrorClass::Conflict);
}

#[tokio::test]
async fn statement_timeouts_are_failures_and_by_choice_not() {
    let server = Postgres::start_with(&[("statement_timeout", "1")]);
    let rig = Rig::<Pg>::new(&server.url());
    let lenient = rig.db.clone().classify(Classifier::new().statement_timeouts(Outcome::Success));
    let error = Executor::execute(&lenient, "SELECT pg_sleep(60)").await.expect_err("too slow");
    has_code(&error, "57014");
    assert_eq!(rig.counts(), [1, 0, 0, 0, 0, 0, 0]);
    rig.run("SELECT pg_sleep(60)").await.expect_err("too slow");
    assert_eq!(rig.counts(), [1, 1, 0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn sessions_that_the_server_ends_are_failures() {
    let server = Postgres::start();
    let pool = || options().max_connections(1).test_before_acquire(false);
    for (statements, code) in [
        ("SET idle_session_timeout = '50ms'", "57P05"),
        // Not a fault of the server: the caller has left its transaction open. Together, so that the session isn't over
        // before it has begun one.
        ("SET idle_in_transaction_session_timeout = '50ms'; BEGIN", "25P03"),
    ] {
        let rig = Rig::<Pg>::with(pool(), &server.url());
        let mut connection = rig.db.acquire().await.expect("a connection");
        (&mut *connection).execute(statements).await.expect("it answers");
        let gone = "SELECT count(*) FROM pg_stat_activity WHERE application_name <> 'psql' AND backend_type = 'client backend'";
        servers::until("the session is over", || match server.sql(gone).as_deref() {
            Ok("0") => Ok(()),
            other => Err(format!("{other:?}")),
        });
        let before = rig.counts();
        let error = (&mut *connection).execute("SELECT 1").await.expect_err("the session is over");
        has_code(&error, code);
        let class = if code == "57P05" { ErrorClass::Unavailable } else { ErrorClass::Answered };
        rig.counted(before, &error, class);
    }
}

// The test waits for psql, while a task waits for the server.
#[tokio::test(flavor = "multi_thread")]
async fn a_terminated_session_is_a_failure() {
    let server = Postgres::start();
    let rig = Rig::<Pg>::new(&server.url());
    let sleep = tokio::spawn({
        let db = rig.db.clone();
        async move { Executor::execute(&db, "SELECT pg_sleep(600)").await }
    });
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()";
    until(|| server.sql(kill).as_deref() == Ok("t")).await;
    let error = sleep.await.expect("no panic").expect_err("terminated");
    has_code(&error, "57P01");
    assert_eq!(rig.counts(), [0, 1, 0, 0, 0, 0, 0]);
    rig.recovers().await;
}
