//! A tagged count: a number (a window's turn, or a generation) and a count in one atomic word, see
//! [`Split`](super::split::Split). A full count stays full.

use std::cell::Cell;

use super::split::{Found, Prefix};
use super::writer::Writer;
use crate::sync::{AtomicU64, Ordering};

#[derive(Debug)]
pub(crate) struct Tagged(AtomicU64);

impl Tagged {
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Creates a full count with the highest number.
    pub(crate) fn full() -> Self {
        Self(AtomicU64::new(u64::MAX))
    }

    /// Adds `count` under `prefix` and returns the new count. Fails if the cell holds a newer count, or one of another
    /// window.
    #[inline]
    pub(crate) fn add(&self, writer: Writer, prefix: Prefix, count: u64) -> Result<u64, Found> {
        let in_the_way = Cell::new(Found::Older);
        let next = |old: u64| {
            let Some(before) = prefix.count(old) else {
                in_the_way.set(other(prefix, old));
                return (in_the_way.get() == Found::Older).then(|| prefix.with(count));
            };
            Some(prefix.with(before.saturating_add(count)))
        };
        match writer.update(&self.0, next) {
            Some(new) => Ok(prefix.count(new).unwrap_or(0)),
            None => Err(in_the_way.get()),
        }
    }

    /// Whether the cell holds a count under the prefix with these bits that is below a limit. For the sole writer.
    #[inline]
    pub(crate) fn is_below(&self, bits: u64, limit: u64) -> bool {
        // Relaxed: the sole writer reads what it has written.
        self.0.load(Ordering::Relaxed) ^ bits < limit
    }

    /// Adds one to a count that is below half of the highest one.
    #[inline]
    pub(crate) fn add_one(&self) {
        Writer::Sole.add(&self.0, 1);
    }

    /// Resets the count under `prefix` to zero. Writes only if that changes the cell.
    #[inline]
    pub(crate) fn clear(&self, writer: Writer, prefix: Prefix) {
        writer.update(&self.0, |old| match prefix.count(old) {
            Some(0) => None,
            Some(_) => Some(prefix.with(0)),
            None => (old & prefix.max() != 0 && prefix.other(old) == Found::Older).then(|| prefix.with(0)),
        });
    }

    /// Empties the cell. Only for the sole writer, or after the count has been taken out.
    pub(crate) fn empty(&self) {
        // Release pairs with the Acquire loads below: a sum that finds the cell empty also finds the new word
        // afterwards.
        self.0.store(0, Ordering::Release);
    }

    /// Replaces the number and the count; only for the sole writer. A count that doesn't fit makes the cell full, with
    /// the highest number.
    pub(crate) fn set(&self, prefix: Prefix, count: Option<u64>) {
        let word = count.filter(|count| *count < prefix.max()).map_or(u64::MAX, |count| prefix.with(count));
        // Release pairs with the Acquire in `known`.
        self.0.store(word, Ordering::Release);
    }

    /// Returns the count if it belongs to `prefix`; 0 for an empty cell.
    #[inline]
    pub(crate) fn known(&self, prefix: Prefix) -> Option<u64> {
        // Acquire pairs with the Release in `set` and in `Writer::update`.
        let word = self.0.load(Ordering::Acquire);
        prefix.count(word).or((word == 0).then_some(0))
    }

    /// Returns how far the cell's number is ahead of `prefix`, and the cell's count; zeros for an empty cell.
    pub(crate) fn ahead(&self, prefix: Prefix) -> (i64, u64) {
        // Acquire: as in `known`.
        let word = self.0.load(Ordering::Acquire);
        if word == 0 { (0, 0) } else { (prefix.ahead(word), word & prefix.max()) }
    }

    /// Takes the count out if it belongs to `prefix`, and leaves the cell empty.
    pub(crate) fn take(&self, writer: Writer, prefix: Prefix) -> u64 {
        let taken = Cell::new(0);
        writer.update(&self.0, |old| {
            taken.set(prefix.count(old).unwrap_or(0));
            (taken.get() > 0).then_some(0)
        });
        taken.get()
    }

    /// Returns the count if it belongs to `prefix`, otherwise 0. Acquire pairs with the Release in `Writer::update`.
    #[inline]
    pub(crate) fn read(&self, prefix: Prefix) -> u64 {
        prefix.count(self.0.load(Ordering::Acquire)).unwrap_or(0)
    }

    /// Returns the count if it belongs to `prefix`, otherwise what the cell holds.
    #[inline]
    pub(crate) fn read_or_other(&self, prefix: Prefix) -> Result<u64, Found> {
        // Acquire: as in `read`.
        let word = self.0.load(Ordering::Acquire);
        prefix.count(word).ok_or_else(|| prefix.other(word))
    }

