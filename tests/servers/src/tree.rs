//! All processes of a server.
//!
//! They are those whose working directory is the server's directory, or below. Process groups don't tell (each backend of
//! `PostgreSQL` is a group of its own), nor do parents (a backend outlives a killed postmaster for a moment).

use std::fs;
use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

/// Sends a signal to all processes of the server in this directory.
pub(crate) fn signal(directory: &Path, signal: Signal) {
    for process in processes(directory) {
        // It may have ended in the meantime.
        let _ = kill_process(process, signal);
    }
}

/// Stops all processes of the server in this directory, and waits until they are: the signal alone lets them answer a
/// little longer.
pub(crate) fn stop(directory: &Path) {
    signal(directory, Signal::STOP);
    crate::wait::until("all threads of the server are stopped", || {
        let running = processes(directory)
            .into_iter()
            .flat_map(threads)
            .filter(|status| !["State:\tT", "State:\tZ"].iter().any(|ended| status.contains(ended)));
        match running.count() {
            0 => Ok(()),
            some => {
                // One that has begun meanwhile has not got the signal.
                signal(directory, Signal::STOP);
                Err(format!("{some} threads run"))
            }
        }
    });
}

/// Returns what the kernel says about each thread of a process.
fn threads(process: Pid) -> Vec<String> {
    let threads = fs::read_dir(format!("/proc/{}/task", process.as_raw_nonzero())).into_iter().flatten().flatten();
    threads.filter_map(|thread| fs::read_to_string(thread.path().join("status")).ok()).collect()
}

/// Kills all processes of the server in this directory. None is left.
pub(crate) fn kill(directory: &Path) {
    // Stopped processes start no new ones.
    signal(directory, Signal::STOP);
    crate::wait::until("all processes of the server are killed", || {
        signal(directory, Signal::KILL);
        let left = processes(directory);
        if left.is_empty() { Ok(()) } else { Err(format!("{left:?} are left")) }
    });
}

/// Returns the processes of the server in this directory. One that has ended doesn't count, even if nobody has waited
/// for it.
pub(crate) fn processes(directory: &Path) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").expect("Linux has /proc");
    let is_inside = |process: &Path| fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(directory));
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            is_inside(&entry.path()).then(|| Pid::from_raw(number)).flatten()
        })
        .collect()
}
