//! The macros of sqlx, whose queries are checked when they are compiled. What they know of the database is in `.sqlx`.
//! To write that anew, make a database with the table of `rig`, and compile the tests with its `DATABASE_URL`, with
//! `SQLX_OFFLINE=false`, and with `SQLX_OFFLINE_DIR` set to that directory.

use breaker_sqlx::DatabaseCircuitBreakerError;

use crate::rig::rig;

struct Row {
    x: Option<i64>,
}

#[tokio::test]
async fn checked_queries_work_unchanged() -> Result<(), sqlx::Error> {
    let rig = rig().await;
    let (db, least) = (&rig.db, 2);
    let rows = sqlx::query!("SELECT x FROM t WHERE x >= ? ORDER BY x", least).fetch_all(db).await?;
    assert_eq!(rows.iter().map(|row| row.x).collect::<Vec<_>>(), [Some(2), Some(3)]);
    let row = sqlx::query_as!(Row, "SELECT x FROM t WHERE x = ?", least).fetch_one(db).await?;
    assert_eq!(row.x, Some(2));
    let mut transaction = db.begin().await?;
    sqlx::query!("DELETE FROM t").execute(&mut *transaction).await?;
    let count = sqlx::query_scalar!("SELECT count(*) FROM t").fetch_one(&mut *transaction).await?;
    assert_eq!(count, 0);
    transaction.rollback().await?;
    // BEGIN, and each statement. ROLLBACK is one, too.
    assert_eq!(rig.counts(), [6, 0, 0, 0, 0, 0, 0]);

    rig.force_open();
    let error =
        sqlx::query!("SELECT x FROM t WHERE x >= ? ORDER BY x", least).fetch_all(db).await.expect_err("rejected");
    assert!(DatabaseCircuitBreakerError::from_sqlx(&error).is_some_and(DatabaseCircuitBreakerError::is_rejected));
    Ok(())
}
