//! Scenarios that need a file system and a network of their own: each runs in a process of its own.

use std::process::Command;
use std::thread;

use servers::Proxy;
use tempfile::TempDir;
use tokio::runtime::Builder;

use crate::damage::Damage;
use crate::network::{self, Callers};
use crate::scenarios::{Result, runtime};
use crate::table::SCENARIOS;

/// Tells the process which scenario to run.
const NUMBER: &str = "OUTAGES_SCENARIO";
/// Where the servers' directories are: some have files of 100 MB.
const SCRIPT: &str = r#"
mount -t tmpfs -o size=256m tmpfs "$1" && ip link set lo up && TMPDIR="$1" exec "$2" --exact runs_one_scenario --ignored --nocapture
"#;
/// Starts the lines of the result.
const ROW: &str = "row\t";
const WRONG: &str = "wrong\t";

/// Runs all of them, side by side.
pub(crate) fn run_all() -> Vec<(usize, Result)> {
    let chosen = SCENARIOS.iter().enumerate().filter(|(_, scenario)| scenario.damage.needs_namespaces());
    thread::scope(|scope| {
        let threads: Vec<_> = chosen.map(|(number, _)| (number, scope.spawn(move || run(number)))).collect();
        threads.into_iter().map(|(number, thread)| (number, thread.join().expect("it doesn't panic"))).collect()
    })
}

fn run(number: usize) -> Result {
    let directory = TempDir::new().map_err(|error| error.to_string())?;
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new("unshare");
    command.args(["--mount", "--net"]);
    if !rustix::process::getuid().is_root() {
        command.arg("--map-root-user");
    }
    command.args(["sh", "-c", SCRIPT, "sh"]).arg(directory.path()).arg(program).env(NUMBER, number.to_string());
    let path = std::env::var("PATH").unwrap_or_default();
    let output = command.env("PATH", path + ":/usr/sbin:/sbin").output();
    let output = output.map_err(|error| format!("`unshare` doesn't start: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = |start: &'static str| text.lines().filter_map(move |line| line.strip_prefix(start));
    let Some(row) = lines(ROW).next() else {
        let log = format!("{text}{}", String::from_utf8_lossy(&output.stderr));
        return Err(if log.contains("running 1 test") { log } else { not_allowed(&log) });
    };
    Ok((row.split('\t').map(str::to_owned).collect(), lines(WRONG).map(str::to_owned).collect()))
}

fn not_allowed(log: &str) -> String {
    format!(
        "it needs a mount and a network namespace of its own, which can't be made:\n{log}Run it as root, or allow \
         namespaces for users (`sysctl user.max_user_namespaces`, `sysctl kernel.unprivileged_userns_clone=1`); in a \
         container, add the capability SYS_ADMIN. `ip` (package iproute2) and `mount` must be installed: `cargo xtask \
         test install` installs them."
    )
}

/// Runs a scenario, and prints its row. Inside of the namespaces.
pub(crate) fn run_inside() {
    let number: usize = std::env::var(NUMBER).expect("the test sets it").parse().expect("it is a number");
    let scenario = SCENARIOS[number];
    let row = if scenario.damage == Damage::Network {
        let callers = Callers::start();
        let process = callers.process();
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(2).enable_all().on_thread_start(move || Callers::enter(process));
        let runtime = builder.build().expect("a runtime can be made");
        let subject = scenario.server.start();
        let proxy = Proxy::start_on(network::ADDRESS, subject.process().address());
        scenario.run(&*subject, runtime.handle(), Some(proxy.address()))
    } else {
        let subject = scenario.server.start();
        scenario.run(&*subject, runtime().handle(), None)
    };
    // Below libtest's line.
    println!("\n{ROW}{}", row.cells().join("\t"));
    row.wrong.iter().for_each(|wrong| println!("{WRONG}{wrong}"));
}
