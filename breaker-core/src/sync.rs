//! The seam between std and loom: the engine takes its atomics, its lock and its one-time cells from here and nowhere else.

#[cfg(not(loom))]
pub(crate) use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU32, AtomicU64, Ordering, fence},
};

#[cfg(loom)]
pub(crate) use loom::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU32, AtomicU64, Ordering, fence},
};

/// A cell that is filled once: losers of the race drop what they made, and nobody waits.
pub(crate) use once_cell::race::OnceBox;

/// Locks, also when a thread has panicked while it held the lock: what our locks guard is changed in whole
/// steps by code of ours that runs no user code, so it is never half-changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
