//! Every method of the executor, on the pool and on a connection: admitted, and rejected.

use futures::TryStreamExt;
use sqlx::{Executor, Row, SqlSafeStr, Sqlite};

use crate::rig::{Rig, is_rejected, rig};

/// Calls each method once, and checks what it returns.
async fn each_method<'c, E, F>(mut executor: F) -> sqlx::Result<()>
where
    E: Executor<'c, Database = Sqlite>,
    F: FnMut() -> E,
{
    let all = || sqlx::query("SELECT x FROM t ORDER BY x");
    let insert = "INSERT INTO t VALUES (4); DELETE FROM t WHERE x > 3";
    assert_eq!(executor().execute("UPDATE t SET x = x").await?.rows_affected(), 3);
    let changes: Vec<_> = executor().execute_many(insert).try_collect().await?;
    assert_eq!(changes.iter().map(sqlx::sqlite::SqliteQueryResult::rows_affected).collect::<Vec<_>>(), [1, 1]);
    let rows: Vec<_> = executor().fetch(all()).try_collect().await?;
    assert_eq!(rows.iter().map(|row| row.get::<i64, _>(0)).collect::<Vec<_>>(), [1, 2, 3]);
    let steps: Vec<_> = executor().fetch_many(all()).try_collect().await?;
    assert_eq!(steps.iter().filter(|step| step.is_right()).count(), 3);
    assert_eq!(executor().fetch_all(all()).await?.len(), 3);
    assert_eq!(executor().fetch_one(all()).await?.get::<i64, _>(0), 1);
    assert!(executor().fetch_optional("SELECT x FROM t WHERE x = 9").await?.is_none());
    let statement = executor().prepare("SELECT x FROM t".into_sql_str()).await?;
    assert_eq!(sqlx::Statement::columns(&statement).len(), 1);
    let statement = executor().prepare_with("SELECT x, x FROM t".into_sql_str(), &[]).await?;
    assert_eq!(sqlx::Statement::columns(&statement).len(), 2);
    assert_eq!(executor().describe("SELECT x FROM t".into_sql_str()).await?.columns().len(), 1);
    Ok(())
}

const METHODS: u64 = 10;

async fn each_method_is_rejected<'c, E, F>(mut executor: F)
where
    E: Executor<'c, Database = Sqlite>,
    F: FnMut() -> E,
{
    let all = || sqlx::query("SELECT x FROM t");
    is_rejected(executor().execute(all()).await);
    is_rejected(executor().execute_many(all()).try_collect::<Vec<_>>().await);
    is_rejected(executor().fetch(all()).try_collect::<Vec<_>>().await.map(|rows| rows.len()));
    is_rejected(executor().fetch_many(all()).try_collect::<Vec<_>>().await.map(|rows| rows.len()));
    is_rejected(executor().fetch_all(all()).await.map(|rows| rows.len()));
    is_rejected(executor().fetch_one(all()).await.map(|_| ()));
    is_rejected(executor().fetch_optional(all()).await.map(|_| ()));
    is_rejected(executor().prepare("SELECT 1".into_sql_str()).await.map(|_| ()));
    is_rejected(executor().prepare_with("SELECT 1".into_sql_str(), &[]).await.map(|_| ()));
    is_rejected(executor().describe("SELECT 1".into_sql_str()).await.map(|_| ()));
}

#[tokio::test]
async fn every_method_of_the_pool_is_one_call() {
    let rig = rig().await;
    each_method(|| &rig.db).await.expect("all succeed");
    assert_eq!(rig.counts(), [METHODS, 0, 0, 0, 0, 0, 0]);
    rig.force_open();
    each_method_is_rejected(|| &rig.db).await;
    assert_eq!(rig.counts(), [METHODS, 0, 0, 0, 0, METHODS, 0]);
}

/// `&mut *connection` can't be returned by a closure, so the methods are called in place.
macro_rules! in_place {
    ($connection:expr, $method:ident($($argument:expr),*)) => {
        Executor::$method(&mut *$connection, $($argument),*)
    };
}

