//! `PostgreSQL` 15.

use std::ops::Deref;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use crate::account::Account;
use crate::ports::Port;
use crate::process::{Plan, Process};
use crate::programs::{output, program};

/// The name of its superuser, and of the database that exists at first.
const USER: &str = "postgres";

/// A `PostgreSQL` server, with password authentication for everybody.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
}

impl Postgres {
    /// The password of the user `postgres`.
    pub const PASSWORD: &str = "right";

    /// Starts a server.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with these settings, as in `postgresql.conf`.
    pub fn start_with(settings: &[(&str, &str)]) -> Self {
        Self { process: Process::started(|port, directory| plan(port, directory, settings, initialize)) }
    }

    /// Starts a hot standby of this server, which follows it and answers queries.
    ///
    /// # Panics
    /// If this server can't be copied.
    #[must_use]
    pub fn standby(&self) -> Self {
        let copy = |directory: &Path, data: &Path, account| copy(self.port(), directory, data, account);
        Self { process: Process::started(|port, directory| plan(port, directory, &[], copy)) }
    }

    /// Returns a URL for the user `postgres`.
    pub fn url(&self) -> String {
        self.url_with(USER, Self::PASSWORD, USER)
    }

    /// Returns a URL for this user, password and database.
    pub fn url_with(&self, user: &str, password: &str, database: &str) -> String {
        format!("postgres://{user}:{password}@{}/{database}", self.address())
    }

    /// Runs SQL in psql as `postgres`, and returns the rows, with `|` between the columns.
    ///
    /// # Errors
    /// Returns psql's message.
    pub fn sql(&self, statements: &str) -> Result<String, String> {
        psql(self.port(), statements)
    }
}

impl Deref for Postgres {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

fn plan(port: Port, directory: &Path, settings: &[(&str, &str)], prepare: impl Fn(&Path, &Path, Account)) -> Plan {
    let account = Account::of(USER);
    let data = directory.join("data");
    if let Account::Other(user, group) = account {
        chown(directory, Some(user), Some(group)).expect("root can give a directory away");
    }
    prepare(directory, &data, account);
    let (program, first) = account.command("postgres");
    let number = port.number();
    let own = [
        ("port", number.to_string()),
        ("listen_addresses", "127.0.0.1".to_owned()),
        ("unix_socket_directories", String::new()),
        // Data survives a killed server without it; only a power failure needs it.
        ("fsync", "off".to_owned()),
        ("shared_buffers", "16MB".to_owned()),
    ];
    let given = settings.iter().map(|&(key, value)| (key, value.to_owned()));
    let settings = own.into_iter().chain(given).flat_map(|(key, value)| ["-c".to_owned(), format!("{key}={value}")]);
    Plan {
        name: "PostgreSQL",
        port,
        program,
        args: first.into_iter().chain(["-D".to_owned(), data.display().to_string()]).chain(settings).collect(),
        account: account.other(),
        stop: Signal::INT,
        is_ready: Box::new(move || psql(number, "SELECT 1").map(drop)),
    }
}

fn initialize(directory: &Path, data: &Path, account: Account) {
    let password = directory.join("password");
    std::fs::write(&password, Postgres::PASSWORD).expect("the password can be written");
    if let Account::Other(user, group) = account {
        chown(&password, Some(user), Some(group)).expect("root can give a file away");
    }
    let mut command = tool("initdb", directory, data, account);
    command.args(["-U", USER, "-E", "UTF8", "--no-locale", "--no-sync"]);
    command.args(["--auth=scram-sha-256", "--pwfile"]).arg(&password);
    if let Err(error) = output(&mut command) {
        panic!("initdb failed: {error}");
    }
}

/// Makes the data of a standby of the server at this port.
fn copy(port: u16, directory: &Path, data: &Path, account: Account) {
    let mut command = tool("pg_basebackup", directory, data, account);
    command.env("PGPASSWORD", Postgres::PASSWORD).args(["-h", "127.0.0.1", "-p", &port.to_string(), "-U", USER]);
    command.args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync"]);
    if let Err(error) = output(&mut command) {
        panic!("pg_basebackup failed: {error}");
    }
}

/// A program that makes a directory of data.
fn tool(name: &str, directory: &Path, data: &Path, account: Account) -> Command {
    let (program, first) = account.command(name);
    let mut command = Command::new(program);
    if let Account::Other(user, group) = account {
        command.uid(user).gid(group);
    }
    command.args(first).current_dir(directory).arg("-D").arg(data);
    command
}

fn psql(port: u16, statements: &str) -> Result<String, String> {
    let mut command = Command::new(program("psql"));
    command.env("PGPASSWORD", Postgres::PASSWORD).env("PGCONNECT_TIMEOUT", "10");
    command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", USER, "-d", USER, "-p"]);
    output(command.arg(port.to_string()).args(["-c", statements]))
}
