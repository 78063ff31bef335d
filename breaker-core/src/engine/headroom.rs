//! How many more bad calls a stripe may take before the next sum is due: a slice and a count in one word. Nothing outside
//! this file touches its bits.
//!
//! The headroom only spares sums and decides nothing: it is computed for any order of what may still come in its slice.

use super::window::SliceId;
use crate::sync::{AtomicU64, Ordering};

const COUNT_BITS: u32 = 24;
const COUNT_MAX: u64 = (1 << COUNT_BITS) - 1;
const SLICE_MASK: u64 = u64::MAX >> COUNT_BITS;

/// The room of one slice, for each stripe.
#[derive(Debug)]
pub(crate) struct Headroom(AtomicU64);

impl Headroom {
    pub(crate) fn none() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Whether a stripe that has added so many bad calls to this slice is spared the sum.
    #[inline]
    pub(crate) fn spares(&self, slice: SliceId, bad: u64) -> bool {
        // Relaxed: see the head of this file.
        let packed = self.0.load(Ordering::Relaxed);
        packed >> COUNT_BITS == slice.0 & SLICE_MASK && bad <= packed & COUNT_MAX
    }

    /// Gives each stripe so much room in this slice. Relaxed: the fence after it is the caller's.
    pub(crate) fn publish(&self, slice: SliceId, room: u64) {
        self.0.store(pack(slice, room), Ordering::Relaxed);
    }

    /// Whether that is what is published already.
    pub(crate) fn is(&self, slice: SliceId, room: u64) -> bool {
        self.0.load(Ordering::Relaxed) == pack(slice, room)
    }

    /// The next bad call is summed.
    pub(crate) fn take_back(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// The room that is published for a slice, 0 where it is another one's.
    #[cfg(test)]
    pub(crate) fn in_slice(&self, slice: SliceId) -> u64 {
        let packed = self.0.load(Ordering::Relaxed);
        if packed >> COUNT_BITS == slice.0 & SLICE_MASK { packed & COUNT_MAX } else { 0 }
    }
}

fn pack(slice: SliceId, room: u64) -> u64 {
    (slice.0 & SLICE_MASK) << COUNT_BITS | room.min(COUNT_MAX)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn room_is_that_of_its_slice_and_at_most_what_fits() {
        let headroom = Headroom::none();
        for (slice, room) in [(SliceId(7), 0), (SliceId(SLICE_MASK), 9), (SliceId(u64::MAX), COUNT_MAX)] {
            headroom.publish(slice, room);
            assert!(headroom.is(slice, room) && headroom.spares(slice, room) && !headroom.spares(slice, room + 1));
            assert!(!headroom.spares(slice.next(), 0), "another slice");
            assert_eq!((headroom.in_slice(slice), headroom.in_slice(slice.next())), (room, 0));
        }
        headroom.publish(SliceId(7), u64::MAX);
        assert_eq!(headroom.in_slice(SliceId(7)), COUNT_MAX);
        headroom.take_back();
        assert!(!headroom.spares(SliceId(7), 0));
    }
}
