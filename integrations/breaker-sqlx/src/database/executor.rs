//! `Executor` for the pool. Every method calls the driver's method of the same name: a provided method would send other
//! messages, and count otherwise.

use std::future::Future;

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use sqlx_core::Either;
use sqlx_core::database::Database as Driver;
use sqlx_core::describe::Describe;
use sqlx_core::error::Error;
use sqlx_core::executor::{Execute, Executor};
use sqlx_core::sql_str::SqlStr;

use super::Database;
use crate::generated::Generated;
use crate::judged::Judged;
use crate::lent::{Lent, is_broken, is_embedded};
use crate::statements::Statements;
use crate::stream::next;

impl<DB: Driver> Database<DB> {
    /// Gets a connection for one call.
    pub(super) fn lend(&self) -> impl Future<Output = Result<Lent<DB>, Error>> + 'static {
        let acquire = self.pool().acquire();
        async move { Ok(Lent::new(acquire.await?)) }
    }
}

impl<DB: Driver> Lent<DB> {
    /// The connection for one call that is no part of a transaction. If the call doesn't end, or fails because the server
    /// can't serve, the connection is closed.
    pub(crate) fn for_call(&mut self) -> &mut DB::Connection {
        self.is_cut = !is_embedded::<DB>();
        self
    }

    pub(crate) fn ended<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        self.is_cut = matches!(&result, Err(error) if is_broken::<DB>(error));
        result
    }
}

/// Runs a method of the driver on a connection of the pool.
macro_rules! call {
    ($self:ident, |$connection:ident| $call:expr) => {{
        let lend = $self.lend();
        Box::pin($self.guard.clone().run(async move {
            let mut lent = lend.await?;
            let $connection = lent.for_call();
            let result = $call.await;
            lent.ended(result)
        }))
    }};
}

/// Streams the rows of a method of the driver from a connection of the pool.
macro_rules! stream {
    ($self:ident, |$connection:ident| $rows:expr) => {{
        let lend = $self.lend();
        Box::pin(Judged::new(
            $self.guard.clone(),
            Generated::new(|slot| async move {
                let mut lent = lend.await?;
                let ($connection, is_cut) = lent.parts();
                *is_cut = !is_embedded::<DB>();
                let mut rows = $rows;
                let result = loop {
                    match next(&mut rows).await {
                        None => break Ok(()),
                        Some(Err(error)) => break Err(error),
                        Some(Ok(row)) => {
                            // Whoever has a row may drop the stream: sqlx skips the others.
                            *is_cut = false;
                            slot.give(row).await;
                        }
                    }
                };
                drop(rows);
                lent.ended(result)
            }),
        ))
    }};
}

#[deny(clippy::missing_trait_methods)]
impl<'p, DB: Statements> Executor<'p> for &'_ Database<DB> {
    type Database = DB;

    fn execute<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<DB::QueryResult, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        call!(self, |connection| DB::execute(connection, query))
    }

    fn execute_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<DB::QueryResult, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        stream!(self, |connection| DB::execute_many(connection, query))
    }

    fn fetch<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<DB::Row, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        stream!(self, |connection| DB::fetch(connection, query))
    }

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<DB::QueryResult, DB::Row>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        stream!(self, |connection| DB::fetch_many(connection, query))
    }

    fn fetch_all<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Vec<DB::Row>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        call!(self, |connection| DB::fetch_all(connection, query))
    }

    fn fetch_one<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<DB::Row, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        call!(self, |connection| DB::fetch_one(connection, query))
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<DB::Row>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        call!(self, |connection| DB::fetch_optional(connection, query))
    }

    fn prepare<'e>(self, query: SqlStr) -> BoxFuture<'e, Result<DB::Statement, Error>>
    where
        'p: 'e,
    {
        call!(self, |connection| DB::prepare(connection, query))
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [DB::TypeInfo],
    ) -> BoxFuture<'e, Result<DB::Statement, Error>>
    where
        'p: 'e,
    {
        call!(self, |connection| DB::prepare_with(connection, sql, parameters))
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<DB>, Error>>
    where
        'p: 'e,
    {
        call!(self, |connection| DB::describe(connection, sql))
    }
}
