//! Code that is generic over sqlx's traits takes the wrapper.

use breaker_sqlx::Database;
use sqlx::{Acquire, Executor, Sqlite};

use crate::rig::{is_rejected, rig};

async fn sum<'c>(executor: impl Executor<'c, Database = Sqlite>) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT sum(x) FROM t").fetch_one(executor).await
}

async fn insert_twice<'c>(acquire: impl Acquire<'c, Database = Sqlite>) -> sqlx::Result<()> {
    let mut transaction = acquire.begin().await?;
    for x in [10, 20] {
        sqlx::query("INSERT INTO t VALUES (?)").bind(x).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

async fn first<'c>(acquire: impl Acquire<'c, Database = Sqlite>) -> sqlx::Result<i64> {
    let mut connection = acquire.acquire().await?;
    sqlx::query_scalar("SELECT min(x) FROM t").fetch_one(&mut *connection).await
}

/// Over any driver, as `Pool` allows it.
async fn ping<DB: sqlx::Database>(db: &Database<DB>) -> sqlx::Result<()>
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    let mut connection = db.acquire().await?;
    (&mut *connection).execute("SELECT 1").await?;
    drop(connection);
    Executor::execute(db, "SELECT 1").await.map(|_| ())
}

#[tokio::test]
async fn generic_functions_take_it() {
    let rig = rig().await;
    assert_eq!(sum(&rig.db).await.expect("a sum"), 6);
    let mut connection = rig.db.acquire().await.expect("a connection");
    assert_eq!(sum(&mut *connection).await.expect("a sum"), 6);
    assert_eq!(first(&mut *connection).await.expect("a row"), 1);
    insert_twice(&mut *connection).await.expect("two rows");
    drop(connection);
    let mut transaction = rig.db.begin().await.expect("a transaction");
    assert_eq!(sum(&mut *transaction).await.expect("a sum"), 36);
    transaction.rollback().await.expect("nothing to undo");

    assert_eq!(first(&rig.db).await.expect("a row"), 1);
    sqlx::query("DELETE FROM t WHERE x > 9").execute(&rig.db).await.expect("two rows");
    insert_twice(&rig.db).await.expect("two rows");
    assert_eq!(sum(&rig.db).await.expect("a sum"), 36);
    ping(&rig.db).await.expect("it answers");

    rig.force_open();
    is_rejected(insert_twice(&rig.db).await);
    is_rejected(first(&rig.db).await);
}

#[tokio::test]
async fn a_query_that_borrows_its_arguments_runs() {
    let rig = rig().await;
    let word = String::from("word");
    let back: String = sqlx::query_scalar("SELECT ?").bind(&word).fetch_one(&rig.db).await.expect("a row");
    assert_eq!(back, word);
    let rows: Vec<(i64,)> = sqlx::query_as("SELECT x FROM t").fetch_all(&rig.db).await.expect("rows");
    assert_eq!(rows.len(), 3);
}
