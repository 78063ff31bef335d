//! loom's types for the seam.

use std::sync::OnceLock;

use loom::sync::atomic::AtomicBool;
pub(crate) use loom::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU32, AtomicU64, Ordering, fence},
};
#[cfg(test)]
pub(crate) use loom::{model::Builder, thread};

/// A static that loom creates anew for each run of a model.
macro_rules! process_wide {
    ($(#[$doc:meta])* static $name:ident: $type:ty = $start:expr;) => {
        loom::lazy_static! { $(#[$doc])* static ref $name: $type = $start; }
    };
}
pub(crate) use process_wide;

/// std's syntax of `thread_local` for loom's macro, which doesn't support `const`.
macro_rules! per_thread {
    ($(static $name:ident: $type:ty = const $start:block;)*) => {
        loom::thread_local! { $(static $name: $type = $start;)* }
    };
}
pub(crate) use per_thread;

/// `once_cell::race::OnceBox` for loom: the same exchange and the same load, on a flag instead of the pointer. The
/// published values are loom's atomics, so loom reports any access by a thread that has not synchronized with the flag.
#[derive(Debug)]
pub(crate) struct OnceBox<T> {
    is_made: AtomicBool,
    value: OnceLock<Box<T>>,
}

impl<T> OnceBox<T> {
    pub(crate) fn new() -> Self {
        Self { is_made: AtomicBool::new(false), value: OnceLock::new() }
    }

    /// Acquire pairs with the exchange in `get_or_init`.
    pub(crate) fn get(&self) -> Option<&T> {
        if self.is_made.load(Ordering::Acquire) { self.value.get().map(Box::as_ref) } else { None }
    }

    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> Box<T>) -> &T {
        if let Some(value) = self.get() {
            return value;
        }
        let mine = make();
        // loom switches threads only before its own operations, so the exchange and this store are one step.
        if self.is_made.compare_exchange(false, true, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            let _ = self.value.set(mine);
        }
        self.value.get().expect("the winner of the exchange has set it")
    }
}
