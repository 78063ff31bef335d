//! SQLite without memory: in a binary of its own, because the limit is that of the process.

use breaker_core::{CircuitBreaker, Config};
use breaker_sqlx::Database;
use breaker_sqlx::classify::{self, ErrorClass};
use sqlx::Executor;

#[tokio::test]
async fn out_of_memory_is_a_failure() {
    let pool = sqlx::SqlitePool::connect("sqlite::memory:").await.expect("connected");
    let db = Database::with(CircuitBreaker::new("small", Config::database()), pool);
    Executor::execute(&db, "PRAGMA hard_heap_limit = 4000000").await.expect("limited");
    let error = Executor::execute(&db, "SELECT randomblob(8000000)").await.expect_err("no memory");
    assert_eq!(error.as_database_error().expect("SQLite's").code().as_deref(), Some("7"));
    assert_eq!(classify::error(&error), ErrorClass::Unavailable);
    assert_eq!(db.breaker().metrics().failures, 1);
}
