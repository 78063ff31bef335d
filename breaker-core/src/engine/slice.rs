//! How time maps to the slices of the sliding window, numbered without end.
//!
//! A slice's number is `now × 16 / length`, in fixed point, plus an offset. An event in slice n is in the window
//! while the present slice is below n + 16: it has left at its time + length, and at most one slice earlier.
//!
//! A window starts empty because its numbers begin in the next epoch (see [`split`](super::split)): everything written
//! before is known to be of another window, and so is a result that is still being written under an old number.

use super::limits::WindowLength;
use super::split::{Prefix, Split};
use super::stripe::{PresentSlice, SLICES};
use super::word::Word;
use crate::sync::Ordering;

/// How time maps to slices; fixed for one version of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Geometry {
    /// Slices per nanosecond, times 2^64, rounded up.
    pub(crate) scale: u64,
    pub(crate) offset: u64,
    pub(crate) version: u64,
}

/// A slice: its number, and how that stands in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SliceId {
    pub(crate) number: u64,
    pub(crate) split: Split,
}

impl Geometry {
    /// The empty window of this version. One by count has a single slice.
    pub(crate) fn starting(length: WindowLength, now: u64, version: u64) -> Self {
        let scale = match length {
            // A length below 16 ns is taken for 16: no clock tells it from that.
            WindowLength::Time(nanos) => ((SLICES as u128) << 64).div_ceil(u128::from(nanos.max(SLICES as u64 + 1))),
            WindowLength::Calls(_) => 0,
        };
        let fresh = Self { scale: u64::try_from(scale).unwrap_or(u64::MAX), offset: 0, version };
        let SliceId { number, split } = fresh.slice_at(now);
        // Neighbouring versions have other numbers below the epoch, too: headroom knows no epoch.
        let below = (version & 0xff_ffff) << 8 | 1 << 7;
        let first = split.first_of(version).wrapping_mul(SLICES as u64) + below;
        Self { offset: first.wrapping_sub(number), ..fresh }
    }

    #[inline]
    pub(crate) fn slice_at(self, now: u64) -> SliceId {
        let slice = (u128::from(now) * u128::from(self.scale)) >> 64;
        SliceId { number: (slice as u64).wrapping_add(self.offset), split: Split::of_scale(self.scale) }
    }

    /// The first nanosecond of a slice.
    pub(crate) fn start_of(self, slice: SliceId) -> u64 {
        let number = slice.number.wrapping_sub(self.offset);
        // A slice from before the clock's start, in the first window.
        let number = u128::from(if number > u64::MAX / 2 { 0 } else { number });
        u64::try_from((number << 64).div_ceil(u128::from(self.scale.max(1)))).unwrap_or(u64::MAX)
    }

    /// The last nanosecond of a slice.
    pub(crate) fn end_of(self, slice: SliceId) -> u64 {
        self.start_of(slice.next()).saturating_sub(1)
    }
}

/// All relaxed: only the stripe's own thread is here.
impl PresentSlice {
    /// The slice of `now`, if it is the one that was remembered.
    #[inline]
    pub(crate) fn get(&self, now: u64, word: Word) -> Option<SliceId> {
        let into = now.wrapping_sub(self.from.load(Ordering::Relaxed));
        let is_it = into < self.span.load(Ordering::Relaxed) && self.word.load(Ordering::Relaxed) == word.bits();
        is_it.then(|| self.slice())
    }

    #[inline]
    fn slice(&self) -> SliceId {
        let split = Split::from_bits(self.split.load(Ordering::Relaxed));
        SliceId { number: self.number.load(Ordering::Relaxed), split }
    }

    /// The slice of `now`, remembered; where the thread's clock went back in one window, the slice that it was in.
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

    /// The next slice that has this one's slot.
    pub(super) fn a_window_later(self) -> Self {
        self.plus(SLICES as u64)
    }

    pub(super) fn plus(self, slices: u64) -> Self {
        Self { number: self.number.wrapping_add(slices), ..self }
    }

    /// The slice's window, as its cell carries it.
    #[inline]
    pub(super) fn turn(self) -> Prefix {
        self.split.prefix(self.number / SLICES as u64)
    }

    /// The whole number, where no slot says the rest.
    #[inline]
    pub(super) fn whole(self) -> Prefix {
        self.split.prefix(self.number)
    }

    /// The slices of the window whose present slice is this one.
    pub(super) fn window(self) -> impl Iterator<Item = Self> + Clone {
        (0..SLICES as u64).map(move |back| self.plus(back.wrapping_neg()))
    }

    /// The oldest slice of that window.
    pub(super) fn oldest(self) -> Self {
        self.plus((SLICES as u64 - 1).wrapping_neg())
    }

    /// Whether the window whose present slice is this one still holds `slice`.
    pub(super) fn holds(self, slice: Self) -> bool {
        self.number.wrapping_sub(slice.number) < SLICES as u64
    }
}

#[cfg(all(test, not(loom)))]
#[path = "slice_tests.rs"]
mod tests;
