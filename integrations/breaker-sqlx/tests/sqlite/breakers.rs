//! Which breaker, and the `acquire_timeout` that fits it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use breaker_core::{CircuitBreaker, CircuitBreakerError, Config, Registry};
use breaker_sqlx::{Classifier, Database, DatabaseCircuitBreakerError};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{Sqlite, SqlitePool};

use crate::rig::{is_rejected, refused, rig};

fn lazy() -> SqlitePool {
    SqlitePoolOptions::new().connect_lazy_with(SqliteConnectOptions::new().in_memory(true))
}

#[tokio::test]
async fn a_name_is_looked_up_in_the_global_registry() {
    let db = Database::new("by name", lazy());
    let breaker = Registry::global().get("by name").expect("created");
    let config = breaker.config();
    assert_eq!(config.failure_threshold(), Config::database().failure_threshold());
    assert_eq!(config.request_timeout(), Some(Duration::from_secs(10)));
    assert!(config.enable_health_check());
    sqlx::query("SELECT 1").execute(&db).await.expect("it answers");
    assert_eq!(breaker.metrics().successes, 1);

    // Code that came before keeps its configuration.
    let config = Config::builder().consecutive_failures(7).build().expect("valid");
    Registry::global().get_or_create("by name, configured", config);
    let db = Database::new("by name, configured", lazy());
    assert_eq!(db.breaker().config().consecutive_failures(), Some(7));
    assert!(!db.breaker().config().enable_health_check());
    assert!(Registry::global().conflicts().is_empty(), "{:?}", Registry::global().conflicts());
}

#[tokio::test]
async fn the_acquire_timeout_fits_a_pool_that_it_connects() {
    let half = Duration::from_secs(5);
    let memory = || SqliteConnectOptions::new().in_memory(true);
    let timeout = |db: &Database<Sqlite>| db.pool().options().get_acquire_timeout();
    let db = Database::connect("fitting", "sqlite::memory:").await.expect("connected");
    assert_eq!(timeout(&db), half);
    let db = Database::connect_with("fitting", SqlitePoolOptions::new(), memory()).await.expect("connected");
    assert_eq!(timeout(&db), half);
    let shorter = SqlitePoolOptions::new().acquire_timeout(Duration::from_secs(1));
    let db = Database::connect_lazy_with("fitting", shorter, memory());
    assert_eq!(timeout(&db), Duration::from_secs(1));

    Registry::global().get_or_create("untimed", Config::default());
    let db = Database::connect_lazy_with("untimed", SqlitePoolOptions::new(), memory());
    assert_eq!(timeout(&db), Duration::from_secs(30));
    assert!(Database::<Sqlite>::connect("fitting", "postgres://").await.is_err());
}

#[tokio::test]
async fn a_pool_that_waits_too_long_is_logged() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber(&log));
    let breaker = CircuitBreaker::new("logged", Config::database());
    drop(Database::with(breaker.clone(), lazy()));
    let lines = log.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    for part in ["acquire_timeout is longer", "service=\"logged\"", "acquire_timeout_ms=30000", "allowed_ms=5000"] {
        assert!(lines[0].contains(part), "{part} in {lines:?}");
    }
    let short = SqlitePoolOptions::new().acquire_timeout(Duration::from_secs(5));
    drop(Database::with(breaker, short.connect_lazy_with(SqliteConnectOptions::new())));
    assert_eq!(log.lines().len(), 1);
}

/// The lines of the log with the target `circuit_breaker`.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn lines(&self) -> Vec<String> {
        self.0.lock().expect("no panic").clone()
    }
}

fn tracing_subscriber(log: &Log) -> impl tracing::Subscriber + use<> {
    Lines(log.clone())
}

struct Lines(Log);

impl tracing::Subscriber for Lines {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "circuit_breaker"
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        struct Fields(String);
        impl tracing::field::Visit for Fields {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                use std::fmt::Write as _;
                let _ = write!(self.0, "{field}={value:?} ");
            }
        }
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        self.0.0.lock().expect("no panic").push(fields.0);
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn a_rejection_is_an_error_of_sqlx() {
    let rig = rig().await;
    rig.force_open();
    let error = sqlx::query("SELECT 1").execute(&rig.db).await.expect_err("rejected");
    assert_eq!(error.to_string(), "error communicating with database: the call of `db` was rejected");
    let found = DatabaseCircuitBreakerError::from_sqlx(&error).expect("ours");
    assert_eq!((found.service(), found.retry_after(), found.is_timeout()), ("db", None, false));
    // A walk along the sources finds the error of breaker-core.
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    let mut found = None;
    while let Some(error) = source {
        found = found.or(error.downcast_ref::<CircuitBreakerError>());
        source = error.source();
    }
    assert!(found.is_some_and(CircuitBreakerError::is_rejected));
    // Not the database's, nor the client's.
    assert!(DatabaseCircuitBreakerError::from_sqlx(&sqlx::Error::PoolTimedOut).is_none());
    assert!(DatabaseCircuitBreakerError::from_sqlx(&std::io::Error::other("broken pipe").into()).is_none());
}

#[tokio::test]
async fn a_rejection_says_when_to_retry() {
    let rig = rig().await;
    let _ = rig.db.breaker().call(|| Err::<(), _>("down"));
    rig.time.advance(Duration::from_secs(10));
    let refused = refused(sqlx::query("SELECT 1").execute(&rig.db).await);
    assert_eq!(refused.retry_after(), Some(Duration::from_secs(20)));
    assert!(refused.breaker().is_rejected());
}

#[tokio::test]
async fn clones_share_breaker_pool_and_choices() {
    let rig = rig().await;
    let clone = rig.db.clone().classify(Classifier::new().busy(breaker_core::Outcome::Failure));
    sqlx::query("SELECT x FROM t").execute(&clone).await.expect("the table is there");
    assert_eq!(rig.counts(), [1, 0, 0, 0, 0, 0, 0]);
    rig.force_open();
    is_rejected(sqlx::query("SELECT 1").execute(&clone).await);
    assert!(format!("{clone:?}").contains("Database"));
}

#[tokio::test]
async fn the_pool_is_the_way_out() {
    let rig = rig().await;
    rig.force_open();
    sqlx::query("SELECT x FROM t").fetch_all(rig.db.pool()).await.expect("past the breaker");
    assert_eq!(rig.counts(), [0; 7]);
    rig.db.pool().close().await;
    assert!(matches!(rig.db.ping().await, Err(sqlx::Error::PoolClosed)));
}
