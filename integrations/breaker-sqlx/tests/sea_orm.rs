//! The traits of sea-orm, over SQLite.
#![cfg(feature = "sea-orm")]

use std::time::Duration;

use breaker_core::{CircuitBreaker, Clock, Config, Mode, Outcome, State};
use breaker_sqlx::{Classifier, DatabaseCircuitBreakerError, SeaDatabase};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Query;
use sea_orm::{
    ConnectOptions, Database, DbBackend, Set, Statement, TransactionError, TransactionOptions, TransactionSession,
    TransactionTrait,
};

#[expect(unreachable_pub, reason = "the derives make public items")]
mod item {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "items")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

async fn db() -> SeaDatabase {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1).acquire_timeout(Duration::from_mins(1));
    let connection = Database::connect(options).await.expect("connected");
    connection
        .execute_unprepared("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT UNIQUE)")
        .await
        .expect("a table");
    let config = Config::builder().consecutive_failures(1).success_threshold(1).build().expect("valid");
    SeaDatabase::with(CircuitBreaker::with_clock("sea", config, Clock::manual().0), connection)
}

fn named(name: &str) -> item::ActiveModel {
    item::ActiveModel { name: Set(name.to_owned()), ..Default::default() }
}

fn raw(sql: &str) -> Statement {
    Statement::from_string(DbBackend::Sqlite, sql)
}

fn successes(db: &SeaDatabase) -> u64 {
    let metrics = db.breaker().metrics();
    assert_eq!((metrics.failures, metrics.ignored, metrics.in_flight), (0, 0, 0));
    metrics.successes
}

#[track_caller]
fn is_rejected<T: std::fmt::Debug>(result: Result<T, DbErr>) {
    let error = result.expect_err("rejected");
    let refused = DatabaseCircuitBreakerError::from_db_err(&error).unwrap_or_else(|| panic!("{error:?}"));
    assert!(refused.is_rejected());
}

/// Calls each method once.
async fn each_method(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    let select = Query::select().column(item::Column::Id).from(item::Entity).to_owned();
    let delete = Query::delete().from_table(item::Entity).to_owned();
    db.execute_raw(raw("INSERT INTO items (name) VALUES ('a')")).await?;
    db.execute_unprepared("INSERT INTO items (name) VALUES ('b')").await?;
    assert!(db.query_one_raw(raw("SELECT * FROM items")).await?.is_some());
    assert!(db.query_one(&select).await?.is_some());
    assert_eq!(db.query_all_raw(raw("SELECT * FROM items")).await?.len(), 2);
    assert_eq!(db.query_all(&select).await?.len(), 2);
    assert_eq!(db.execute(&delete).await?.rows_affected(), 2);
    Ok(())
}

#[tokio::test]
async fn every_method_is_one_call() {
    let db = db().await;
    each_method(&db).await.expect("all succeed");
    assert_eq!(successes(&db), 7);
    let transaction = db.begin().await.expect("a transaction");
    each_method(&transaction).await.expect("all succeed");
    transaction.commit().await.expect("committed");
    assert_eq!(successes(&db), 16);
    assert_eq!(db.get_database_backend(), db.inner().get_database_backend());
    assert_eq!(db.support_returning(), db.inner().support_returning());

    db.breaker().set_mode(Mode::ForcedOpen);
    is_rejected(each_method(&db).await);
    is_rejected(db.query_all_raw(raw("SELECT 1")).await);
    is_rejected(db.begin().await);
}

#[tokio::test]
async fn entities_work_unchanged() {
    let db = db().await;
    let tea = named("tea").insert(&db).await.expect("inserted");
    assert_eq!(item::Entity::find().all(&db).await.expect("rows"), [tea]);
    assert_eq!(item::Entity::find_by_id(9).one(&db).await.expect("an answer"), None);
    // A duplicate is an answer.
    named("tea").insert(&db).await.expect_err("a duplicate");
    assert_eq!(db.breaker().state(), State::Closed);
    db.execute_unprepared("PRAGMA query_only = ON").await.expect("set");
    named("milk").insert(&db).await.expect_err("read-only");
    assert_eq!((db.breaker().state(), db.breaker().metrics().failures), (State::Open, 1));
    is_rejected(item::Entity::find().all(&db).await);
}

#[tokio::test]
async fn transactions_end_as_their_callback_does() {
    let db = db().await;
    db.transaction::<_, (), DbErr>(|transaction| {
        Box::pin(async move { named("kept").insert(transaction).await.map(|_| ()) })
    })
    .await
    .expect("committed");
    let failed = db
        .transaction_with_config::<_, (), DbErr>(
            |transaction| {
                Box::pin(async move {
                    named("gone").insert(transaction).await?;
                    Err(DbErr::Custom("no".to_owned()))
                })
            },
            None,
            None,
        )
        .await;
    assert!(matches!(failed, Err(TransactionError::Transaction(_))));
    let outer = db.begin_with_options(TransactionOptions::default()).await.expect("a transaction");
    let inner = outer.begin().await.expect("a savepoint");
    named("gone, too").insert(&inner).await.expect("inserted");
    inner.rollback().await.expect("rolled back");
    drop(outer.begin_with_config(None, None).await.expect("a savepoint"));
    outer.commit().await.expect("committed");
    let names: Vec<_> = item::Entity::find().all(&db).await.expect("rows").into_iter().map(|item| item.name).collect();
    assert_eq!(names, ["kept"]);
}

#[tokio::test]
async fn a_rollback_is_never_rejected() {
    let db = db().await;
    let transaction = db.begin().await.expect("a transaction");
    named("gone").insert(&transaction).await.expect("inserted");
    db.breaker().set_mode(Mode::ForcedOpen);
    is_rejected(named("rejected").insert(&transaction).await);
    transaction.rollback().await.expect("rolled back");
    assert!(item::Entity::find().all(db.inner()).await.expect("rows").is_empty());
}

#[tokio::test]
async fn names_and_choices() {
    let connection = Database::connect("sqlite::memory:").await.expect("connected");
    let db = SeaDatabase::new("sea by name", connection).classify(Classifier::new().busy(Outcome::Failure));
    assert!(db.breaker().config().enable_health_check());
    assert!(format!("{db:?}").contains("sea by name"));
}
