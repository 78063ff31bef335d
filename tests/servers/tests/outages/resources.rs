//! What the process uses.

use std::fmt;
use std::fs;

/// How much resident memory may grow after the first measurement: what the allocator keeps for a burst of calls.
const MEMORY: u64 = 32 * 1024;
/// How many files and sockets may be added: those of connections that a pool happens to have open.
const FILES: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Resources {
    /// Resident memory in KiB.
    memory: u64,
    /// Open file descriptors, sockets included.
    files: usize,
    sockets: usize,
    threads: usize,
}

impl Resources {
    pub(crate) fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").expect("Linux has it");
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let memory = memory.and_then(|line| line.split_whitespace().next()?.parse().ok()).expect("Linux reports it");
        let entries = fs::read_dir("/proc/self/fd").expect("Linux has it").flatten();
        let targets: Vec<_> = entries.filter_map(|entry| fs::read_link(entry.path()).ok()).collect();
        let sockets = targets.iter().filter(|target| target.to_string_lossy().starts_with("socket:")).count();
        let threads = fs::read_dir("/proc/self/task").expect("Linux has it").count();
        Self { memory, files: targets.len(), sockets, threads }
    }

    /// Returns what has grown since the first measurement.
    pub(crate) fn grown_since(&self, first: &Self) -> Result<(), String> {
        let is_flat = self.memory <= first.memory + MEMORY
            && self.files <= first.files + FILES
            && self.sockets <= first.sockets + FILES;
        if is_flat { Ok(()) } else { Err(format!("{self}, and at first {first}")) }
    }
}

impl fmt::Display for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let megabytes = self.memory / 1024;
        let Self { files, sockets, threads, .. } = self;
        write!(f, "{megabytes} MB of memory, {files} files, {sockets} of them sockets, {threads} threads")
    }
}
