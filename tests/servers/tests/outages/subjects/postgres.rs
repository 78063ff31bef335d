//! `PostgreSQL`.

use std::net::SocketAddr;
use std::sync::Mutex;

use servers::{Postgres, Process, Proxy};
use sqlx::postgres::Postgres as Driver;

use super::Wrapper;
use super::databases::{ANOTHER_PASSWORD, CALLER, PASSWORD, client, insert};
use crate::client::Client;
use crate::damage::Damage;

pub(crate) struct Subject {
    server: Postgres,
    proxy: Proxy,
    /// The new master, while the server is the former one.
    successor: Mutex<Option<Postgres>>,
}

fn prepared() -> Postgres {
    let server = Postgres::start();
    // Long rows are stored as they are, so that they fill the disk.
    let statements = format!(
        "CREATE ROLE {CALLER} LOGIN PASSWORD '{PASSWORD}'; CREATE TABLE calls (x text); \
         ALTER TABLE calls ALTER x SET STORAGE EXTERNAL; GRANT ALL ON calls TO {CALLER}"
    );
    sql(&server, &statements);
    server
}

/// A client that inserts rows.
pub(crate) fn caller(address: SocketAddr, damage: Damage) -> Client {
    client::<Driver>(&format!("postgres://{CALLER}:{PASSWORD}@{address}/postgres"), insert(damage))
}

fn sql(server: &Postgres, statements: &str) {
    server.sql(statements).unwrap_or_else(|error| panic!("{statements}: {error}"));
}

impl Subject {
    pub(crate) fn start() -> Self {
        let server = prepared();
        let proxy = Proxy::start(server.address());
        Self { server, proxy, successor: Mutex::new(None) }
    }

    /// Ends the sessions of the clients.
    fn disconnect(&self) {
        let sessions = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{CALLER}'");
        sql(&self.server, &sessions);
    }

    fn make_read_only(&self) {
        // Started first, so that the outage isn't longer than needed.
        *self.successor.lock().expect("it is not poisoned") = Some(prepared());
        sql(&self.server, "ALTER SYSTEM SET default_transaction_read_only = on");
        sql(&self.server, "SELECT pg_reload_conf()");
    }

    /// What a changed name leads to.
    fn lead_to_successor(&self) {
        let successor = self.successor.lock().expect("it is not poisoned");
        self.proxy.retarget(successor.as_ref().expect("it was started").address());
    }
}

impl super::Subject for Subject {
    fn process(&self) -> &Process {
        &self.server
    }

    fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    fn client(&self, _: Wrapper, damage: Damage, address: SocketAddr) -> Client {
        caller(address, damage)
    }

    fn damage(&self, damage: Damage) {
        match damage {
            Damage::Crowded => sql(&self.server, &format!("ALTER ROLE {CALLER} CONNECTION LIMIT 0")),
            Damage::Password => sql(&self.server, &format!("ALTER ROLE {CALLER} PASSWORD '{ANOTHER_PASSWORD}'")),
            Damage::ReadOnly => return self.make_read_only(),
            other => unreachable!("{other:?} is not in the table"),
        }
        self.disconnect();
    }

    fn repair(&self, damage: Damage) {
        match damage {
            Damage::Crowded => sql(&self.server, &format!("ALTER ROLE {CALLER} CONNECTION LIMIT -1")),
            Damage::Password => sql(&self.server, &format!("ALTER ROLE {CALLER} PASSWORD '{PASSWORD}'")),
            Damage::ReadOnly => self.lead_to_successor(),
            other => unreachable!("{other:?} is not in the table"),
        }
    }

    fn reset(&self) {
        let mut successor = self.successor.lock().expect("it is not poisoned");
        if successor.is_some() {
            self.proxy.retarget(self.server.address());
            sql(&self.server, "ALTER SYSTEM RESET default_transaction_read_only");
            sql(&self.server, "SELECT pg_reload_conf()");
            *successor = None;
        }
    }
}
