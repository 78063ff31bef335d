//! What the process uses.

use std::fmt;
use std::fs;

use crate::memory;

/// How many bytes more may be allocated than at the first measurement: those of connections that a pool happens to have
/// open.
const MEMORY: usize = 4 << 20;
/// How many KiB more may be resident. Pages that hold a few bytes cannot be given back.
const RESIDENT: u64 = 32 << 10;
/// How many files and sockets may be added: those of connections that a pool happens to have open.
const FILES: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Resources {
    /// Allocated bytes.
    allocated: usize,
    /// Bytes that the C library has handed out: also to libraries in C, and with the overhead of each allocation.
    handed_out: usize,
    /// Resident memory in KiB, without the pages that the C library only keeps.
    resident: u64,
    /// Open file descriptors, sockets included.
    files: usize,
    sockets: usize,
    threads: usize,
}

impl Resources {
    pub(crate) fn now() -> Self {
        trim();
        let (allocated, handed_out, resident) = (memory::live(), handed_out(), memory::resident());
        let entries = fs::read_dir("/proc/self/fd").expect("Linux has it").flatten();
        let targets: Vec<_> = entries.filter_map(|entry| fs::read_link(entry.path()).ok()).collect();
        let sockets = targets.iter().filter(|target| target.to_string_lossy().starts_with("socket:")).count();
        let threads = fs::read_dir("/proc/self/task").expect("Linux has it").count();
        Self { allocated, handed_out, resident, files: targets.len(), sockets, threads }
    }

    /// Returns what has grown since the first measurement.
    pub(crate) fn grown_since(&self, first: &Self) -> Result<(), String> {
        let is_flat = self.allocated <= first.allocated + MEMORY
            && self.handed_out <= first.handed_out + MEMORY
            && self.resident <= first.resident + RESIDENT
            && self.files <= first.files + FILES
            && self.sockets <= first.sockets + FILES;
        if is_flat { Ok(()) } else { Err(format!("{self}, and at first {first}")) }
    }
}

/// Returns the bytes that the C library has handed out, or 0 if it doesn't tell.
#[cfg_attr(target_env = "gnu", expect(unsafe_code, reason = "a function of the C library"))]
fn handed_out() -> usize {
    #[cfg(target_env = "gnu")]
    {
        // SAFETY: it has no conditions.
        let info = unsafe { libc::mallinfo2() };
        info.uordblks + info.hblkhd
    }
    #[cfg(not(target_env = "gnu"))]
    0
}

/// Lets all threads allocate in one arena of the C library. Otherwise each has its own, which keeps what the thread has
/// freed.
#[cfg_attr(target_env = "gnu", expect(unsafe_code, reason = "a function of the C library"))]
pub(crate) fn use_one_arena() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it has no conditions.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// Gives back what the C library keeps after bursts of calls: the pages that nothing is in.
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
        let (allocated, handed_out) = (self.allocated / 1024, self.handed_out / 1024);
        let resident = self.resident / 1024;
        let Self { files, sockets, threads, .. } = self;
        write!(
            f,
            "{allocated} KB allocated ({handed_out} by the C library; {resident} MB resident), {files} files, {sockets} of them sockets, {threads} threads"
        )
    }
}
