//! Outages: the circuit opens, and closes again.

use breaker_core::State;
use servers::{Postgres, Proxy};
use sqlx::postgres::Postgres as Pg;
use sqlx::{Error, Executor};

use crate::rig::{DOWN, OPEN, Rig, options, rejected, timed_out, until};

#[tokio::test]
async fn a_server_that_is_killed_inside_a_transaction() {
    let server = Postgres::start();
    let rig = Rig::<Pg>::with(options().acquire_timeout(DOWN), &server.url());
    let mut transaction = rig.db.begin().await.expect("a transaction");
    (&mut *transaction).execute("CREATE TABLE t (x int)").await.expect("created");
    server.kill();
    // It vanishes between two statements.
    let error = (&mut *transaction).execute("INSERT INTO t VALUES (1)").await.expect_err("it is gone");
    assert!(matches!(error, Error::Io(_) | Error::Database(_)), "{error:?}");
    assert_eq!(rig.counts(), [2, 1, 0, 0, 0, 0, 0]);
    rejected((&mut *transaction).execute("INSERT INTO t VALUES (2)").await);
    rejected(transaction.commit().await);
    rejected(rig.db.begin().await);
    // A failed probe: refused connections are retried in the pool until its timeout.
    rig.time.advance(OPEN);
    assert!(matches!(rig.run("SELECT 1").await, Err(Error::PoolTimedOut)));
    assert_eq!(rig.db.breaker().state(), State::Open);

    server.start();
    rig.time.advance(OPEN);
    let error = Executor::execute(&rig.beside(options(), &server.url()), "SELECT * FROM t").await;
    // It was never committed.
    assert!(error.is_err_and(|error| error.as_database_error().is_some_and(|e| e.code().as_deref() == Some("42P01"))));
    assert_eq!(rig.db.breaker().state(), State::Closed);
}

#[tokio::test]
async fn a_backend_that_is_killed_takes_the_others_with_it() {
    let server = Postgres::start();
    let rig = Rig::<Pg>::new(&server.url());
    let mut one = rig.db.acquire().await.expect("a connection");
    let pid: (i32,) = sqlx::query_as("SELECT pg_backend_pid()").fetch_one(&mut *one).await.expect("a row");
    let mut other = rig.db.begin().await.expect("a transaction");
    let pid = u32::try_from(pid.0).expect("a process");
    assert!(server.processes().contains(&pid));
    assert!(
        std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status().expect("kill runs").success()
    );
    let killed = (&mut *one).execute("SELECT 1").await.expect_err("it was killed");
    assert!(matches!(killed, Error::Io(_)), "{killed:?}");
    assert_eq!(rig.db.breaker().state(), State::Open);
    rig.db.breaker().reset();
    // The server ends all sessions, because memory may be damaged: 57P02, or the end of the connection.
    // It may answer until the postmaster has seen that the backend is dead.
    let ended = async {
        loop {
            if let Err(error) = (&mut *other).execute("SELECT 1").await {
                return error;
            }
        }
    };
    let ended = tokio::time::timeout(servers::LIMIT, ended).await.expect("all sessions end");
    assert!(matches!(ended, Error::Io(_) | Error::Database(_)), "{ended:?}");
    assert_eq!(rig.counts()[1], 2);
    drop((one, other));
    servers::until("it has recovered", || server.sql("SELECT 1"));
    rig.recovers().await;
}

#[tokio::test]
async fn a_server_that_hangs() {
    let server = Postgres::start();
    let rig = Rig::<Pg>::new(&server.url());
    rig.run("SELECT 1").await.expect("it answers");
    server.pause();
    let (result, ()) = futures::join!(rig.run("SELECT 1"), rig.time_out());
    timed_out(result);
    rejected(rig.run("SELECT 1").await);
    server.resume();
    rig.recovers().await;
    assert_eq!(rig.counts()[..3], [2, 1, 1]);
}

