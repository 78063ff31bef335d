//! The repository of reviews: `SQLite` through sqlx, behind the breaker `database`.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use breaker_core::{CircuitBreakerError, circuit_breaker};
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

/// How long `SQLite` itself waits for a lock.
const BUSY_TIMEOUT: Duration = Duration::from_millis(250);
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
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Rejected(#[from] CircuitBreakerError),
    #[error("nothing is known about product {product}, and the database does not answer: {cause}")]
    NeverSeen { product: u32, cause: Box<ReviewsError> },
}

/// Reads and writes reviews.
pub(crate) struct ReviewRepository {
    pool: SqlitePool,
    last_known: Mutex<HashMap<u32, Vec<String>>>,
    outbox: Mutex<Vec<Review>>,
}

impl ReviewRepository {
    /// Opens the database and adds a first review of each product.
    pub(crate) async fn open(file: &Path, products: u32) -> Result<Self, ReviewsError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            // With a rollback journal an exclusive lock also blocks readers; with a WAL it would not.
            .journal_mode(SqliteJournalMode::Delete)
            .synchronous(SqliteSynchronous::Off)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            // A connection that is opened during the outage would fail in its first pragma.
            .min_connections(CONNECTIONS)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await?;
        sqlx::query("CREATE TABLE review (id INTEGER PRIMARY KEY, product INTEGER NOT NULL, text TEXT NOT NULL)")
            .execute(&pool)
            .await?;
        sqlx::query("CREATE INDEX review_of_product ON review (product, id)").execute(&pool).await?;
        let repository = Self { pool, last_known: Mutex::default(), outbox: Mutex::default() };
        for product in 0..products {
            let review = Review { id: -i64::from(product) - 1, product, text: "The first review.".into() };
            repository.insert(&review).await?;
            repository.remember(product, &[review.text]);
        }
        Ok(repository)
    }

    /// Returns the latest reviews of a product, or the last known ones while the database does not answer.
    #[circuit_breaker(service = "database", preset = "database", fallback = Self::last_known)]
    pub(crate) async fn of_product(&self, product: u32) -> Result<Reviews, ReviewsError> {
        let texts = self.select(product).await?;
        self.remember(product, &texts);
        Ok(Reviews { texts, fresh: true })
    }

    fn last_known(&self, product: u32, error: ReviewsError) -> Result<Reviews, ReviewsError> {
        match self.last_known.lock().unwrap_or_else(PoisonError::into_inner).get(&product) {
            Some(texts) => Ok(Reviews { texts: texts.clone(), fresh: false }),
            None => Err(ReviewsError::NeverSeen { product, cause: Box::new(error) }),
        }
    }

    /// Writes a review to the database, or to the outbox while the database does not answer.
    #[circuit_breaker(service = "database", fallback = Self::to_outbox)]
    pub(crate) async fn add(&self, review: Review) -> Result<Written, ReviewsError> {
        self.insert(&review).await?;
        Ok(Written::Stored)
    }

    #[expect(clippy::unnecessary_wraps, reason = "a fallback has the return type of its function")]
    fn to_outbox(&self, review: Review, _error: ReviewsError) -> Result<Written, ReviewsError> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner).push(review);
        Ok(Written::Queued)
    }

    /// Empties the outbox and returns its reviews, to be delivered.
    pub(crate) fn take_outbox(&self) -> Vec<Review> {
        std::mem::take(&mut *self.outbox.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the outbox is empty.
    pub(crate) fn outbox_is_empty(&self) -> bool {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// The unprotected part of [`of_product`](Self::of_product). The drill also calls it directly, to show what a
    /// caller without a breaker experiences.
    pub(crate) async fn select(&self, product: u32) -> Result<Vec<String>, sqlx::Error> {
        let rows = sqlx::query("SELECT text FROM review WHERE product = ? ORDER BY id DESC LIMIT 10")
            .bind(product)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    }

    /// Returns the number of reviews that callers have written.
    pub(crate) async fn count(&self) -> Result<u64, sqlx::Error> {
        let count: i64 =
            sqlx::query("SELECT count(*) FROM review WHERE id >= 0").fetch_one(&self.pool).await?.try_get(0)?;
        Ok(count.unsigned_abs())
    }

    async fn insert(&self, review: &Review) -> Result<(), sqlx::Error> {
        sqlx::query("INSERT OR IGNORE INTO review (id, product, text) VALUES (?, ?, ?)")
            .bind(review.id)
            .bind(review.product)
            .bind(&review.text)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    fn remember(&self, product: u32, texts: &[String]) {
        self.last_known.lock().unwrap_or_else(PoisonError::into_inner).insert(product, texts.to_vec());
    }
}
