//! The seam between std and loom: the engine takes its atomics, its lock, its one-time cells and what belongs to a thread
//! or to the process from here and nowhere else. Under `--cfg loom`, loom takes their place (`sync/model.rs`).

#[cfg(loom)]
mod model;
#[cfg(loom)]
pub(crate) use model::*;

/// A cell that is filled once: losers of the race drop what they made, and nobody waits.
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

/// One static of an atomic: a plain one here; with loom, each run of a model has its own.
#[cfg(not(loom))]
macro_rules! process_wide {
    ($(#[$doc:meta])* static $name:ident: $type:ty = $start:expr;) => { $(#[$doc])* static $name: $type = $start; };
}
#[cfg(not(loom))]
pub(crate) use process_wide;

/// Locks, also when a thread has panicked while it held the lock: what our locks guard is changed in whole
/// steps by code of ours that runs no user code, so it is never half-changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
