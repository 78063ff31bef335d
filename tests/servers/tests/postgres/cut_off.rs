//! Calls that are cut off: the next borrower gets a clean connection.

use futures::FutureExt;
use servers::{Postgres, Proxy};
use sqlx::postgres::{PgConnection, Postgres as Pg};
use sqlx::{Acquire, Executor};

use crate::rig::{Rig, TIMEOUT, options, timed_out, until};

/// Whether the server sees this connection inside a transaction: a savepoint is an error outside of one.
async fn is_inside(connection: &mut PgConnection) -> bool {
    connection.execute("SAVEPOINT inside").await.is_ok()
}

impl Rig<Pg> {
    /// Checks that every connection that the pool lends is outside of a transaction, as the server sees it.
    async fn all_clean(&self) {
        let pool = self.db.pool();
        let mut lent = Vec::new();
        for _ in 0..pool.options().get_max_connections() {
            let mut connection = pool.acquire().await.expect("a connection");
            assert!(!is_inside(&mut connection).await, "a connection is inside a transaction");
            lent.push(connection);
        }
    }
}

fn behind(server: &Postgres) -> (Proxy, Rig<Pg>) {
    let proxy = Proxy::start(server.address());
    let url = format!("postgres://postgres:{}@{}/postgres", Postgres::PASSWORD, proxy.address());
    // The pool's own ping would hang behind a proxy that loses all data.
    let rig = Rig::with(options().test_before_acquire(false), &url);
    (proxy, rig)
}

/// How many sessions of clients the server has inside a transaction.
pub(crate) fn open_transactions(server: &Postgres) -> String {
    let open = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'";
    server.sql(open).expect("it answers")
}

/// What sqlx itself does: the reason for all this. If this fails, sqlx has changed.
#[tokio::test]
async fn a_begin_of_sqlx_that_is_dropped_poisons_its_connection() {
    let server = Postgres::start();
    let rig = Rig::<Pg>::with(options().test_before_acquire(false).max_connections(1), &server.url());
    rig.run("SELECT 1").await.expect("a connection is idle");
    until(|| rig.db.pool().num_idle() == 1).await;
    server.pause();
    {
        let mut begin = std::pin::pin!(rig.db.pool().begin());
        assert!(begin.as_mut().now_or_never().is_none());
    }
    server.resume();
    let mut next = rig.db.pool().acquire().await.expect("a connection");
    assert!(is_inside(&mut next).await);
}

#[tokio::test]
async fn a_timeout_inside_begin_poisons_no_connection() {
    let server = Postgres::start();
    let rig = Rig::<Pg>::new(&server.url());
    rig.run("SELECT 1").await.expect("a connection is idle");
    until(|| rig.db.pool().num_idle() == 1).await;
    // Without the pool's ping, the pending step is BEGIN itself.
    let untested = rig.beside(options().test_before_acquire(false).max_connections(1), &server.url());
    Executor::execute(&untested, "SELECT 1").await.expect("a connection is idle");
    until(|| untested.pool().num_idle() == 1).await;
    server.pause();
    let (begun, ()) = futures::join!(untested.begin(), rig.time_out());
    timed_out(begun);
    server.resume();
    rig.db.breaker().reset();
    let mut next = untested.pool().acquire().await.expect("a connection");
    assert!(!is_inside(&mut next).await, "the next borrower is inside a transaction");
    servers::until("the server has no open transaction", || match open_transactions(&server).as_str() {
        "0" => Ok(()),
        other => Err(other.to_owned()),
    });
    rig.all_clean().await;
}

#[tokio::test]
async fn a_begin_of_the_trait_that_is_cut_off_poisons_no_connection() {
    let server = Postgres::start();
    let rig = Rig::<Pg>::with(options().test_before_acquire(false).max_connections(1), &server.url());
    rig.run("SELECT 1").await.expect("a connection is idle");
    until(|| rig.db.pool().num_idle() == 1).await;
    server.pause();
    let (begun, ()) = futures::join!(Acquire::begin(&rig.db), rig.time_out());
    timed_out(begun);
    server.resume();
    rig.db.breaker().reset();
    rig.all_clean().await;
    assert_eq!(open_transactions(&server), "0");
}

#[tokio::test]
async fn a_timeout_inside_a_transaction_poisons_no_connection() {
    let server = Postgres::start();
    let rig = Rig::<Pg>::new(&server.url());
    rig.run("CREATE TABLE t (x int)").await.expect("a table");
    let mut transaction = rig.db.begin().await.expect("a transaction");
    (&mut *transaction).execute("INSERT INTO t VALUES (1)").await.expect("inserted");
    let (result, ()) = futures::join!((&mut *transaction).execute("SELECT pg_sleep(2)"), rig.time_out());
    timed_out(result);
    drop(transaction);
    rig.db.breaker().reset();
    rig.all_clean().await;
    let rows: (i64,) = sqlx::query_as("SELECT count(*) FROM t").fetch_one(&rig.db).await.expect("a row");
    assert_eq!(rows.0, 0);
}

#[tokio::test]
async fn a_drop_inside_a_transaction_poisons_no_connection() {
    let server = Postgres::start();
    let rig = Rig::<Pg>::new(&server.url());
    let mut transaction = rig.db.begin().await.expect("a transaction");
    {
        let mut call = std::pin::pin!((&mut *transaction).execute("SELECT pg_sleep(2)"));
        assert!(call.as_mut().now_or_never().is_none());
    }
    drop(transaction);
    assert_eq!(rig.counts(), [1, 0, 0, 0, 1, 0, 0]);
    rig.all_clean().await;
}

#[tokio::test]
async fn a_lost_connection_does_not_occupy_the_pool() {
    let server = Postgres::start();
    let (proxy, rig) = behind(&server);
    let two = futures::join!(rig.run("SELECT pg_sleep(0.1)"), rig.run("SELECT pg_sleep(0.1)"));
    two.0.and(two.1).expect("two connections");
    assert_eq!(rig.db.pool().size(), 2);
    proxy.black_hole();
    let both = async {
        until(|| rig.counts()[6] == 2).await;
        rig.time.advance(TIMEOUT);
    };
    let (one, other, ()) = futures::join!(rig.run("SELECT 1"), rig.run("SELECT 1"), both);
    timed_out(one);
    timed_out(other);
    // New connections can be made, although the two old ones answer no ping.
    proxy.heal();
    rig.recovers().await;
}
