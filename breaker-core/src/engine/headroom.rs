//! Up to how many calls of a slice a stripe may count without a sum. Nothing outside this file touches the bits.
//!
//! Two limits, each with its slice in one word: of *all* calls, while a rule waits for its `minimum_requests`; and of the
//! *bad* ones. Headroom only spares sums and decides nothing: it is computed for any order of what may still come in its
//! slice (see `spare`). What leaves the window does so when the slice turns, and then the headroom is of another slice.

use super::policy::Room;
use super::slice::SliceId;
use crate::sync::{AtomicU64, Ordering};

/// What is published, of one slice.
#[derive(Debug)]
pub(crate) struct Headroom {
    calls: AtomicU64,
    bad: AtomicU64,
}

impl Headroom {
    pub(crate) fn none() -> Self {
        Self { calls: AtomicU64::new(0), bad: AtomicU64::new(0) }
    }

    /// Whether a stripe that has counted so many calls in this slice is spared the sum; `calls` is asked only if there is
    /// a limit. (A word of all ones below its slice is none.)
    #[inline]
    pub(crate) fn spares_call(&self, slice: SliceId, calls: impl FnOnce() -> u64) -> bool {
        // Acquire pairs with the Release in `publish`: more room for calls comes with less for bad ones.
        let limit = slice.whole().count(self.calls.load(Ordering::Acquire));
        limit.is_some_and(|limit| limit == slice.whole().max() || calls() <= limit)
    }

    /// The same for a bad call, with how many the stripe has counted of each.
    #[inline]
    pub(crate) fn spares_bad_call(&self, slice: SliceId, calls: impl FnOnce() -> u64, bad: u64) -> bool {
        // Relaxed: read after `calls`, whose Acquire brings it along.
        self.spares_call(slice, calls)
            && slice.whole().count(self.bad.load(Ordering::Relaxed)).is_some_and(|limit| bad <= limit)
    }

    /// Each stripe may count up to so many calls of this slice. The fence after it is the caller's.
    pub(crate) fn publish(&self, slice: SliceId, room: Room) {
        self.bad.store(slice.whole().with(room.bad), Ordering::Relaxed);
        // Release pairs with the Acquire in `spares_call`.
        self.calls.store(slice.whole().with(room.calls), Ordering::Release);
    }

    /// Whether that is what is published.
    pub(crate) fn is(&self, slice: SliceId, room: Room) -> bool {
        // Relaxed: all who publish hold the lock.
        [(&self.calls, room.calls), (&self.bad, room.bad)]
            .iter()
            .all(|(cell, limit)| cell.load(Ordering::Relaxed) == slice.whole().with(*limit))
    }

    /// The room that is published for a slice, none where it is another one's; nothing where it was taken back.
    pub(crate) fn of_slice(&self, slice: SliceId) -> Option<Room> {
        // Relaxed: all who publish hold the lock.
        let [calls, bad] = [&self.calls, &self.bad].map(|cell| cell.load(Ordering::Relaxed));
        let room = |word| slice.whole().count(word).unwrap_or(0);
        (calls != 0).then(|| Room { calls: room(calls), bad: room(bad) })
    }

    /// The next call is summed.
    pub(crate) fn take_back(&self) {
        // Relaxed: 0 is room for no call, whatever the slice.
        self.calls.store(0, Ordering::Relaxed);
        self.bad.store(0, Ordering::Relaxed);
    }

    /// The same, none where it was taken back.
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
            assert!(!spares(0, 0), "none is published");
            headroom.publish(slice, Room { calls: 9, bad: 3 });
            assert!(headroom.is(slice, Room { calls: 9, bad: 3 }) && headroom.spares_call(slice, || 9));
            assert!(spares(9, 3) && !spares(10, 3) && !spares(9, 4) && !headroom.spares_call(slice, || 10));
            assert!(!headroom.spares_bad_call(slice.next(), || 0, 0), "another slice");
            headroom.publish(slice, Room { calls: u64::MAX, bad: u64::MAX });
            assert!(headroom.spares_call(slice, || unreachable!("there is no limit")));
            assert_eq!(headroom.in_slice(slice), Room { calls: split.max(), bad: split.max() });
            assert_eq!(headroom.in_slice(slice.next()), Room { calls: 0, bad: 0 });
            headroom.take_back();
            assert!(!spares(0, 0));
        }
    }
}
