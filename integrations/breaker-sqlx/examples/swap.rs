//! A plain pool, and the same pool behind a circuit breaker, over SQLite.
//!
//! `cargo run -p breaker-sqlx --example swap`

use breaker_core::{Registry, State};
use breaker_sqlx::{Database, DatabaseCircuitBreakerError};
use sqlx::SqlitePool;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), sqlx::Error> {
    let pool = SqlitePool::connect("sqlite::memory:").await?;
    // The swap. All below takes `&db` where it took `&pool`.
    let db = Database::new("reviews", pool);

    sqlx::query("CREATE TABLE reviews (product TEXT, stars INTEGER)").execute(&db).await?;
    let mut transaction = db.begin().await?;
    for stars in [5, 3, 4] {
        let insert = sqlx::query("INSERT INTO reviews VALUES ('tea', ?)").bind(stars);
        insert.execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    let stars: f64 = sqlx::query_scalar("SELECT avg(stars) FROM reviews").fetch_one(&db).await?;
    println!("tea has {stars} stars");

    // The database fails: it can't be written to any more.
    sqlx::query("PRAGMA query_only = ON").execute(&db).await?;
    for _ in 0..4 {
        let error = sqlx::query("INSERT INTO reviews VALUES ('tea', 1)").execute(&db).await.expect_err("it can't");
        match DatabaseCircuitBreakerError::from_sqlx(&error) {
            Some(refused) => println!("{}", refused.breaker()),
            None => println!("{error}"),
        }
    }
    let breaker = Registry::global().get("reviews").expect("created above");
    assert_eq!(breaker.state(), State::Open);
    println!("{:?}, {} rejected", breaker.state(), breaker.metrics().rejections);
    Ok(())
}
