//! Bad calls that are spared their sums one by one, by whichever thread is first. Where a slice has room for fewer bad
//! calls than there are stripes, no level can divide it (see `spare`), and each bad call would sum all stripes.
//!
//! One word has the slice and the calls that are left. Calls are taken off and the room is taken back by exchanges, so
//! the holder of the lock that takes it back finds in the stripes all the calls that have used it.

use super::slice::SliceId;
use crate::sync::{AtomicU64, Ordering};

#[derive(Debug)]
pub(crate) struct SharedRoom(AtomicU64);

impl SharedRoom {
    pub(crate) fn none() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Takes off a bad call of this slice, which its stripe has counted before. Returns whether there was room for it.
    pub(crate) fn take(&self, slice: SliceId) -> bool {
        let mut word = self.0.load(Ordering::Relaxed);
        while slice.whole().count(word).is_some_and(|left| left > 0) {
            // Release pairs with the Acquire in `take_back`.
            match self.0.compare_exchange_weak(word, word - 1, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(seen) => word = seen,
            }
        }
        false
    }

    /// Publishes room for bad calls of a slice. Requires the lock.
    pub(crate) fn publish(&self, slice: SliceId, calls: u64) {
        // Relaxed: it makes nothing visible.
        self.0.store(slice.whole().with(calls), Ordering::Relaxed);
    }

    /// Takes the room back, and returns it.
    pub(crate) fn take_back(&self) -> TakenBack {
        // Acquire pairs with the Release in `take`.
        TakenBack(self.0.swap(0, Ordering::Acquire))
    }

    #[cfg(test)]
    pub(crate) fn is_of(&self, slice: SliceId) -> bool {
        TakenBack(self.0.load(Ordering::Relaxed)).is_of(slice)
    }
}

/// Shared room that was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TakenBack(u64);

impl TakenBack {
    /// No room.
    pub(crate) const NONE: Self = Self(0);

    /// Whether it was room of this slice, even if none was left.
    pub(crate) fn is_of(self, slice: SliceId) -> bool {
        slice.whole().count(self.0).is_some()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::engine::split::Split;

    #[test]
    fn each_call_of_the_slice_takes_one() {
        let (room, slice) = (SharedRoom::none(), SliceId { number: 7_001, split: Split::COUNT_WINDOW });
        assert!(!room.take(slice), "none is published");
        room.publish(slice, 2);
        assert!(!room.take(slice.next()), "another slice");
        assert_eq!([(); 3].map(|()| room.take(slice)), [true, true, false]);
        assert!(room.is_of(slice) && !room.is_of(slice.next()));
        room.publish(slice, 2);
        assert!(room.take_back().is_of(slice) && room.take_back() == TakenBack::NONE);
        assert!(!room.take(slice) && !room.is_of(slice));
    }
}
