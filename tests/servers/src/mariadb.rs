//! `MariaDB` 10.11.

use std::ops::Deref;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use crate::ports::Port;
use crate::process::{Plan, Process};
use crate::programs::{output, program};

/// The name of the user for tests, who may do everything.
const USER: &str = "tester";
/// A database that exists at first.
const DATABASE: &str = "test";

/// A `MariaDB` server.
#[derive(Debug)]
pub struct MariaDb {
    process: Process,
}

impl MariaDb {
    /// The password of the user `tester`.
    pub const PASSWORD: &str = "right";

    /// Starts a server.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with these options, such as `--max-connections=5`.
    pub fn start_with(options: &[&str]) -> Self {
        Self { process: Process::started(|port, directory| plan(port, directory, options)) }
    }

    /// Returns a URL for the user `tester` and the database `test`.
    pub fn url(&self) -> String {
        self.url_with(USER, Self::PASSWORD, DATABASE)
    }

    /// Returns a URL for this user, password and database.
    pub fn url_with(&self, user: &str, password: &str, database: &str) -> String {
        format!("mysql://{user}:{password}@{}/{database}", self.address())
    }

    /// Runs SQL in `MariaDB`'s client as `tester`, and returns the rows, with tabs between the columns.
    ///
    /// # Errors
    /// Returns the client's message.
    pub fn sql(&self, statements: &str) -> Result<String, String> {
        client(self.port(), statements)
    }
}

impl Deref for MariaDb {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

fn plan(port: Port, directory: &Path, options: &[&str]) -> Plan {
    let data = directory.join("data");
    // A server that starts removes all temporary tables from this directory, also those of other servers.
    let temporary = directory.join("tmp");
    std::fs::create_dir(&temporary).expect("the directory is new");
    let temporary = format!("--tmpdir={}", temporary.display());
    // The server refuses root, unless it is asked for.
    let user = rustix::process::getuid().is_root().then(|| "--user=root".to_owned());
    let mut install = Command::new(program("mariadb-install-db"));
    install.current_dir(directory).args([
        "--no-defaults",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
    ]);
    install.arg(format!("--datadir={}", data.display())).arg(&temporary).args(&user);
    if let Err(error) = output(&mut install) {
        panic!("mariadb-install-db failed: {error}");
    }
    let init = directory.join("init.sql");
    let password = MariaDb::PASSWORD;
    let statements = format!(
        "CREATE DATABASE IF NOT EXISTS {DATABASE};\n\
         CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED BY '{password}';\n\
         GRANT ALL ON *.* TO '{USER}'@'%' WITH GRANT OPTION;\n"
    );
    std::fs::write(&init, statements).expect("the first statements can be written");
    let number = port.number();
    let path = |name: &str| directory.join(name).display().to_string();
    let own = [
        "--no-defaults".to_owned(),
        format!("--port={number}"),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--datadir={}", data.display()),
        temporary,
        format!("--init-file={}", init.display()),
        format!("--socket={}", path("socket")),
        format!("--pid-file={}", path("pid")),
        "--skip-name-resolve".to_owned(),
        "--innodb-buffer-pool-size=16M".to_owned(),
        // Data survives a killed server without it; only a power failure needs it.
        "--innodb-flush-log-at-trx-commit=2".to_owned(),
    ];
    let options = options.iter().map(|&option| option.to_owned());
    Plan {
        name: "MariaDB",
        port,
        program: program("mariadbd"),
        args: own.into_iter().chain(user).chain(options).collect(),
        account: None,
        stop: Signal::TERM,
        is_ready: Box::new(move || client(number, "SELECT 1").map(drop)),
    }
}

fn client(port: u16, statements: &str) -> Result<String, String> {
    let mut command = Command::new(program("mariadb"));
    command.args(["--no-defaults", "--protocol=tcp", "--host=127.0.0.1", "--connect-timeout=10", "--batch"]);
    command.args(["--skip-column-names", &format!("--user={USER}"), &format!("--password={}", MariaDb::PASSWORD)]);
    output(command.arg(format!("--port={port}")).args(["-e", statements, DATABASE]))
}
