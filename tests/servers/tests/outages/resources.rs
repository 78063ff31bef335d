//! What the process uses.

use std::fmt;
use std::fs;

use crate::memory;

/// How many bytes more may be allocated than at the first measurement: those of connections that a pool, or the other
/// processes, happen to have open.
const MEMORY: usize = 4 << 20;
/// How many KiB more may be resident. Pages that hold a few bytes cannot be given back.
const RESIDENT: u64 = 16 << 10;
/// How many files and sockets may be added: those of connections that a pool happens to have open.
const FILES: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Resources {
    /// Allocated bytes.
    allocated: usize,
    /// Resident memory in KiB, without the pages that the allocator only keeps. What libraries in C have allocated is
    /// in here, too.
    resident: u64,
    /// Open file descriptors, sockets included.
    files: usize,
    sockets: usize,
    threads: usize,
}

impl Resources {
    pub(crate) fn now() -> Self {
        trim();
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
            && self.resident <= first.resident + RESIDENT
            && self.files <= first.files + FILES
            && self.sockets <= first.sockets + FILES;
        if is_flat { Ok(()) } else { Err(format!("{self}, and at first {first}")) }
    }
}

/// Gives back what the C library keeps after bursts of calls: in each of its arenas the pages that nothing is in.
#[cfg_attr(target_env = "gnu", expect(unsafe_code, reason = "a function of the C library"))]
fn trim() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it has no conditions, and may be called at any time by any thread.
    unsafe {
        libc::malloc_trim(0);
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
