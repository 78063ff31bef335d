//! Starts real servers for tests: [`Postgres`], [`MariaDb`], [`Redis`], [`RedisSentinel`], [`RedisCluster`], or any other
//! [`Program`]. Each listens on a free port of the loopback interface, in a temporary directory of its own. A [`Proxy`]
//! damages the connections to a server.
//!
//! All functions block until they are done, and panic with the server's log if that takes too long. A server that is
//! not installed is a failure, too: `cargo xtask test install` installs all of them.
//!
//! A server is killed, and its directory is removed, when its value is dropped, also by a panic, and when the process of
//! the test ends in any other way, even by SIGKILL.

#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]
#![expect(clippy::missing_panics_doc, reason = "all functions panic if a server doesn't do what it should")]

mod account;
mod directory;
mod mariadb;
mod mounts;
mod ports;
mod postgres;
mod process;
mod program;
mod programs;
mod proxy;
mod redis;
mod tree;
mod wait;

pub use mariadb::MariaDb;
pub use mounts::{SmallDisk, with_own_mounts};
pub use ports::Port;
pub use postgres::Postgres;
pub use process::Process;
pub use program::Program;
pub use proxy::Proxy;
pub use redis::Redis;
pub use redis::cluster::RedisCluster;
pub use redis::sentinel::RedisSentinel;
pub use rustix::process::Resource;
pub use wait::{LIMIT, until};
