//! `Executor` for a connection. Every method calls the driver's method of the same name.

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use sqlx_core::Either;
use sqlx_core::describe::Describe;
use sqlx_core::error::Error;
use sqlx_core::executor::{Execute, Executor};
use sqlx_core::sql_str::SqlStr;

use super::Connection;
use crate::generated::Generated;
use crate::judged::Judged;
use crate::statements::Statements;
use crate::stream::next;

/// Runs a method of the driver.
macro_rules! call {
    ($self:ident, |$connection:ident| $call:expr) => {{
        let ($connection, is_cut) = $self.lent.parts();
        Box::pin($self.guard.clone().run(async move {
            let was_cut = std::mem::replace(is_cut, true);
            let result = $call.await;
            *is_cut = was_cut;
            result
        }))
    }};
}

/// Streams the rows of a method of the driver.
macro_rules! stream {
    ($self:ident, |$connection:ident| $rows:expr) => {{
        let ($connection, is_cut) = $self.lent.parts();
        Box::pin(Judged::new(
            $self.guard.clone(),
            Generated::new(|slot| async move {
                let was_cut = std::mem::replace(is_cut, true);
                let mut rows = $rows;
                loop {
                    let row = next(&mut rows).await;
                    // Whoever has a row may drop the stream: sqlx skips the others.
                    *is_cut = was_cut;
                    match row {
                        None => return Ok(()),
                        Some(row) => slot.give(row?).await,
                    }
                }
            }),
        ))
    }};
}

#[deny(clippy::missing_trait_methods)]
impl<'c, DB: Statements> Executor<'c> for &'c mut Connection<DB> {
    type Database = DB;

    fn execute<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<DB::QueryResult, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, DB>,
    {
        call!(self, |connection| DB::execute(connection, query))
    }

    fn execute_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<DB::QueryResult, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, DB>,
    {
        stream!(self, |connection| DB::execute_many(connection, query))
    }

    fn fetch<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<DB::Row, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, DB>,
    {
        stream!(self, |connection| DB::fetch(connection, query))
    }

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<DB::QueryResult, DB::Row>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, DB>,
    {
        stream!(self, |connection| DB::fetch_many(connection, query))
    }

    fn fetch_all<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Vec<DB::Row>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, DB>,
    {
        call!(self, |connection| DB::fetch_all(connection, query))
    }

    fn fetch_one<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<DB::Row, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, DB>,
    {
        call!(self, |connection| DB::fetch_one(connection, query))
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<DB::Row>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, DB>,
    {
        call!(self, |connection| DB::fetch_optional(connection, query))
    }

    fn prepare<'e>(self, query: SqlStr) -> BoxFuture<'e, Result<DB::Statement, Error>>
    where
        'c: 'e,
    {
        call!(self, |connection| DB::prepare(connection, query))
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [DB::TypeInfo],
    ) -> BoxFuture<'e, Result<DB::Statement, Error>>
    where
        'c: 'e,
    {
        call!(self, |connection| DB::prepare_with(connection, sql, parameters))
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<DB>, Error>>
    where
        'c: 'e,
    {
        call!(self, |connection| DB::describe(connection, sql))
    }
}
