//! The ping as a health check.

use std::time::Duration;

use breaker_core::{Clock, Config, Registry, State};
use breaker_sqlx::Database;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

#[tokio::test]
async fn pings_drive_the_state() {
    let (clock, time) = Clock::manual();
    let registry = Registry::with_clock(clock);
    let config = Config::builder()
        .enable_health_check(true)
        .health_check_interval(Duration::from_secs(15))
        .health_check_failures(2)
        .success_threshold(1)
        .build()
        .expect("valid");
    let breaker = registry.get_or_create("pinged", config);
    let file = tempfile::tempdir().expect("a directory");
    let path = file.path().join("later").join("db.sqlite");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let db = Database::with(breaker.clone(), SqlitePoolOptions::new().connect_lazy_with(options));

    assert!(db.ping().await.is_err());
    let check = db.health_check_in(&registry);
    let until = async |state| {
        while breaker.state() != state {
            time.advance(Duration::from_secs(1));
            // Pings run on the thread of a connection.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        }
    };
    until(State::Open).await;
    std::fs::create_dir(path.parent().expect("it has one")).expect("created");
    until(State::HalfOpen).await;
    // Without traffic, good checks close it.
    until(State::Closed).await;
    assert_eq!(breaker.metrics().requests, 0);
    drop(check);
}

#[tokio::test]
async fn the_check_is_registered_in_the_global_registry() {
    let db = Database::<sqlx::Sqlite>::connect("checked", "sqlite::memory:").await.expect("connected");
    let check = db.health_check();
    let good = || {
        let health = Registry::global().health();
        health.services.iter().any(|service| service.service == "checked" && service.check.is_some())
    };
    while !good() {
        tokio::task::yield_now().await;
    }
    drop(check);
}
