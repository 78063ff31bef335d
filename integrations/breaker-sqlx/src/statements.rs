//! What a connection of a driver executes.

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use sqlx_core::Either;
use sqlx_core::database::Database as Driver;
use sqlx_core::describe::Describe;
use sqlx_core::error::Error;
use sqlx_core::executor::{Execute, Executor};
use sqlx_core::sql_str::SqlStr;

/// What a statement gives: the number of rows that it changed, or a row.
type Step<DB> = Either<<DB as Driver>::QueryResult, <DB as Driver>::Row>;

/// Declares methods of a driver that take a query, and implements them by the method of its connection of the same name.
macro_rules! statements {
    ($($method:ident -> $output:ty;)*) => {
        /// A driver whose connections execute statements. Implemented for every driver whose `&mut Connection` is an
        /// [`Executor`].
        ///
        /// It stands in the bounds of this crate's executors in place of
        /// `for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>`. With that bound, the compiler would try
        /// [`Connection`](crate::Connection) as the connection of a driver in turn, without end, wherever a program has
        /// the bound itself.
        pub trait Statements: Driver {
            $(
                #[doc(hidden)]
                fn $method<'e, 'q: 'e, E>(connection: &'e mut Self::Connection, query: E) -> $output
                where
                    E: 'q + Execute<'q, Self>;
            )*
            #[doc(hidden)]
            fn prepare(connection: &mut Self::Connection, query: SqlStr) -> BoxFuture<'_, Result<Self::Statement, Error>>;
            #[doc(hidden)]
            fn prepare_with<'e>(
                connection: &'e mut Self::Connection,
                sql: SqlStr,
                parameters: &'e [Self::TypeInfo],
            ) -> BoxFuture<'e, Result<Self::Statement, Error>>;
            #[doc(hidden)]
            fn describe(connection: &mut Self::Connection, sql: SqlStr) -> BoxFuture<'_, Result<Describe<Self>, Error>>;
        }

        impl<DB: Driver> Statements for DB
        where
            for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
        {
            $(
                fn $method<'e, 'q: 'e, E>(connection: &'e mut DB::Connection, query: E) -> $output
                where
                    E: 'q + Execute<'q, DB>,
                {
                    connection.$method(query)
                }
            )*
            fn prepare(connection: &mut DB::Connection, query: SqlStr) -> BoxFuture<'_, Result<DB::Statement, Error>> {
                connection.prepare(query)
            }
            fn prepare_with<'e>(
                connection: &'e mut DB::Connection,
                sql: SqlStr,
                parameters: &'e [DB::TypeInfo],
            ) -> BoxFuture<'e, Result<DB::Statement, Error>> {
                connection.prepare_with(sql, parameters)
            }
            fn describe(connection: &mut DB::Connection, sql: SqlStr) -> BoxFuture<'_, Result<Describe<DB>, Error>> {
                connection.describe(sql)
            }
        }
    };
}

statements! {
    execute -> BoxFuture<'e, Result<Self::QueryResult, Error>>;
    execute_many -> BoxStream<'e, Result<Self::QueryResult, Error>>;
    fetch -> BoxStream<'e, Result<Self::Row, Error>>;
    fetch_many -> BoxStream<'e, Result<Step<Self>, Error>>;
    fetch_all -> BoxFuture<'e, Result<Vec<Self::Row>, Error>>;
    fetch_one -> BoxFuture<'e, Result<Self::Row, Error>>;
    fetch_optional -> BoxFuture<'e, Result<Option<Self::Row>, Error>>;
}