#[tokio::test]
async fn a_failover_that_leaves_the_old_master_read_only() {
    let (old, new) = (Postgres::start(), Postgres::start());
    for server in [&old, &new] {
        server.sql("CREATE TABLE t (x int)").expect("created");
    }
    let rig = Rig::<Pg>::with(options().max_connections(1), &old.url());
    rig.run("INSERT INTO t VALUES (1)").await.expect("inserted");
    old.sql("ALTER SYSTEM SET default_transaction_read_only = on").expect("set");
    old.sql("SELECT pg_reload_conf()").expect("reloaded");
    servers::until("it is read-only", || match old.sql("INSERT INTO t VALUES (0)") {
        Err(_) => Ok(()),
        Ok(_) => Err("it writes".to_owned()),
    });
    let error = rig.run("INSERT INTO t VALUES (2)").await.expect_err("read-only");
    assert_eq!(error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref(), Some("25006"));
    assert_eq!(rig.db.breaker().state(), State::Open);
    until(|| rig.db.pool().size() == 0).await;
    // The same for a connection that was inside a transaction.
    rig.db.breaker().reset();
    let mut transaction = rig.db.begin().await.expect("a transaction");
    (&mut *transaction).execute("INSERT INTO t VALUES (2)").await.expect_err("read-only");
    drop(transaction);
    // The connection to the old master is not used again, although it would answer.
    until(|| rig.db.pool().size() == 0).await;
    // What a changed DNS entry does for new connections.
    rig.db.pool().set_connect_options(new.url().parse().expect("a URL"));
    rig.time.advance(OPEN);
    rig.run("INSERT INTO t VALUES (3)").await.expect("a probe reaches the new master");
    assert_eq!(rig.db.breaker().state(), State::Closed);
    assert_eq!(new.sql("SELECT x FROM t").as_deref(), Ok("3"));
}

#[tokio::test]
async fn a_server_that_is_restarted_between_calls_is_no_outage() {
    let server = Postgres::start();
    let rig = Rig::<Pg>::new(&server.url());
    rig.run("SELECT 1").await.expect("it answers");
    server.restart();
    // The pool's ping finds that the connection is gone, and makes another one.
    rig.run("SELECT 1").await.expect("it answers");
    assert_eq!(rig.counts(), [2, 0, 0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn an_exhausted_pool_is_a_failure() {
    let server = Postgres::start();
    let rig = Rig::<Pg>::with(options().max_connections(1).acquire_timeout(DOWN), &server.url());
    let held = rig.beside(options().max_connections(1).acquire_timeout(DOWN), &server.url());
    let connection = held.acquire().await.expect("a connection");
    assert!(matches!(Executor::execute(&held, "SELECT 1").await, Err(Error::PoolTimedOut)));
    assert_eq!(rig.counts(), [1, 1, 0, 0, 0, 0, 0]);
    drop(connection);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_dies_silently_gives_its_place_in_the_pool_back() {
    let server = Postgres::start();
    let proxy = Proxy::start(server.address());
    let url = format!("postgres://postgres:{}@{}/postgres", Postgres::PASSWORD, proxy.address());
    let rig = Rig::<Pg>::with(options().max_connections(1).acquire_timeout(DOWN), &url);
    let mut lent = rig.db.acquire().await.expect("a connection");
    (&mut *lent).execute("SELECT 1").await.expect("it answers");
    // The pool tests the connection when it comes back, and gets neither an answer nor an error.
    proxy.black_hole();
    drop(lent);
    let proxy = tokio::task::spawn_blocking(move || {
        servers::until("the test of the connection is lost", || match proxy.lost() {
            0 => Err("nothing is lost".to_owned()),
            _ => Ok(()),
        });
        proxy.heal();
        proxy
    })
    .await
    .expect("it doesn't panic");
    assert_eq!(proxy.open(), 1, "the connection is still there");
    let start = std::time::Instant::now();
    while let Err(error) = rig.run("SELECT 1").await {
        assert!(start.elapsed() < servers::LIMIT, "the place is lost: {error}");
        rig.db.breaker().reset();
    }
}

#[tokio::test]
async fn a_value_of_512_megabytes_is_a_value() {
    let server = Postgres::start();
    let rig = Rig::<Pg>::new(&server.url());
    let long = vec![0_u8; 512 << 20];
    let length: i32 =
        sqlx::query_scalar("SELECT length($1::bytea)").bind(long).fetch_one(&rig.db).await.expect("a length");
    assert_eq!(length, 512 << 20);
    assert_eq!(rig.counts(), [1, 0, 0, 0, 0, 0, 0]);
}
