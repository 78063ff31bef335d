//! The lines of the table of error numbers that are answers, conflicts, timeouts and killed statements, provoked for real.

use breaker_core::Outcome;
use breaker_sqlx::Classifier;
use breaker_sqlx::classify::ErrorClass;
use servers::MariaDb;
use sqlx::mysql::{MySql, MySqlDatabaseError};
use sqlx::{Error, Executor};

use crate::rig::Rig;

#[track_caller]
pub(crate) fn has_number(error: &Error, number: u16) {
    let found = error.as_database_error().and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>());
    assert_eq!(found.map(MySqlDatabaseError::number), Some(number), "{error:?}");
}

impl Rig<MySql> {
    /// Runs statements on one connection, the last of which fails.
    pub(crate) async fn fails(&self, statements: &[&'static str], number: u16, class: ErrorClass) {
        let mut connection = self.db.acquire().await.expect("a connection");
        let (last, first) = statements.split_last().expect("one statement");
        for statement in first {
            (&mut *connection).execute(*statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
        let before = self.counts();
        let error = (&mut *connection).execute(*last).await.expect_err(last);
        has_number(&error, number);
        self.counted(before, &error, class);
        // Settings of the session go with it.
        connection.close().await.unwrap_or_default();
    }
}

#[tokio::test]
async fn statement_timeouts_are_failures() {
    let server = MariaDb::start();
    let rig = Rig::<MySql>::new(&server.url());
    let slow = "SELECT count(*) FROM seq_1_to_100000 a, seq_1_to_100000 b WHERE a.seq * b.seq = 7";
    rig.fails(&["SET max_statement_time = 0.01", slow], 1969, ErrorClass::StatementTimeout).await;
    // MySQL's.
    let signal = "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 3024";
    rig.fails(&[signal], 3024, ErrorClass::StatementTimeout).await;
}

// The test waits for the client, while a task waits for the server.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_statement_is_a_failure() {
    let server = MariaDb::start();
    let rig = Rig::<MySql>::new(&server.url());
    let sleep = tokio::spawn({
        let db = rig.db.clone();
        async move {
            Executor::execute(
                &db,
                "SELECT count(*) FROM seq_1_to_1000000 a, seq_1_to_1000000 b WHERE a.seq * b.seq = 7",
            )
            .await
        }
    });
    // Not before it reads rows: a statement that is killed while its tables are opened may end with another error.
    let find =
        "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT count%' AND state = 'Sending data'";
    let id = servers::until("it runs", || server.sql(find).and_then(|id| id.parse::<u64>().map_err(|_| id)));
    server.sql(&format!("KILL QUERY {id}")).expect("killed");
    let error = sleep.await.expect("no panic").expect_err("killed");
    has_number(&error, 1317);
    rig.counted([0; 7], &error, ErrorClass::Unavailable);
}

#[tokio::test]
async fn other_errors_are_answers() {
    let server = MariaDb::start();
    let rig = Rig::<MySql>::new(&server.url());
    rig.run("CREATE TABLE t (x INT UNIQUE NOT NULL)").await.expect("a table");
    rig.run("INSERT INTO t VALUES (1), (2)").await.expect("two rows");
    let answered = ErrorClass::Answered;
    rig.fails(&["INSERT INTO t VALUES (1)"], 1062, answered).await;
    rig.fails(&["INSERT INTO t VALUES (NULL)"], 1048, answered).await;
    rig.fails(&["SELEC 1"], 1064, answered).await;
    rig.fails(&["SELECT y FROM t"], 1054, answered).await;
    rig.fails(&["SELECT * FROM nothing"], 1146, answered).await;
    rig.fails(&["SELECT (SELECT x FROM t)"], 1242, answered).await;
    rig.fails(&["SIGNAL SQLSTATE '45000'"], 1644, answered).await;
}

#[tokio::test]
async fn conflicts_between_callers_are_neutral_and_by_choice_failures() {
    let server = MariaDb::start_with(&["--innodb-lock-wait-timeout=1"]);
    let rig = Rig::<MySql>::new(&server.url());
    rig.run("CREATE TABLE t (x INT PRIMARY KEY, y INT)").await.expect("a table");
    rig.run("INSERT INTO t VALUES (1, 0), (2, 0)").await.expect("two rows");
    let mut holder = rig.db.begin().await.expect("a transaction");
    (&mut *holder).execute("UPDATE t SET y = 1 WHERE x = 1").await.expect("updated");
    let wait = "UPDATE t SET y = 2 WHERE x = 1";
    rig.fails(&[wait], 1205, ErrorClass::Conflict).await;
    let strict = rig.db.clone().classify(Classifier::new().conflicts(Outcome::Failure));
    let failures = rig.counts()[1];
    has_number(&Executor::execute(&strict, wait).await.expect_err("locked"), 1205);
    assert_eq!(rig.counts()[1], failures + 1);
    rig.db.breaker().reset();
    holder.rollback().await.expect("rolled back");

    let mut one = rig.db.begin().await.expect("a transaction");
    let mut other = rig.db.begin().await.expect("a transaction");
    (&mut *one).execute("UPDATE t SET y = 1 WHERE x = 1").await.expect("updated");
    (&mut *other).execute("UPDATE t SET y = 1 WHERE x = 2").await.expect("updated");
    let ignored = rig.counts()[3];
    let results = futures::join!(
        (&mut *one).execute("UPDATE t SET y = 2 WHERE x = 2"),
        (&mut *other).execute("UPDATE t SET y = 2 WHERE x = 1"),
    );
    has_number(&results.0.err().or(results.1.err()).expect("a deadlock"), 1213);
    assert_eq!(rig.counts()[3], ignored + 1);
}

#[tokio::test]
async fn statement_timeouts_are_by_choice_no_failures() {
    let server = MariaDb::start_with(&["--max-statement-time=0.01"]);
    let rig = Rig::<MySql>::new(&server.url());
    let lenient = rig.db.clone().classify(Classifier::new().statement_timeouts(Outcome::Success));
    let slow = "SELECT count(*) FROM seq_1_to_100000 a, seq_1_to_100000 b WHERE a.seq * b.seq = 7";
    has_number(&Executor::execute(&lenient, slow).await.expect_err("too slow"), 1969);
    assert_eq!(rig.counts(), [1, 0, 0, 0, 0, 0, 0]);
}
