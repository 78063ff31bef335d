//! A count that belongs to a moment: tag and count in one atomic word, so that a new moment starts at zero
//! without anybody clearing anything, and a late writer can't add to the wrong one.
//!
//! The tag is 28 bits (a window's turn, or a generation), the count 36 bits; a full count stays full.

use super::writer::Writer;
use crate::sync::{AtomicU64, Ordering};

const COUNT_BITS: u32 = 36;
const COUNT_MAX: u64 = (1 << COUNT_BITS) - 1;
/// A count that has come so far should be taken out, where it must never stop counting.
pub(crate) const HALF_FULL: u64 = 1 << (COUNT_BITS - 1);
const TAG_MASK: u64 = (1 << (64 - COUNT_BITS)) - 1;
/// A tag that is ahead by at most this much is newer than ours; anything else has been left behind. Small beside
/// the 2^28 tags, so that a cell that slept through half of them isn't taken for a cell of the future.
const AHEAD: u64 = 1 << 20;

#[derive(Debug)]
pub(crate) struct Tagged(AtomicU64);

impl Tagged {
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Adds `count` under `tag`; the count so far, or 0 where the cell has moved on to a newer tag.
    #[inline]
    pub(crate) fn add(&self, writer: Writer, tag: u64, count: u64) -> u64 {
        let next = |old: u64| {
            if old >> COUNT_BITS == tag & TAG_MASK {
                (old & COUNT_MAX).saturating_add(count)
            } else if is_newer(old, tag) {
                return None;
            } else {
                count
            }
            .min(COUNT_MAX)
            .checked_add((tag & TAG_MASK) << COUNT_BITS)
        };
        writer.update(&self.0, next).map_or(0, |new| new & COUNT_MAX)
    }

    /// Sets the count under `tag` back to zero. Writes only if there is something to set back.
    #[inline]
    pub(crate) fn clear(&self, writer: Writer, tag: u64) {
        writer.update(&self.0, |old| {
            (old & COUNT_MAX != 0 && !is_newer(old, tag)).then_some((tag & TAG_MASK) << COUNT_BITS)
        });
    }

    /// Takes the count out, if it belongs to `tag`.
    pub(crate) fn take(&self, writer: Writer, tag: u64) -> u64 {
        let count = self.read(tag);
        let taken = writer.update(&self.0, |old| (old >> COUNT_BITS == tag & TAG_MASK).then(|| old - count));
        taken.map_or(0, |_| count)
    }

    /// The count, if it belongs to `tag`. Acquire pairs with the Release in `Writer::update`.
    #[inline]
    pub(crate) fn read(&self, tag: u64) -> u64 {
        let value = self.0.load(Ordering::Acquire);
        if value >> COUNT_BITS == tag & TAG_MASK { value & COUNT_MAX } else { 0 }
    }
}

fn is_newer(old: u64, tag: u64) -> bool {
    let ahead = (old >> COUNT_BITS).wrapping_sub(tag) & TAG_MASK;
    old & COUNT_MAX != 0 && (1..=AHEAD).contains(&ahead)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_new_tag_starts_at_zero_and_an_old_one_is_dropped() {
        let cell = Tagged::new();
        let writer = Writer::Shared;
        assert_eq!(cell.add(writer, 7, 1), 1);
        assert_eq!(cell.add(writer, 7, 2), 3);
        assert_eq!(cell.add(writer, 8, 1), 1);
        assert_eq!(cell.add(writer, 7, 1), 0);
        assert_eq!((cell.read(7), cell.read(8)), (0, 1));
        cell.clear(writer, 8);
        assert_eq!(cell.read(8), 0);
    }

    #[test]
    fn tags_wrap_and_a_full_count_stays_full() {
        let cell = Tagged::new();
        assert_eq!(cell.add(Writer::Shared, TAG_MASK, 1), 1);
        assert_eq!(cell.add(Writer::Shared, TAG_MASK + 1, 1), 1);
        assert_eq!(cell.read(0), 1);
        assert_eq!(cell.add(Writer::Shared, 0, COUNT_MAX), COUNT_MAX);
        assert_eq!(cell.add(Writer::Shared, 0, 1), COUNT_MAX);
    }

    #[test]
    fn a_count_is_set_back_under_its_own_tag_or_a_newer_one() {
        for writer in [Writer::Sole, Writer::Shared] {
            let cell = Tagged::new();
            cell.add(writer, 7, 5);
            cell.clear(writer, 6);
            assert_eq!(cell.read(7), 5, "the cell has moved on");
            cell.clear(writer, 7);
            assert_eq!(cell.add(writer, 7, 1), 1);
            cell.clear(writer, 9);
            assert_eq!((cell.read(7), cell.add(writer, 8, 1)), (0, 1), "an empty count is nobody's");
            assert_eq!(cell.add(writer, 9, 2), 2);
        }
    }

    #[test]
    fn a_count_is_taken_out_under_its_own_tag_alone() {
        for writer in [Writer::Sole, Writer::Shared] {
            for count in [1, 3, HALF_FULL] {
                let cell = Tagged::new();
                cell.add(writer, 7, count);
                assert_eq!((cell.take(writer, 6), cell.take(writer, 8)), (0, 0));
                assert_eq!((cell.take(writer, 7), cell.take(writer, 7)), (count, 0));
                assert_eq!(cell.add(writer, 7, 3), 3, "it still has its tag");
            }
        }
    }

    #[test]
    fn a_count_is_half_full_at_half_of_the_most_that_it_holds() {
        assert_eq!((HALF_FULL, COUNT_MAX), (1 << 35, (1 << 36) - 1));
    }
}
