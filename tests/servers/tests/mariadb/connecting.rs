//! Errors while the pool connects.

use breaker_sqlx::classify::ErrorClass;
use servers::MariaDb;
use sqlx::mysql::{MySql, MySqlConnection};
use sqlx::{Connection, Executor};

use crate::numbers::has_number;
use crate::rig::{Rig, options};

async fn refused(rig: &Rig<MySql>, url: &str, number: u16) {
    let db = rig.beside(options(), url);
    let before = rig.counts();
    let error = Executor::execute(&db, "SELECT 1").await.expect_err("no connection");
    has_number(&error, number);
    rig.counted(before, &error, ErrorClass::Unavailable);
}

#[tokio::test]
async fn a_wrong_password_and_a_missing_database_are_failures() {
    let server = MariaDb::start();
    let rig = Rig::<MySql>::new(&server.url());
    server.sql("CREATE USER plain IDENTIFIED BY 'right'; CREATE DATABASE secret").expect("created");
    refused(&rig, &server.url_with("tester", "wrong", "test"), 1045).await;
    refused(&rig, &server.url_with("plain", "right", "secret"), 1044).await;
    refused(&rig, &server.url_with("tester", MariaDb::PASSWORD, "nothing"), 1049).await;
}

#[tokio::test]
async fn too_many_connections_are_a_failure() {
    let server = MariaDb::start_with(&["--max-connections=10"]);
    let rig = Rig::<MySql>::new(&server.url());
    let mut held = Vec::new();
    let error = loop {
        match MySqlConnection::connect(&server.url()).await {
            Ok(connection) => held.push(connection),
            Err(error) => break error,
        }
    };
    has_number(&error, 1040);
    // The pool reports it at once.
    refused(&rig, &server.url(), 1040).await;
    for connection in held {
        connection.close().await.expect("closed");
    }
    servers::until("there is room", || server.sql("SELECT 1"));
    rig.run("SELECT 1").await.expect("it answers");
}

#[tokio::test]
async fn too_many_connections_of_one_user_are_a_failure() {
    let server = MariaDb::start_with(&["--max-user-connections=2"]);
    let rig = Rig::<MySql>::new(&server.url());
    let users = "CREATE USER few IDENTIFIED BY 'right' WITH MAX_USER_CONNECTIONS 2; GRANT ALL ON test.* TO few;
        CREATE USER plain IDENTIFIED BY 'right'; GRANT ALL ON test.* TO plain";
    server.sql(users).expect("created");
    for (user, number) in [("few", 1226), ("plain", 1203)] {
        let url = server.url_with(user, "right", "test");
        let held = futures::join!(MySqlConnection::connect(&url), MySqlConnection::connect(&url));
        refused(&rig, &url, number).await;
        held.0.and(held.1).expect("two are allowed");
    }
}
