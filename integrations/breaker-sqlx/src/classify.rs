//! What the errors of databases mean, as three public tables, and the outcomes that follow.
//!
//! [`error`](fn@error) looks an error up in the table of its database: [`postgres`](fn@postgres) by SQLSTATE,
//! [`mysql`](fn@mysql) by error number, [`sqlite`](fn@sqlite) by result code. A [`Classifier`](crate::Classifier) makes an
//! outcome of it.

mod class;
mod classifier;
mod lookup;
mod mysql;
mod postgres;
mod sqlite;

pub use class::ErrorClass;
pub use classifier::{Classifier, classify};
pub use lookup::{database_error, error};
pub use mysql::mysql;
pub use postgres::postgres;
pub use sqlite::sqlite;
