//! The servers that the tests in `tests/servers` start. Its kit looks for the programs in the same places.
//!
//! None of them runs as a service of the system afterwards, and none listens on its usual port.

use std::path::Path;

use super::{debian, is_root_user};
use crate::run::Tool;

/// Directories with programs that are not on the `PATH` of every user. Empty: the `PATH`.
const PLACES: [&str; 3] = ["", "/usr/sbin", "/usr/lib/postgresql/15/bin"];

/// Installs all that are missing, and the tool that cuts off a network.
pub(super) fn all(root: &Path) -> Vec<Result<(), String>> {
    vec![redis(root), mariadb(root), postgres(root), ip(root)]
}

/// Some outages are those of a network namespace.
fn ip(root: &Path) -> Result<(), String> {
    let is_there = |root: &Path| ["ip", "/usr/sbin/ip"].iter().any(|ip| Tool::new(ip, root, &["-V"]).works());
    server(root, "iproute2", is_there, |root| debian(root, &["iproute2"]))
}

/// Debian's `redis-tools` contains the server under the name of a tool, and no service.
fn redis(root: &Path) -> Result<(), String> {
    let is_there = |root: &Path| (has(root, "redis-server") || has(root, "redis-check-rdb")) && has(root, "redis-cli");
    server(root, "Redis", is_there, |root| debian(root, &["redis-tools"]))
}

/// The packages called `core` contain no service.
fn mariadb(root: &Path) -> Result<(), String> {
    let is_there = |root: &Path| ["mariadbd", "mariadb"].iter().all(|name| has(root, name));
    server(root, "MariaDB", is_there, |root| debian(root, &["mariadb-server-core", "mariadb-client-core"]))
}

/// Installs the package, because the server needs its libraries, and, if the tests run as root, its user `postgres`.
fn postgres(root: &Path) -> Result<(), String> {
    let is_there = |root: &Path| ["postgres", "initdb", "psql"].iter().all(|name| has(root, name));
    server(root, "PostgreSQL 15", is_there, |root| {
        let (program, words) = if is_root_user(root)? { ("sh", vec![]) } else { ("sudo", vec!["sh"]) };
        Tool::new(program, root, &[&words[..], &["-c", INSTALL_POSTGRES]].concat()).run()
    })
}

/// As a package's scripts see it, services must not be started (`policy-rc.d`), and there is to be no cluster `main`.
/// Both files are removed at the end.
const INSTALL_POSTGRES: &str = "\
set -eu
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d clusters=/etc/postgresql-common/createcluster.d
made=
trap 'rm -f $made $clusters/none.conf; rmdir --ignore-fail-on-non-empty $clusters' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p $clusters
echo 'create_main_cluster = false' > $clusters/none.conf
if [ ! -e $policy ]; then
    made=$policy
    printf '#!/bin/sh\\nexit 101\\n' > $policy
    chmod 755 $policy
fi
apt-get update
apt-get install --yes --no-install-recommends postgresql-15";

fn server(
    root: &Path,
    name: &str,
    is_there: impl Fn(&Path) -> bool,
    install: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<(), String> {
    if is_there(root) {
        println!("    {name} is available");
        return Ok(());
    }
    if !cfg!(target_os = "linux") {
        println!("    no {name} on this system: the tests that need it are not compiled");
        return Ok(());
    }
    println!("    {name} is missing: installing it, without a service");
    install(root)
        .and_then(|()| is_there(root).then_some(()).ok_or_else(|| "its programs don't run".to_owned()))
        .map_err(|error| format!("{error}; install {name} by hand, with its programs on the PATH"))
}

fn has(root: &Path, name: &str) -> bool {
    PLACES.iter().any(|place| {
        let path = Path::new(place).join(name);
        path.to_str().is_some_and(|path| Tool::new(path, root, &["--version"]).works())
    })
}
