//! What the process uses.

use std::fmt;
use std::fs;

use crate::memory;

/// How many bytes more may be allocated than at the first measurement: those of connections that a pool, or the other
/// processes, happen to have open. Resident memory is only shown: the allocator keeps pages after bursts of calls.
const MEMORY: usize = 4 << 20;
/// How many files and sockets may be added: those of connections that a pool happens to have open.
const FILES: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Resources {
    /// Allocated bytes.
    allocated: usize,
    /// Resident memory in KiB.
    resident: u64,
    /// Open file descriptors, sockets included.
    files: usize,
    sockets: usize,
    threads: usize,
}

impl Resources {
    pub(crate) fn now() -> Self {
        let (allocated, resident) = (memory::live(), memory::resident());
        let entries = fs::read_dir("/proc/self/fd").expect("Linux has it").flatten();
        let targets: Vec<_> = entries.filter_map(|entry| fs::read_link(entry.path()).ok()).collect();
        let sockets = targets.iter().filter(|target| target.to_string_lossy().starts_with("socket:")).count();
        let threads = fs::read_dir("/proc/self/task").expect("Linux has it").count();
        Self { allocated, resident, files: targets.len(), sockets, threads }
    }

    /// Returns what has grown since the first measurement.
    pub(crate) fn grown_since(&self, first: &Self) -> Result<(), String> {
        let is_flat = self.allocated <= first.allocated + MEMORY
            && self.files <= first.files + FILES
            && self.sockets <= first.sockets + FILES;
        if is_flat { Ok(()) } else { Err(format!("{self}, and at first {first}")) }
    }
}

impl fmt::Display for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (allocated, resident) = (self.allocated / 1024, self.resident / 1024);
        let Self { files, sockets, threads, .. } = self;
        write!(
            f,
            "{allocated} KB allocated ({resident} MB resident), {files} files, {sockets} of them sockets, {threads} threads"
        )
    }
}
