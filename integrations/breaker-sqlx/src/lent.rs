//! A connection of the pool while a call uses it.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx_core::database::Database as Driver;
use sqlx_core::error::Error;
use sqlx_core::pool::PoolConnection;
use sqlx_core::rt;

use crate::classify::{self, ErrorClass};

/// Whether connections are inside the process: one whose call is cut off is in order, and closing it may lose a
/// database in memory.
pub(crate) fn is_embedded<DB: Driver>() -> bool {
    DB::NAME == "SQLite"
}

/// Whether a connection that returned this error should not be used again. After a failover it may be one to the old,
/// read-only master.
pub(crate) fn is_broken<DB: Driver>(error: &Error) -> bool {
    !is_embedded::<DB>() && classify::error(error) == ErrorClass::Unavailable
}

/// A connection that is closed, rather than returned to the pool, if a call on it was cut off.
#[derive(Debug)]
pub(crate) struct Lent<DB: Driver> {
    /// `None` once it is taken out.
    connection: Option<PoolConnection<DB>>,
    /// Set while a call runs, so it stays set if the call's future is dropped.
    pub(crate) is_cut: bool,
}

impl<DB: Driver> Lent<DB> {
    pub(crate) fn new(connection: PoolConnection<DB>) -> Self {
        Self { connection: Some(connection), is_cut: false }
    }

    /// The connection, and the flag to be set while a call uses it.
    pub(crate) fn parts(&mut self) -> (&mut DB::Connection, &mut bool) {
        (self.connection.as_mut().expect(TAKEN), &mut self.is_cut)
    }

    pub(crate) fn take(mut self) -> PoolConnection<DB> {
        self.connection.take().expect(TAKEN)
    }
}

const TAKEN: &str = "a connection is taken out by value";

impl<DB: Driver> Deref for Lent<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        self.connection.as_ref().expect(TAKEN)
    }
}

impl<DB: Driver> DerefMut for Lent<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        self.connection.as_mut().expect(TAKEN)
    }
}

/// How long the pool's test of a returned connection may take. It is as long as sqlx itself waits for the end of a
/// connection that it closes.
const RETURN_TIMEOUT: Duration = Duration::from_secs(5);

impl<DB: Driver> Drop for Lent<DB> {
    fn drop(&mut self) {
        let Some(connection) = &mut self.connection else { return };
        if self.is_cut {
            connection.close_on_drop();
        } else if !is_embedded::<DB>() {
            // The pool's own task waits without a limit for the server's answer to a ping. If the connection has died and
            // no end of it got an error, that is a quarter of an hour, and its place in the pool is lost for so long.
            let returned = connection.return_to_pool();
            // What hasn't ended then is dropped, which closes the connection and frees its place.
            rt::spawn(async move { rt::timeout(RETURN_TIMEOUT, returned).await.is_ok() });
        }
    }
}