    /// Takes out the word of another window, if the cell holds one. For a cell that threads share.
    pub(crate) fn take_other_window(&self, prefix: Prefix) -> Option<u64> {
        let taken = Cell::new(0);
        let is_taken = Writer::Shared.update(&self.0, |old| {
            taken.set(old);
            (prefix.other(old) == Found::OtherWindow).then_some(0)
        });
        is_taken.map(|_| taken.get())
    }
}

/// A function of its own: inlined, its arithmetic would be done before it is known to be needed.
#[cold]
#[inline(never)]
fn other(prefix: Prefix, word: u64) -> Found {
    prefix.other(word)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::engine::split::Split;

    fn at(number: u64) -> Prefix {
        Split::COUNT_WINDOW.prefix(number)
    }

    const MAX: u64 = (1 << 36) - 1;

    #[test]
    fn a_new_number_starts_at_zero_and_an_old_one_is_dropped() {
        let cell = Tagged::new();
        let writer = Writer::Shared;
        assert_eq!(cell.add(writer, at(7), 1), Ok(1));
        assert_eq!(cell.add(writer, at(7), 2), Ok(3));
        assert_eq!(cell.add(writer, at(8), 1), Ok(1));
        assert_eq!(cell.add(writer, at(7), 1), Err(Found::Newer(1)));
        assert_eq!((cell.read(at(7)), cell.read(at(8))), (0, 1));
        assert_eq!(cell.read_or_other(at(5)), Err(Found::Newer(3)));
        assert_eq!((cell.read_or_other(at(8)), cell.read_or_other(at(9))), (Ok(1), Err(Found::Older)));
        cell.clear(writer, at(8));
        assert_eq!(cell.read(at(8)), 0);
    }

    #[test]
    fn a_cell_says_how_far_its_number_is_ahead_unless_it_is_empty() {
        let cell = Tagged::new();
        assert_eq!((cell.ahead(at(7)), cell.known(at(7))), ((0, 0), Some(0)));
        for (count, word) in [(Some(0), 0), (Some(5), 5), (None, MAX), (Some(MAX), MAX)] {
            cell.set(at(9), count);
            let is_full = word == MAX;
            assert_eq!(cell.known(at(9)), (!is_full).then_some(word));
            assert_eq!(cell.ahead(at(9)).1, word);
            assert!(is_full || [at(7), at(9), at(12)].map(|seen| cell.ahead(seen).0) == [2, 0, -3]);
        }
    }

    #[test]
    fn a_full_count_stays_full() {
        let cell = Tagged::new();
        assert_eq!(cell.add(Writer::Shared, at(9), MAX), Ok(MAX));
        assert_eq!(cell.add(Writer::Shared, at(9), 1), Ok(MAX));
    }

    #[test]
    fn what_another_window_has_left_is_in_the_way_until_it_is_taken_out() {
        let (cell, other) = (Tagged::new(), Split::of_scale(1 << 40));
        let later = other.prefix(other.first_of(1) + 3);
        cell.add(Writer::Shared, at(9), 4).expect("empty");
        assert_eq!(cell.add(Writer::Shared, later, 1), Err(Found::OtherWindow));
        assert_eq!(cell.take_other_window(at(8)), None, "the same window");
        assert_eq!(cell.take_other_window(later), Some(at(9).with(4)));
        assert_eq!(cell.add(Writer::Shared, later, 1), Ok(1));
    }

    #[test]
    fn a_count_is_set_back_under_its_own_number_or_a_newer_one() {
        for writer in [Writer::Sole, Writer::Shared] {
            let cell = Tagged::new();
            let _ = cell.add(writer, at(7), 5);
            cell.clear(writer, at(6));
            assert_eq!(cell.read(at(7)), 5, "the cell has a newer number");
            cell.clear(writer, at(7));
            assert_eq!(cell.add(writer, at(7), 1), Ok(1));
            cell.clear(writer, at(9));
            assert_eq!((cell.read(at(7)), cell.add(writer, at(8), 1)), (0, Ok(1)), "an empty count has no number");
            assert_eq!(cell.add(writer, at(9), 2), Ok(2));
        }
    }

    #[test]
    fn a_count_is_taken_out_under_its_own_number_alone() {
        for writer in [Writer::Sole, Writer::Shared] {
            for count in [1, 3, MAX] {
                let cell = Tagged::new();
                let _ = cell.add(writer, at(7), count);
                assert_eq!((cell.take(writer, at(6)), cell.take(writer, at(8))), (0, 0));
                assert_eq!((cell.take(writer, at(7)), cell.take(writer, at(7))), (count, 0));
                assert_eq!(cell.add(writer, at(7), 3), Ok(3), "the cell can be reused");
            }
        }
    }
}
