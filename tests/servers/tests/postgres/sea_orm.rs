//! A statement of sea-orm that is cut off inside a transaction: the next borrower gets a clean connection.

use breaker_core::{CircuitBreaker, Clock, Config, ManualClock};
use breaker_sqlx::{DatabaseCircuitBreakerError, SeaDatabase};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, TransactionTrait};
use servers::Postgres;

use crate::cut_off::open_transactions;
use crate::rig::{TIMEOUT, until};

async fn connected(server: &Postgres) -> (SeaDatabase, ManualClock) {
    let mut options = ConnectOptions::new(server.url());
    options.max_connections(1).acquire_timeout(servers::LIMIT).test_before_acquire(false);
    let connection = Database::connect(options).await.expect("connected");
    let (clock, time) = Clock::manual();
    let config = Config::builder().request_timeout(TIMEOUT).build().expect("valid");
    (SeaDatabase::with(CircuitBreaker::with_clock("sea", config, clock), connection), time)
}

/// Checks that the only connection is outside of a transaction, as the server sees it, and that nothing was committed.
async fn is_clean(db: &SeaDatabase, server: &Postgres) {
    let error = db.execute_unprepared("SAVEPOINT inside").await.expect_err("it is outside of a transaction");
    assert!(error.to_string().contains("SAVEPOINT can only be used in transaction blocks"), "{error}");
    assert_eq!((open_transactions(server).as_str(), server.sql("SELECT * FROM t").as_deref()), ("0", Ok("")));
}

#[tokio::test]
async fn a_timeout_inside_a_transaction_poisons_no_connection() {
    let server = Postgres::start();
    server.sql("CREATE TABLE t (x int)").expect("created");
    let (db, time) = connected(&server).await;
    let transaction = db.begin().await.expect("a transaction");
    transaction.execute_unprepared("INSERT INTO t VALUES (1)").await.expect("inserted");
    server.pause();
    let (result, ()) = futures::join!(transaction.execute_unprepared("INSERT INTO t VALUES (2)"), async {
        until(|| db.breaker().metrics().in_flight > 0).await;
        time.advance(TIMEOUT);
    });
    let error = result.expect_err("cut off");
    assert!(DatabaseCircuitBreakerError::from_db_err(&error).is_some_and(DatabaseCircuitBreakerError::is_timeout));
    server.resume();
    drop(transaction);
    is_clean(&db, &server).await;
}

#[tokio::test]
async fn a_drop_inside_a_transaction_poisons_no_connection() {
    let server = Postgres::start();
    server.sql("CREATE TABLE t (x int)").expect("created");
    let (db, _time) = connected(&server).await;
    let transaction = db.begin().await.expect("a transaction");
    server.pause();
    {
        let mut insert = transaction.execute_unprepared("INSERT INTO t VALUES (1)");
        assert!(futures::poll!(&mut insert).is_pending());
    }
    server.resume();
    drop(transaction);
    is_clean(&db, &server).await;
}
