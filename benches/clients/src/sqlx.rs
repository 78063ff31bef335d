//! A statement of a database in memory, and an operation on the pool that is ready at once.

use std::hint::black_box;

use breaker_sqlx::Database;
use sqlx::{Executor, SqlitePool};

use crate::compare::compare;

pub(crate) async fn measure() -> Result<(), sqlx::Error> {
    let pool = SqlitePool::connect("sqlite::memory:").await?;
    let db = Database::new("database", pool.clone());
    let breaker = db.breaker().clone();
    let plain = async || black_box(async { Ok::<_, sqlx::Error>(black_box(1)) }.await).is_ok();
    let guard = async || black_box(db.execute(async |_| Ok(black_box(1))).await).is_ok();
    compare("sqlx: `execute` of an operation", &breaker, plain, guard).await.print();

    let plain = async || black_box(pool.fetch_optional("SELECT 1").await).is_ok();
    let guard = async || black_box((&db).fetch_optional("SELECT 1").await).is_ok();
    compare("sqlx: `SELECT 1` of SQLite", &breaker, plain, guard).await.print();
    Ok(())
}
