//! The servers that are damaged, and their clients.

pub(crate) mod cluster;
pub(crate) mod databases;
pub(crate) mod mariadb;
pub(crate) mod objects;
pub(crate) mod postgres;
pub(crate) mod redis;
pub(crate) mod sentinel;

use std::net::SocketAddr;

use servers::{Process, Proxy};

use crate::client::Client;
use crate::damage::Damage;

/// A kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    Postgres,
    MariaDb,
    Redis,
    Sentinel,
    Cluster,
    S3,
}

impl Server {
    pub(crate) const ALL: [Self; 6] =
        [Self::Postgres, Self::MariaDb, Self::Redis, Self::Sentinel, Self::Cluster, Self::S3];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::MariaDb => "MariaDB",
            Self::Redis => "Redis",
            Self::Sentinel => "Redis Sentinel",
            Self::Cluster => "Redis Cluster",
            Self::S3 => "S3",
        }
    }

    /// Starts it, with a proxy in front of it.
    pub(crate) fn start(self) -> Box<dyn Subject> {
        match self {
            Self::Postgres => Box::new(postgres::Subject::start()),
            Self::MariaDb => Box::new(mariadb::Subject::start()),
            Self::Redis => Box::new(redis::Subject::start()),
            Self::Sentinel => Box::new(sentinel::Subject::start()),
            Self::Cluster => Box::new(cluster::Subject::start()),
            Self::S3 => Box::new(objects::Subject::start()),
        }
    }
}

/// What callers call through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrapper {
    /// breaker-sqlx.
    Database,
    /// breaker-redis.
    Guarded,
    /// breaker-redis, with misses as the fallback.
    Cache,
    /// breaker-object-store, with a copy as the fallback.
    GuardedStore,
    /// breaker-object-store, inside the client's retries.
    GuardedConnector,
}

/// A running server.
pub(crate) trait Subject: Send + Sync {
    /// The process that is killed and stopped.
    fn process(&self) -> &Process;

    /// The proxy in front of it.
    fn proxy(&self) -> &Proxy;

    /// Makes a client that connects to this address, for calls that the damage affects. Inside of a runtime.
    fn client(&self, wrapper: Wrapper, damage: Damage, address: SocketAddr) -> Client;

    /// Inflicts a damage that is special to this server.
    fn damage(&self, damage: Damage) {
        unreachable!("{damage:?} isn't in the table for this server");
    }

    /// Repairs it.
    fn repair(&self, damage: Damage) {
        unreachable!("{damage:?} isn't in the table for this server");
    }

    /// Undoes what a repair has changed for good, when the clients are gone.
    fn reset(&self) {}
}
