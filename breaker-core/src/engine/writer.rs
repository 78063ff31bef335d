//! How a cell of a stripe is written: by a plain load and store where one thread alone writes, else by an exchange.

use crate::sync::{AtomicU64, Ordering};

/// How a thread may write to a stripe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    /// No other thread writes there: a plain load and store do.
    Sole,
    /// Others do, too.
    Shared,
}

impl Writer {
    /// Adds to a cumulative counter. The Release pairs with the Acquire loads of a snapshot: who sees a call's
    /// end there sees its admission, too.
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

    /// Replaces the cell's value by `next` of it, unless that is `None`; the value written. `next` is pure: it may
    /// run more than once. The Release pairs with the Acquire in `Tagged::read`.
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
