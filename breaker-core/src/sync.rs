//! The seam between std and loom. The engine imports its atomics, mutex, once cells, thread-locals and process-wide
//! statics only from here. Under `--cfg loom`, they are loom's (`sync/model.rs`).

#[cfg(loom)]
mod model;
#[cfg(loom)]
pub(crate) use model::*;

/// A cell that is initialized once: threads that lose the race drop their value, and no thread blocks.
#[cfg(not(loom))]
pub(crate) use once_cell::race::OnceBox;
#[cfg(not(loom))]
pub(crate) use std::{
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU32, AtomicU64, Ordering, fence},
    },
    thread_local as per_thread,
};

/// A cell that only the thread of its stripe reads and writes, always Relaxed. It is an atomic because other threads hold
/// references to the stripe. loom doesn't follow it: there is nothing to find, and each of its fences visits every atomic.
pub(crate) use std::sync::atomic::AtomicU64 as OwnU64;

/// A process-wide static: a plain one here; under loom, each run of a model has its own.
#[cfg(not(loom))]
macro_rules! process_wide {
    ($(#[$doc:meta])* static $name:ident: $type:ty = $start:expr;) => { $(#[$doc])* static $name: $type = $start; };
}
#[cfg(not(loom))]
pub(crate) use process_wide;

/// Locks a mutex and ignores poisoning. Our code changes the guarded data in complete steps and runs no user code under
/// the lock, so a panic can't leave the data inconsistent.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
