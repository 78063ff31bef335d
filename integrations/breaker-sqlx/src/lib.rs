//! Circuit breakers of breaker-core around the connection pools of sqlx: PostgreSQL, MySQL, MariaDB and SQLite.
//!
//! A [`Database`] takes the place of a pool. Queries, `sqlx::query!` and `begin` work unchanged:
//!
//! ```
//! use breaker_core::Registry;
//! use breaker_sqlx::Database;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let db = Database::<sqlx::Sqlite>::connect("shop", "sqlite::memory:").await?;
//! let two: i64 = sqlx::query_scalar("SELECT 1 + 1").fetch_one(&db).await?;
//! assert_eq!(two, 2);
//! assert_eq!(Registry::global().get("shop").unwrap().metrics().successes, 1);
//! # Ok::<(), sqlx::Error>(())
//! # }).unwrap();
//! ```
//!
//! # Where to find what
//!
//! | to | use |
//! |---|---|
//! | put a pool behind a breaker | [`Database::new`], [`with`](Database::with), [`connect`](Database::connect) |
//! | put it behind two breakers | [`ReadWrite`] |
//! | run several statements as one call | [`Database::execute`] |
//! | use transactions and connections | [`Database::begin`], [`acquire`](Database::acquire) |
//! | handle a rejection or a timeout | [`DatabaseCircuitBreakerError`] |
//! | decide what a failure is | [`Classifier`], [`mod@classify`] |
//! | classify in a function with the attribute | [`classify`](fn@classify), [`sqlx_error`] |
//! | check the database in the background | [`Database::health_check`] |
//! | use sea-orm | `SeaDatabase` (feature `sea-orm`) |
//!
//! # What a call costs
//!
//! The wrapper allocates no more than a plain pool does. (The core allocates a timer when a call with a `request_timeout` is
//! first pending.) A rejection allocates the future that the trait returns, and the error.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `mysql` | no | the error numbers of MySQL and MariaDB |
//! | `sea-orm` | no | `SeaDatabase`: `ConnectionTrait` and `TransactionTrait` of sea-orm 2 |

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod acquire_timeout;
pub mod classify;
mod connection;
mod database;
mod error;
mod finishing;
mod generated;
mod guard;
mod judged;
mod lent;
#[cfg(feature = "sea-orm")]
mod sea_orm;
mod split;
mod statements;
mod stream;
mod transaction;

/// The examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use classify::{Classifier, classify};
pub use connection::{Connection, PoolConnection};
pub use database::Database;
pub use error::{DatabaseCircuitBreakerError, sqlx_error};
#[cfg(feature = "sea-orm")]
pub use sea_orm::{SeaDatabase, SeaTransaction, db_error};
pub use split::ReadWrite;
pub use statements::Statements;
pub use transaction::Transaction;