async fn on_a_connection(rig: &Rig) -> sqlx::Result<()> {
    let mut connection = rig.db.acquire().await?;
    let all = || sqlx::query("SELECT x FROM t ORDER BY x");
    assert_eq!(in_place!(connection, execute("UPDATE t SET x = x")).await?.rows_affected(), 3);
    assert_eq!(in_place!(connection, execute_many(all())).try_collect::<Vec<_>>().await?.len(), 1);
    assert_eq!(in_place!(connection, fetch(all())).try_collect::<Vec<_>>().await?.len(), 3);
    assert_eq!(in_place!(connection, fetch_many(all())).try_collect::<Vec<_>>().await?.len(), 4);
    assert_eq!(in_place!(connection, fetch_all(all())).await?.len(), 3);
    assert_eq!(in_place!(connection, fetch_one(all())).await?.get::<i64, _>(0), 1);
    assert!(in_place!(connection, fetch_optional(all())).await?.is_some());
    in_place!(connection, prepare("SELECT 1".into_sql_str())).await?;
    in_place!(connection, prepare_with("SELECT 1".into_sql_str(), &[])).await?;
    in_place!(connection, describe("SELECT 1".into_sql_str())).await?;
    // `acquire`, and these.
    assert_eq!(rig.counts(), [1 + METHODS, 0, 0, 0, 0, 0, 0]);

    rig.force_open();
    is_rejected(in_place!(connection, execute(all())).await);
    is_rejected(in_place!(connection, execute_many(all())).try_collect::<Vec<_>>().await);
    is_rejected(in_place!(connection, fetch(all())).try_collect::<Vec<_>>().await.map(|rows| rows.len()));
    is_rejected(in_place!(connection, fetch_many(all())).try_collect::<Vec<_>>().await.map(|rows| rows.len()));
    is_rejected(in_place!(connection, fetch_all(all())).await.map(|rows| rows.len()));
    is_rejected(in_place!(connection, fetch_one(all())).await.map(|_| ()));
    is_rejected(in_place!(connection, fetch_optional(all())).await.map(|_| ()));
    is_rejected(in_place!(connection, prepare("SELECT 1".into_sql_str())).await.map(|_| ()));
    is_rejected(in_place!(connection, prepare_with("SELECT 1".into_sql_str(), &[])).await.map(|_| ()));
    is_rejected(in_place!(connection, describe("SELECT 1".into_sql_str())).await.map(|_| ()));
    assert_eq!(rig.counts(), [1 + METHODS, 0, 0, 0, 0, METHODS, 0]);
    Ok(())
}

#[tokio::test]
async fn every_method_of_a_connection_is_one_call() {
    let rig = rig().await;
    on_a_connection(&rig).await.expect("all succeed");
}

#[tokio::test]
async fn a_future_that_is_not_polled_is_no_call() {
    let rig = rig().await;
    drop(rig.db.fetch_all("SELECT 1"));
    drop(rig.db.fetch("SELECT 1"));
    drop(rig.db.begin());
    assert_eq!(rig.counts(), [0; 7]);
}

#[tokio::test]
async fn futures_do_not_borrow_the_database() {
    let rig = rig().await;
    let db = rig.db.clone();
    let (rows, begun) = (db.fetch_all("SELECT x FROM t"), db.begin());
    drop(db);
    assert_eq!(tokio::spawn(rows).await.expect("no panic").expect("three rows").len(), 3);
    drop(tokio::spawn(begun).await.expect("no panic").expect("a transaction"));
}

#[tokio::test]
async fn the_seeds_execute_runs_an_operation_as_one_call() {
    let rig = rig().await;
    let sum = rig
        .db
        .execute(|pool| async move {
            let rows = sqlx::query("SELECT x FROM t").fetch_all(pool).await?;
            Ok(rows.iter().map(|row| row.get::<i64, _>(0)).sum::<i64>())
        })
        .await;
    assert_eq!(sum.expect("a sum"), 6);
    let rows = rig.db.execute(async |pool| sqlx::query("SELECT x FROM t").fetch_all(pool).await).await;
    assert_eq!(rows.expect("rows").len(), 3);
    assert_eq!(rig.counts(), [2, 0, 0, 0, 0, 0, 0]);

    rig.force_open();
    is_rejected(rig.db.execute(async |_| -> sqlx::Result<()> { panic!("it must not run") }).await);
    // A call inside of the operation that another breaker rejects is no news of this database.
    let inner = rig.db.clone();
    let outer = crate::rig::rig().await;
    is_rejected(outer.db.execute(|_| async move { inner.fetch_all("SELECT 1").await.map(|_| ()) }).await);
    assert_eq!(outer.counts(), [0, 0, 0, 1, 0, 0, 0]);
}
