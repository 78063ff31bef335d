//! The repository of reviews: a pool of sqlx, behind the breaker `database`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use breaker_core::Outcome;
use breaker_sqlx::{Classifier, Database};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{Any, Executor, Row as _};

use crate::dependency::Dependency;

/// The number of connections in the pool.
pub(crate) const CONNECTIONS: u32 = 4;

/// One review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Review {
    /// Chosen by the writer, so that a repeated write has no effect.
    pub(crate) id: i64,
    pub(crate) product: u32,
    pub(crate) text: String,
}

/// The reviews of one product.
#[derive(Clone, Debug)]
pub(crate) struct Reviews {
    pub(crate) texts: Vec<String>,
    /// False if these are the last known reviews, because the database did not answer.
    pub(crate) fresh: bool,
}

/// Where a new review was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Stored,
    /// Kept in the outbox until the database answers again.
    Queued,
}

/// Why reviews could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReviewsError {
    /// Also a rejection and a timeout of the breaker.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("nothing is known about product {product}, and the database does not answer: {cause}")]
    NeverSeen { product: u32, cause: sqlx::Error },
}

/// Reads and writes reviews.
pub(crate) struct ReviewRepository {
    db: Database<Any>,
    last_known: Mutex<HashMap<u32, Vec<String>>>,
    outbox: Mutex<Vec<Review>>,
}

impl ReviewRepository {
    /// Connects to the database at this URL, and adds a first review of each product.
    pub(crate) async fn open(url: &str, products: u32) -> Result<Self, ReviewsError> {
        sqlx::any::install_default_drivers();
        let is_sqlite = url.starts_with("sqlite:");
        let pool = AnyPoolOptions::new()
            .max_connections(CONNECTIONS)
            // A connection that is opened during the outage would fail in its first pragma.
            .min_connections(CONNECTIONS)
            .idle_timeout(None)
            .max_lifetime(None)
            .after_connect(move |connection, _| {
                Box::pin(async move { if is_sqlite { connection.execute(FOR_SQLITE).await.map(drop) } else { Ok(()) } })
            });
        let options: AnyConnectOptions = url.parse()?;
        let db = Database::connect_with(Dependency::Database.name(), pool, options).await?;
        // A lock that isn't released is the drill's outage.
        let db = db.classify(Classifier::new().busy(Outcome::Failure));
        for statement in CREATE {
            db.pool().execute(statement).await?;
        }
        let repository = Self { db, last_known: Mutex::default(), outbox: Mutex::default() };
        for product in 0..products {
            let review = Review { id: -i64::from(product) - 1, product, text: "The first review.".into() };
            insert(repository.db.pool(), &review).await?;
            repository.remember(product, &[review.text]);
        }
        Ok(repository)
    }

    /// Returns the latest reviews of a product, or the last known ones while the database does not answer.
    pub(crate) async fn of_product(&self, product: u32) -> Result<Reviews, ReviewsError> {
        match select(&self.db, product).await {
            Ok(texts) => {
                self.remember(product, &texts);
                Ok(Reviews { texts, fresh: true })
            }
            Err(cause) => {
                let known = self.last_known.lock().unwrap_or_else(PoisonError::into_inner).get(&product).cloned();
                self.db.breaker().count_fallback(known.is_some());
                let texts = known.ok_or(ReviewsError::NeverSeen { product, cause })?;
                Ok(Reviews { texts, fresh: false })
            }
        }
    }

    /// Writes a review to the database, or to the outbox while the database does not answer.
    pub(crate) async fn add(&self, review: Review) -> Written {
        if insert(&self.db, &review).await.is_ok() {
            return Written::Stored;
        }
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner).push(review);
        self.db.breaker().count_fallback(true);
        Written::Queued
    }

    /// Empties the outbox and returns its reviews, to be delivered.
    pub(crate) fn take_outbox(&self) -> Vec<Review> {
        std::mem::take(&mut *self.outbox.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the outbox is empty.
    pub(crate) fn outbox_is_empty(&self) -> bool {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Asks the database past the breaker: for the health check, for routes that a layer protects, and to show what a
    /// caller without a breaker experiences.
    pub(crate) async fn select_unprotected(&self, product: u32) -> Result<Vec<String>, sqlx::Error> {
        select(self.db.pool(), product).await
    }

    /// Returns the number of reviews that callers have written.
    pub(crate) async fn count(&self) -> Result<u64, sqlx::Error> {
        let count = sqlx::query("SELECT count(*) FROM breaker_drill_review WHERE id >= 0").fetch_one(self.db.pool());
        let count: i64 = count.await?.try_get(0)?;
        Ok(count.unsigned_abs())
    }

    /// Removes the drill's table from the database.
    pub(crate) async fn clear(&self) -> Result<(), sqlx::Error> {
        self.db.pool().execute(DROP).await.map(drop)
    }

    fn remember(&self, product: u32, texts: &[String]) {
        self.last_known.lock().unwrap_or_else(PoisonError::into_inner).insert(product, texts.to_vec());
    }
}

/// With a rollback journal, an exclusive lock also blocks readers; with a WAL it would not. A statement waits for a lock
/// for 250 ms.
const FOR_SQLITE: &str = "PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF; PRAGMA busy_timeout = 250";

const DROP: &str = "DROP TABLE IF EXISTS breaker_drill_review";

/// A table of an interrupted drill is replaced.
const CREATE: [&str; 3] = [
    DROP,
    "CREATE TABLE breaker_drill_review (id BIGINT PRIMARY KEY, product BIGINT NOT NULL, text TEXT NOT NULL)",
    "CREATE INDEX breaker_drill_review_of_product ON breaker_drill_review (product, id)",
];

async fn select<'a>(db: impl Executor<'a, Database = Any>, product: u32) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query("SELECT text FROM breaker_drill_review WHERE product = $1 ORDER BY id DESC LIMIT 10")
        .bind(i64::from(product))
        .fetch_all(db)
        .await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

async fn insert<'a>(db: impl Executor<'a, Database = Any>, review: &Review) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO breaker_drill_review (id, product, text) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(review.id)
        .bind(i64::from(review.product))
        .bind(&review.text)
        .execute(db)
        .await?;
    Ok(())
}
