//! Mapping of time to the numbered slices of the sliding window.
//!
//! A slice's number is `now × 16 / length`, in fixed point, plus an offset. An event in slice n is in the window while
//! the current slice is below n + 16: it leaves when it is as old as the window's length, or up to one slice earlier.
//!
//! A window starts empty because its numbers begin in the next epoch (see [`split`](super::split)). Everything written
//! before is recognized as another window's, and so is a result that is still being written under an old number.

use super::limits::WindowLength;
use super::split::{Prefix, Split};
use super::stripe::{PresentSlice, SLICES};
use super::tagged::Tagged;
use super::word::Word;
use crate::sync::Ordering;

/// The mapping of time to slices for one version of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Geometry {
    /// Slices per nanosecond, times 2^64, rounded up.
    pub(crate) scale: u64,
    pub(crate) offset: u64,
    pub(crate) version: u64,
}

/// A slice: its number, and the split of its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SliceId {
    pub(crate) number: u64,
    pub(crate) split: Split,
}

impl Geometry {
    /// Returns the mapping for an empty window of this version. A count-based window has a single slice.
    pub(crate) fn starting(length: WindowLength, now: u64, version: u64) -> Self {
        let scale = match length {
            // A length below 16 ns is treated as 16 ns, which no clock can distinguish.
            WindowLength::Time(nanos) => ((SLICES as u128) << 64).div_ceil(u128::from(nanos.max(SLICES as u64 + 1))),
            WindowLength::Calls(_) => 0,
        };
        let fresh = Self { scale: u64::try_from(scale).unwrap_or(u64::MAX), offset: 0, version };
        let SliceId { number, split } = fresh.slice_at(now);
        // Consecutive versions also differ below the epoch, because headroom ignores the epoch.
        let below = (version & 0xff_ffff) << 8 | 1 << 7;
        let first = split.first_of(version).wrapping_mul(SLICES as u64) + below;
        Self { offset: first.wrapping_sub(number), ..fresh }
    }

    #[inline]
    pub(crate) fn slice_at(self, now: u64) -> SliceId {
        let slice = (u128::from(now) * u128::from(self.scale)) >> 64;
        SliceId { number: (slice as u64).wrapping_add(self.offset), split: Split::of_scale(self.scale) }
    }

    /// Returns the first nanosecond of a slice.
    pub(crate) fn start_of(self, slice: SliceId) -> u64 {
        let number = slice.number.wrapping_sub(self.offset);
        // In the first window, a slice may start before the clock does.
        let number = u128::from(if number > u64::MAX / 2 { 0 } else { number });
        u64::try_from((number << 64).div_ceil(u128::from(self.scale.max(1)))).unwrap_or(u64::MAX)
    }

    /// Returns the last nanosecond of a slice.
    pub(crate) fn end_of(self, slice: SliceId) -> u64 {
        self.start_of(slice.next()).saturating_sub(1)
    }
}

/// All accesses are Relaxed: only the stripe's own thread reads and writes this.
impl PresentSlice {
    /// Returns the slice of `now` if it is the remembered one.
    #[inline]
    pub(crate) fn get(&self, now: u64, word: Word) -> Option<SliceId> {
        self.is_of(now, word).then(|| self.slice())
    }

    #[inline]
    pub(crate) fn slice(&self) -> SliceId {
        let split = Split::from_bits(self.split.load(Ordering::Relaxed));
        SliceId { number: self.number.load(Ordering::Relaxed), split }
    }

    /// Whether the slice of `now` is the remembered one.
    #[inline]
    pub(crate) fn is_of(&self, now: u64, word: Word) -> bool {
        let into = now.wrapping_sub(self.from.load(Ordering::Relaxed));
        into < self.span.load(Ordering::Relaxed) && self.word.load(Ordering::Relaxed) == word.bits()
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "only the low bits choose the slot")]
    pub(crate) fn slot(&self) -> usize {
        self.number.load(Ordering::Relaxed) as usize % SLICES
    }

    /// Returns what the headroom has if calls of the slice have no limit.
    #[inline]
    pub(crate) fn unlimited(&self) -> u64 {
        self.unlimited.load(Ordering::Relaxed)
    }

    /// Whether a cell of the stripe holds a count of the slice, less than half of the highest one.
    #[inline]
    pub(crate) fn is_below_half(&self, cell: &Tagged) -> bool {
        cell.is_below(self.turn.load(Ordering::Relaxed), self.half.load(Ordering::Relaxed))
    }

    /// Returns and remembers the slice of `now`. If the thread's clock went back within one window, stays in the
    /// remembered slice.
    #[inline(never)]
    pub(crate) fn enter(&self, now: u64, geometry: Geometry, word: Word, is_same_window: bool) -> SliceId {
        let (slice, last) = (geometry.slice_at(now), self.slice());
        let is_behind = (1..=u64::MAX / 2).contains(&last.number.wrapping_sub(slice.number));
        if is_same_window && is_behind {
            return last;
        }
        let from = geometry.start_of(slice);
        self.from.store(from, Ordering::Relaxed);
        self.span.store(geometry.start_of(slice.next()).saturating_sub(from), Ordering::Relaxed);
        self.number.store(slice.number, Ordering::Relaxed);
        self.split.store(slice.split.bits(), Ordering::Relaxed);
        self.turn.store(slice.turn().bits(), Ordering::Relaxed);
        self.unlimited.store(slice.whole().with(u64::MAX), Ordering::Relaxed);
        self.half.store(slice.split.max() / 2, Ordering::Relaxed);
        self.word.store(word.bits(), Ordering::Relaxed);
        slice
    }
}

impl SliceId {
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "only the low bits choose the slot")]
    pub(super) fn slot(self) -> usize {
        self.number as usize % SLICES
    }

    pub(crate) fn next(self) -> Self {
        self.plus(1)
    }

    /// Returns the next slice with the same slot.
    pub(super) fn a_window_later(self) -> Self {
        self.plus(SLICES as u64)
    }

    pub(super) fn plus(self, slices: u64) -> Self {
        Self { number: self.number.wrapping_add(slices), ..self }
    }

    /// Returns the prefix stored in the slice's slot: the number of turns through all slots.
    #[inline]
    pub(super) fn turn(self) -> Prefix {
        self.split.prefix(self.number / SLICES as u64)
    }

    /// Returns the prefix of the whole number, for cells outside the slots.
    #[inline]
    pub(super) fn whole(self) -> Prefix {
        self.split.prefix(self.number)
    }

    /// Returns the slices of the window whose current slice is this one.
    pub(super) fn window(self) -> impl Iterator<Item = Self> + Clone {
        (0..SLICES as u64).map(move |back| self.plus(back.wrapping_neg()))
    }

    /// Returns the oldest slice of that window.
    pub(super) fn oldest(self) -> Self {
        self.plus((SLICES as u64 - 1).wrapping_neg())
    }

    /// Whether the window whose current slice is this one still holds `slice`.
    pub(super) fn holds(self, slice: Self) -> bool {
        self.number.wrapping_sub(slice.number) < SLICES as u64
    }
}

#[cfg(all(test, not(loom)))]
#[path = "slice_tests.rs"]
mod tests;
