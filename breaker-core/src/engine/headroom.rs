//! Limits up to which a stripe may count calls of a slice without a sum. Only this file accesses the bits.
//!
//! There are two limits, each in one word with its slice: for *all* calls, while a rule waits for its
//! `minimum_requests`, and for *bad* calls (failed or slow). Headroom only spares sums and decides nothing: it holds
//! for any order of later calls in its slice (see `spare`). Calls leave the window only when the slice changes, and the
//! headroom of another slice is not used.

use super::policy::Room;
use super::slice::SliceId;
use crate::sync::{AtomicU64, Ordering};

/// The published limits of one slice.
#[derive(Debug)]
pub(crate) struct Headroom {
    calls: AtomicU64,
    bad: AtomicU64,
    /// Number of publications so far.
    publications: AtomicU64,
}

impl Headroom {
    pub(crate) fn none() -> Self {
        Self { calls: AtomicU64::new(0), bad: AtomicU64::new(0), publications: AtomicU64::new(0) }
    }

    /// Returns the number of publications so far. A caller without the lock must issue a `SeqCst` fence afterwards: it
    /// pairs with the fence before the sum of each verdict that has published, so that the caller's own sum includes the
    /// calls of these verdicts.
    #[inline]
    pub(crate) fn publications(&self) -> u64 {
        self.publications.load(Ordering::Relaxed)
    }

    /// Whether a stripe with this many calls in this slice is spared the sum. `calls` is called only if there is a
    /// limit; a limit with all bits set means none.
    #[inline]
    pub(crate) fn spares_call(&self, slice: SliceId, calls: impl FnOnce() -> u64) -> bool {
        let Some(limit) = slice.whole().count(self.published()) else { return false };
        limit == slice.whole().max() || calls() <= limit
    }

    /// Whether this word is published, which means that all calls of its slice are spared the sum.
    #[inline]
    pub(crate) fn is_unlimited(&self, unlimited: u64) -> bool {
        self.published() == unlimited
    }

    /// Returns the limit for all calls, with its slice. Acquire pairs with the Release in `publish`: a reader that sees
    /// more room for calls also sees less room for bad calls.
    #[inline]
    fn published(&self) -> u64 {
        self.calls.load(Ordering::Acquire)
    }

    /// Like `spares_call`, for a bad call; `bad` is the number of bad calls in the stripe.
    #[inline]
    pub(crate) fn spares_bad_call(&self, slice: SliceId, calls: impl FnOnce() -> u64, bad: u64) -> bool {
        // Relaxed: loaded after `calls`, whose Acquire makes it visible.
        self.spares_call(slice, calls)
            && slice.whole().count(self.bad.load(Ordering::Relaxed)).is_some_and(|limit| bad <= limit)
    }

    /// Publishes the limits for each stripe in this slice. Without a limit for bad calls, none of them is spared. The
    /// caller must issue a fence afterwards.
    pub(crate) fn publish(&self, slice: SliceId, calls: u64, bad: Option<u64>) {
        // Relaxed: see `publications`. Only holders of the lock write it.
        self.publications.store(self.publications().wrapping_add(1), Ordering::Relaxed);
        self.bad.store(bad.map_or(0, |bad| slice.whole().with(bad)), Ordering::Relaxed);
        // Release pairs with the Acquire in `published`.
        self.calls.store(slice.whole().with(calls), Ordering::Release);
    }

    /// Returns the limits of a slice. `None` if one of them is not in force, or they are of another slice.
    pub(crate) fn of_slice(&self, slice: SliceId) -> Option<Room> {
        // Relaxed: only holders of the lock publish.
        let [calls, bad] = [&self.calls, &self.bad].map(|cell| slice.whole().count(cell.load(Ordering::Relaxed)));
        Some(Room { calls: calls?, bad: bad? })
    }

    /// Takes the limits back, so that the next call is summed.
    pub(crate) fn take_back(&self) {
        // Relaxed: 0 leaves no room for any call, in any slice.
        self.calls.store(0, Ordering::Relaxed);
        self.bad.store(0, Ordering::Relaxed);
    }

    /// Like `of_slice`, but zero instead of `None`.
    #[cfg(test)]
    pub(crate) fn in_slice(&self, slice: SliceId) -> Room {
        self.of_slice(slice).unwrap_or(Room { calls: 0, bad: 0 })
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::engine::split::Split;

    #[test]
    fn room_is_that_of_its_slice_and_at_most_what_fits() {
        for split in [Split::of_scale(u64::MAX), Split::of_scale(1 << 32), Split::COUNT_WINDOW] {
            let (headroom, slice) = (Headroom::none(), SliceId { number: 7_001, split });
            let spares = |calls: u64, bad: u64| headroom.spares_bad_call(slice, || calls, bad);
            assert!(!spares(0, 0), "nothing is published");
            headroom.publish(slice, 9, Some(3));
            assert!(headroom.of_slice(slice) == Some(Room { calls: 9, bad: 3 }) && headroom.spares_call(slice, || 9));
            assert!(spares(9, 3) && !spares(10, 3) && !spares(9, 4) && !headroom.spares_call(slice, || 10));
            assert!(!headroom.spares_bad_call(slice.next(), || 0, 0), "another slice");
            headroom.publish(slice, u64::MAX, None);
            assert!(headroom.spares_call(slice, || 9) && !headroom.spares_bad_call(slice, || 9, 0));
            assert_eq!(headroom.of_slice(slice), None);
            headroom.publish(slice, u64::MAX, Some(u64::MAX));
            assert!(headroom.spares_call(slice, || unreachable!("there is no limit")));
            assert_eq!(headroom.in_slice(slice), Room { calls: split.max(), bad: split.max() });
            assert_eq!(headroom.in_slice(slice.next()), Room { calls: 0, bad: 0 });
            headroom.take_back();
            assert!(!spares(0, 0));
        }
    }
}
