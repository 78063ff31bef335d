//! A master, a replica, and a sentinel that watches them.

use std::ops::Deref;
use std::path::Path;

use rustix::process::Signal;

use super::{Redis, cli, server};
use crate::ports::Port;
use crate::process::{Plan, Process};
use crate::wait::until;

/// A Redis master with a replica, and a sentinel that fails over within seconds. Dereferences to the sentinel's process.
#[derive(Debug)]
pub struct RedisSentinel {
    sentinel: Process,
    /// The server that was the master at first.
    pub first: Redis,
    /// The server that was the replica at first.
    pub second: Redis,
}

impl RedisSentinel {
    /// The name of the master in the sentinel's configuration.
    pub const MASTER: &str = "main";

    /// Starts the three servers. The replica is in sync, and the sentinel knows it.
    pub fn start() -> Self {
        let first = Redis::start_with(&["--repl-diskless-sync-delay", "0"]);
        let port = first.port().to_string();
        let second = Redis::start_with(&["--replicaof", "127.0.0.1", &port]);
        until("the replica is in sync", || {
            let info = second.command(&["INFO", "replication"])?;
            if info.contains("master_link_status:up") { Ok(()) } else { Err(info) }
        });
        let sentinel = Process::started(|port, directory| plan(port, directory, first.port()));
        let pair = Self { sentinel, first, second };
        // It asks the servers for their roles every 10 s by default, and makes a former master a replica after four
        // periods of 2 s.
        let periods = ["info-period", "500", "publish-period", "250"];
        pair.command(&[&["SENTINEL", "DEBUG"], &periods[..]].concat()).expect("the sentinel answers");
        until("the sentinel knows the replica", || {
            let master = pair.command(&["SENTINEL", "MASTER", Self::MASTER])?;
            let mut lines = master.lines().skip_while(|line| *line != "num-slaves").skip(1);
            if lines.next() == Some("1") { Ok(()) } else { Err(master) }
        });
        pair
    }

    /// Returns the sentinel's URL.
    pub fn url(&self) -> String {
        format!("redis://{}/", self.address())
    }

    /// Runs a command of the sentinel in redis-cli, and returns the answer.
    ///
    /// # Errors
    /// Returns the sentinel's error, or redis-cli's.
    pub fn command(&self, words: &[&str]) -> Result<String, String> {
        cli(self.port(), None, words)
    }

    /// Returns the port of the present master, as the sentinel says.
    pub fn master_port(&self) -> Result<u16, String> {
        let answer = self.command(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", Self::MASTER])?;
        answer.lines().nth(1).and_then(|port| port.parse().ok()).ok_or(answer)
    }

    /// Makes the replica the master, and waits until each server has its new role.
    pub fn fail_over(&self) {
        let former = self.master_port().expect("the sentinel answers");
        // The sentinel refuses while an earlier one isn't over.
        until("the failover begins", || self.command(&["SENTINEL", "FAILOVER", Self::MASTER]));
        until("the sentinel has another master", || {
            let present = self.master_port()?;
            if present == former { Err(format!("still {former}")) } else { Ok(()) }
        });
        until("the former master is a replica", || {
            let role = cli(former, None, &["ROLE"])?;
            if role.starts_with("slave") && role.contains("connected") { Ok(()) } else { Err(role) }
        });
    }
}

impl Deref for RedisSentinel {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.sentinel
    }
}

fn plan(port: Port, directory: &Path, master: u16) -> Plan {
    let (number, name) = (port.number(), RedisSentinel::MASTER);
    let configuration = directory.join("sentinel.conf");
    let text = format!(
        "port {number}\nbind 127.0.0.1\nprotected-mode no\ndir {}\n\
         sentinel monitor {name} 127.0.0.1 {master} 1\nsentinel down-after-milliseconds {name} 2000\n\
         sentinel failover-timeout {name} 2000\n",
        directory.display()
    );
    std::fs::write(&configuration, text).expect("the configuration can be written");
    Plan {
        name: "Redis Sentinel",
        port,
        program: server(directory),
        args: vec![configuration.display().to_string(), "--sentinel".to_owned()],
        account: None,
        stop: Signal::TERM,
        is_ready: Box::new(move || cli(number, None, &["PING"]).map(drop)),
    }
}
