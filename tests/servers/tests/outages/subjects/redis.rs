//! One Redis server.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;

use breaker_core::{CircuitBreaker, Outcome, Preset};
use breaker_redis::{Cache, CacheCircuitBreakerError, Connection, Guarded};
use redis::aio::{ConnectionLike, ConnectionManagerConfig};
use redis::{Cmd, RedisError};
use servers::{Process, Proxy, Redis, until};

use super::Wrapper;
use crate::client::{Client, REQUEST_TIMEOUT, Seen, breaker};
use crate::damage::Damage;

/// A user that only the clients of one damage have.
const CALLER: &str = "caller";

pub(crate) struct Subject {
    server: Redis,
    proxy: Proxy,
    /// The new master, while the server is its replica.
    successor: Mutex<Option<Redis>>,
    /// A connection that stays while others are refused, or that runs a script.
    kept: Mutex<Option<TcpStream>>,
}

impl Subject {
    pub(crate) fn start() -> Self {
        // A file for each write, so that data survives, and a full disk is noticed.
        let server = Redis::start_with(&["--appendonly", "yes", "--busy-reply-threshold", "50"]);
        let proxy = Proxy::start(server.address());
        let subject = Self { server, proxy, successor: Mutex::default(), kept: Mutex::default() };
        subject.run(&["SET", "kept", "1"]);
        subject
    }

    fn run(&self, words: &[&str]) {
        self.server.command(words).unwrap_or_else(|error| panic!("{words:?}: {error}"));
    }

    /// Sends lines on a connection of their own.
    fn send(&self, lines: &str) {
        let mut kept = self.kept.lock().expect("it is not poisoned");
        let connect = || TcpStream::connect(self.server.address()).expect("the server accepts connections");
        kept.get_or_insert_with(connect).write_all(lines.as_bytes()).expect("the connection is open");
    }

    fn hand_over(&self) {
        let successor = Redis::start();
        self.run(&["REPLICAOF", "127.0.0.1", &successor.port().to_string()]);
        *self.successor.lock().expect("it is not poisoned") = Some(successor);
    }
}

impl super::Subject for Subject {
    fn process(&self) -> &Process {
        &self.server
    }

    fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    fn client(&self, wrapper: Wrapper, damage: Damage, address: SocketAddr) -> Client {
        if damage == Damage::Password {
            self.run(&["ACL", "SETUSER", CALLER, "reset", "on", ">right", "~*", "+@all"]);
            return caller(wrapper, &format!("redis://{CALLER}:right@{address}/"));
        }
        caller(wrapper, &format!("redis://{address}/"))
    }

    fn damage(&self, damage: Damage) {
        match damage {
            // The connection itself is one too many already.
            Damage::Crowded => self.send("CONFIG SET maxclients 1\r\nCLIENT KILL TYPE normal SKIPME yes\r\n"),
            Damage::Password => {
                self.run(&["ACL", "SETUSER", CALLER, "resetpass", ">another"]);
                self.run(&["CLIENT", "KILL", "USER", CALLER]);
            }
            Damage::ReadOnly => self.hand_over(),
            Damage::FullMemory => self.run(&["CONFIG", "SET", "maxmemory", "1"]),
            Damage::SlowScript => self.send("EVAL \"while true do end\" 0\r\n"),
            other => unreachable!("{other:?} is not in the table"),
        }
    }

    fn repair(&self, damage: Damage) {
        match damage {
            Damage::Crowded => self.send("CONFIG SET maxclients 10000\r\n"),
            Damage::Password => self.run(&["ACL", "SETUSER", CALLER, "resetpass", ">right"]),
            Damage::ReadOnly => {
                let successor = self.successor.lock().expect("it is not poisoned");
                self.proxy.retarget(successor.as_ref().expect("it was started").address());
            }
            Damage::FullMemory => self.run(&["CONFIG", "SET", "maxmemory", "0"]),
            // It may not have begun yet.
            Damage::SlowScript => until("the script is killed", || self.server.command(&["SCRIPT", "KILL"]).map(drop)),
            other => unreachable!("{other:?} is not in the table"),
        }
    }

    fn reset(&self) {
        *self.kept.lock().expect("it is not poisoned") = None;
        let mut successor = self.successor.lock().expect("it is not poisoned");
        if successor.take().is_some() {
            self.run(&["REPLICAOF", "NO", "ONE"]);
            self.run(&["SET", "kept", "1"]);
            self.proxy.retarget(self.server.address());
        }
    }
}

/// A client that reads values through a cache, or one that sets them.
pub(crate) fn caller(wrapper: Wrapper, url: &str) -> Client {
    let breaker = breaker("cache", Preset::Cache);
    let client = redis::Client::open(url).expect("it is a URL");
    let connection = Connection::with_config(client, limits()).expect("the configuration is valid");
    let connection = Guarded::with(breaker.clone(), connection);
    if wrapper == Wrapper::Cache { reads(breaker, connection) } else { writes(breaker, connection) }
}

/// Without the client's own limit for answers: the breaker has one.
pub(super) fn limits() -> ConnectionManagerConfig {
    ConnectionManagerConfig::new().set_response_timeout(None).set_connection_timeout(Some(REQUEST_TIMEOUT))
}

/// Calls that set a value.
pub(super) fn writes<C>(breaker: CircuitBreaker, connection: Guarded<C>) -> Client
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    Client::new("Guarded", breaker, move || {
        let mut connection = connection.clone();
        async move { seen(set().exec_async(&mut connection).await) }
    })
}

fn set() -> Cmd {
    let mut command = redis::cmd("SET");
    // More than what is left in the last page of a full disk, after a few calls.
    command.arg("written").arg([b'x'; 2000].as_slice());
    command
}

/// Calls that read a value of the cache, which is a miss if there is no answer.
fn reads(breaker: CircuitBreaker, connection: Guarded<Connection>) -> Client {
    let cache = Cache::new(connection);
    Client::new("Cache", breaker, move || {
        let cache = cache.clone();
        async move {
            match cache.get::<u32>("kept").await {
                Ok(Some(_)) => Seen::Answer,
                Ok(None) => Seen::Fallback,
                Err(error) => Seen::Failed(error.to_string()),
            }
        }
    })
}

pub(super) fn seen(result: Result<(), RedisError>) -> Seen {
    let Err(error) = result else { return Seen::Answer };
    match CacheCircuitBreakerError::from_redis(&error) {
        Some(own) if own.is_timeout() => Seen::TimedOut,
        Some(_) => Seen::Rejected,
        // For example a redirection.
        None if breaker_redis::error(&error) == Outcome::Success => Seen::Answer,
        None => Seen::Failed(match error.code() {
            Some(code) => code.to_owned(),
            None => error.kind_description(),
        }),
    }
}

trait InWords {
    fn kind_description(&self) -> String;
}

impl InWords for RedisError {
    /// What an error without a code is.
    fn kind_description(&self) -> String {
        let inner = std::error::Error::source(self).and_then(|source| source.downcast_ref::<std::io::Error>());
        inner.map_or_else(|| format!("{:?}", self.kind()), |error| format!("I/O: {}", error.kind()))
    }
}
