//! Writing to the cells of a stripe: with a plain load and store if only one thread writes, otherwise with an exchange.

use crate::sync::{AtomicU64, Ordering};

/// How a thread may write to a stripe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    /// No other thread writes: a plain load and store is enough.
    Sole,
    /// Other threads write, too.
    Shared,
}

impl Writer {
    /// Adds to a cumulative counter. The Release pairs with the Acquire loads of a snapshot: a reader of a call's end
    /// also sees its admission.
    #[expect(clippy::inline_always, reason = "a handful of loads and adds: a call would cost more")]
    #[inline(always)]
    pub(crate) fn add(self, cell: &AtomicU64, count: u64) {
        match self {
            Self::Sole => cell.store(cell.load(Ordering::Relaxed).wrapping_add(count), Ordering::Release),
            Self::Shared => {
                cell.fetch_add(count, Ordering::Release);
            }
        }
    }

    /// Replaces the cell's value with the result of `next` and returns it, unless it is `None`. `next` must be pure,
    /// because it may run more than once. The Release pairs with the Acquire in `Tagged::read`.
    #[inline]
    pub(crate) fn update(self, cell: &AtomicU64, next: impl Fn(u64) -> Option<u64>) -> Option<u64> {
        let mut old = cell.load(Ordering::Relaxed);
        if self == Self::Sole {
            let new = next(old)?;
            cell.store(new, Ordering::Release);
            return Some(new);
        }
        loop {
            let new = next(old)?;
            match cell.compare_exchange_weak(old, new, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return Some(new),
                Err(seen) => old = seen,
            }
        }
    }
}
