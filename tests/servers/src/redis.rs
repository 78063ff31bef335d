//! Redis 7.0.

pub(crate) mod cluster;
pub(crate) mod sentinel;

use std::ops::Deref;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;

use crate::ports::Port;
use crate::process::{Plan, Process};
use crate::programs::{found, missing, output, program};

/// A Redis server. It persists nothing, unless its options say so.
#[derive(Debug)]
pub struct Redis {
    process: Process,
    password: Option<String>,
}

impl Redis {
    /// Starts a server.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with these options, such as `["--maxmemory", "2mb"]`.
    pub fn start_with(options: &[&str]) -> Self {
        let password = options.iter().position(|word| *word == "--requirepass").and_then(|at| options.get(at + 1));
        let password = password.map(|&word| word.to_owned());
        let process = Process::started(|port, directory| plan(port, directory, options, password.clone()));
        Self { process, password }
    }

    /// Returns a URL, with the password if there is one.
    pub fn url(&self) -> String {
        match &self.password {
            Some(password) => self.url_with(password),
            None => format!("redis://{}/", self.address()),
        }
    }

    /// Returns a URL with this password.
    pub fn url_with(&self, password: &str) -> String {
        format!("redis://:{password}@{}/", self.address())
    }

    /// Runs a command in redis-cli, and returns the answer.
    ///
    /// # Errors
    /// Returns the server's error, or redis-cli's.
    pub fn command(&self, words: &[&str]) -> Result<String, String> {
        cli(self.port(), self.password.as_deref(), words)
    }
}

impl Deref for Redis {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

fn plan(port: Port, directory: &Path, options: &[&str], password: Option<String>) -> Plan {
    let number = port.number();
    let (own_port, own_directory) = (number.to_string(), directory.display().to_string());
    let own = ["--port", &own_port, "--bind", "127.0.0.1", "--dir", &own_directory, "--save", ""];
    Plan {
        name: "Redis",
        port,
        program: server(directory),
        args: own.iter().chain(options).map(|&word| word.to_owned()).collect(),
        account: None,
        stop: Signal::TERM,
        is_ready: Box::new(move || cli(number, password.as_deref(), &["PING"]).map(drop)),
    }
}

/// Returns the server's program. Debian has it in the package `redis-tools`, too, which starts no service: there it has
/// the name of a tool, and acts as the server under the server's name.
fn server(directory: &Path) -> PathBuf {
    if let Some(server) = found("redis-server") {
        return server;
    }
    let tool = found("redis-check-rdb").unwrap_or_else(|| missing("redis-server"));
    let server = directory.join("redis-server");
    symlink(tool, &server).expect("a link can be made");
    server
}

/// Runs a command in redis-cli, and returns the answer.
pub(crate) fn cli(port: u16, password: Option<&str>, words: &[&str]) -> Result<String, String> {
    let mut command = Command::new(program("redis-cli"));
    if let Some(password) = password {
        command.env("REDISCLI_AUTH", password);
    }
    // `-e`: an error is not an answer.
    output(command.args(["-e", "-h", "127.0.0.1", "-p", &port.to_string()]).args(words))
}
