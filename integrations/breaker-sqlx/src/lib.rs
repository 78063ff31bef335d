//! Circuit breakers of breaker-core around the connection pools of sqlx: PostgreSQL, MySQL, MariaDB and SQLite.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod classify;
mod connection;
mod database;
mod error;
mod finishing;
mod generated;
mod guard;
mod judged;
mod lent;
mod statements;
mod stream;
mod transaction;

pub use classify::{Classifier, classify};
pub use connection::{Connection, PoolConnection};
pub use database::Database;
pub use error::{DatabaseCircuitBreakerError, sqlx_error};
pub use statements::Statements;
pub use transaction::Transaction;
