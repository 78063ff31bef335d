//! Errors while the pool connects.

use std::process::Command;

use breaker_sqlx::classify::{self, ErrorClass};
use servers::Postgres;
use sqlx::postgres::{PgConnection, Postgres as Pg};
use sqlx::{Connection, Error, Executor};

use crate::rig::{DOWN, Rig, options};

async fn refused(rig: &Rig<Pg>, url: &str) -> Error {
    let db = rig.beside(options(), url);
    let before = rig.counts();
    let error = Executor::execute(&db, "SELECT 1").await.expect_err("no connection");
    rig.counted(before, &error, ErrorClass::Unavailable);
    error
}

fn code(error: &Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}

#[tokio::test]
async fn a_wrong_password_and_a_missing_database_are_failures() {
    let server = Postgres::start();
    let rig = Rig::<Pg>::new(&server.url());
    server.sql("CREATE ROLE barred").expect("created");
    let error = refused(&rig, &server.url_with("postgres", "wrong", "postgres")).await;
    assert_eq!(code(&error).as_deref(), Some("28P01"));
    server.sql("ALTER ROLE barred PASSWORD 'right'").expect("altered");
    let error = refused(&rig, &server.url_with("barred", "right", "postgres")).await;
    assert_eq!(code(&error).as_deref(), Some("28000"));
    let error = refused(&rig, &server.url_with("postgres", "right", "nothing")).await;
    assert_eq!(code(&error).as_deref(), Some("3D000"));
}

#[tokio::test]
async fn too_many_connections_are_a_failure() {
    let server = Postgres::start_with(&[("max_connections", "4"), ("superuser_reserved_connections", "0")]);
    let rig = Rig::<Pg>::with(options().max_connections(9).acquire_timeout(DOWN), &server.url());
    let mut held = Vec::new();
    let error = loop {
        match PgConnection::connect(&server.url()).await {
            Ok(connection) => held.push(connection),
            Err(error) => break error,
        }
    };
    assert_eq!(code(&error).as_deref(), Some("53300"));
    assert_eq!(classify::error(&error), ErrorClass::Unavailable);
    // The pool retries that, until its own timeout.
    assert!(matches!(rig.run("SELECT 1").await, Err(Error::PoolTimedOut)));
    assert_eq!(rig.counts(), [0, 1, 0, 0, 0, 0, 0]);
    for connection in held {
        connection.close().await.expect("closed");
    }
    // The server may still be counting them.
    servers::until("there is room", || server.sql("SELECT 1"));
    let db = rig.beside(options(), &server.url());
    rig.time.advance(crate::rig::OPEN);
    Executor::execute(&db, "SELECT 1").await.expect("a probe");
}

#[tokio::test]
async fn a_server_that_shuts_down_is_a_failure() {
    let server = Postgres::start();
    let rig = Rig::<Pg>::new(&server.url());
    let held = rig.db.acquire().await.expect("a connection");
    // A smart shutdown waits for its clients, and lets no other in.
    let pid = std::fs::read_to_string(server.directory().join("data/postmaster.pid")).expect("it runs");
    let pid = pid.lines().next().expect("a line").to_owned();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
    servers::until("it refuses clients", || match server.sql("SELECT 1") {
        Err(error) if error.contains("shutting down") => Ok(()),
        other => Err(format!("{other:?}")),
    });
    let error = PgConnection::connect(&server.url()).await.map(|_| ()).expect_err("it shuts down");
    assert_eq!((code(&error).as_deref(), classify::error(&error)), (Some("57P03"), ErrorClass::Unavailable));
    drop(held);
}
