//! `MariaDB`.

use std::io::Read as _;
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;

use servers::{MariaDb, Process, Proxy};
use sqlx::mysql::MySql;

use super::Wrapper;
use super::databases::{ANOTHER_PASSWORD, CALLER, PASSWORD, client, insert};
use crate::client::Client;
use crate::damage::Damage;

/// The least that the server allows. It has one more for those who may change settings.
const CONNECTIONS: usize = 10;

pub(crate) struct Subject {
    server: MariaDb,
    proxy: Proxy,
    /// Connections that never log in, and occupy the server.
    crowd: Mutex<Vec<TcpStream>>,
}

/// A client that inserts rows.
pub(crate) fn caller(address: SocketAddr, damage: Damage) -> Client {
    client::<MySql>(&format!("mysql://{CALLER}:{PASSWORD}@{address}/test"), insert(damage))
}

impl Subject {
    pub(crate) fn start() -> Self {
        let server = MariaDb::start();
        let proxy = Proxy::start(server.address());
        let subject = Self { server, proxy, crowd: Mutex::default() };
        subject.sql(&format!("CREATE USER {CALLER}@'%' IDENTIFIED BY '{PASSWORD}'"));
        subject.sql(&format!("CREATE TABLE calls (x LONGTEXT); GRANT INSERT ON calls TO {CALLER}@'%'"));
        subject
    }

    fn sql(&self, statements: &str) {
        self.server.sql(statements).unwrap_or_else(|error| panic!("{statements}: {error}"));
    }

    /// Occupies all connections: those that are lent are ended, and new ones come too late.
    fn crowd(&self) {
        // In one session: there may be no room for another one.
        let few = format!("SET GLOBAL max_connections = {CONNECTIONS}, GLOBAL connect_timeout = 600");
        self.sql(&format!("{few}; KILL USER {CALLER}"));
        let mut crowd = self.crowd.lock().expect("it is not poisoned");
        servers::until("all connections are occupied", || {
            let mut connection = TcpStream::connect(self.server.address()).map_err(|error| error.to_string())?;
            // The length of the packet, its number, and the protocol's version, or 255 for an error.
            let mut first = [0; 5];
            connection.read_exact(&mut first).map_err(|error| error.to_string())?;
            // Callers that were faster keep a connection until one of their calls is dropped.
            if first[4] != 255 {
                crowd.push(connection);
            }
            if crowd.len() >= CONNECTIONS { Ok(()) } else { Err(format!("{} are", crowd.len())) }
        });
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
            Damage::Crowded => self.crowd(),
            Damage::Password => {
                self.sql(&format!("ALTER USER {CALLER}@'%' IDENTIFIED BY '{ANOTHER_PASSWORD}'"));
                self.sql(&format!("KILL USER {CALLER}"));
            }
            Damage::ReadOnly => self.sql("SET GLOBAL read_only = 1"),
            other => unreachable!("{other:?} is not in the table"),
        }
    }

    fn repair(&self, damage: Damage) {
        match damage {
            Damage::Crowded => {
                self.crowd.lock().expect("it is not poisoned").clear();
                // The server may not have noticed yet.
                let roomy = "SET GLOBAL max_connections = 151, GLOBAL connect_timeout = 10";
                servers::until("there is room again", || self.server.sql(roomy).map(drop));
            }
            Damage::Password => self.sql(&format!("ALTER USER {CALLER}@'%' IDENTIFIED BY '{PASSWORD}'")),
            Damage::ReadOnly => self.sql("SET GLOBAL read_only = 0"),
            other => unreachable!("{other:?} is not in the table"),
        }
    }
}
