//! The sliding window by time: 16 slices, numbered for ever, each kept in every stripe.
//!
//! A slice's number is `now × 16 / length`, in fixed point, plus an offset. An event in slice n is in the window
//! while the present slice is below n + 16: it has left at its time + length, and at most one slice earlier. The
//! slot of a slice is tagged with its number, so a skipped slice reads as empty and old slices leave on read as well.
//!
//! A window starts empty because its offset jumps by 32: everything written before is out of reach, and a result
//! that is still being written under the old number is, too.

use super::limits::WindowLength;
use super::policy::Counts;
use super::stripe::{PresentSlice, SLICES, Slice, Stripe, ThreadStripe};
use super::tagged::{HALF_FULL, Tagged};
use super::word::Word;
use super::writer::Writer;
use crate::sync::Ordering;

/// How time maps to slices; fixed for one version of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Geometry {
    /// Slices per nanosecond, times 2^64, rounded up.
    pub(crate) scale: u64,
    pub(crate) offset: u64,
}

/// The number of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SliceId(pub(crate) u64);

/// How far the numbers jump when a window starts: a window, and as much again for clocks that disagree.
const JUMP: u64 = 2 * SLICES as u64;

impl Geometry {
    /// An empty window, out of reach of `before` (the present slice of the window that it follows). One by count has a
    /// single slice.
    pub(crate) fn of(length: WindowLength, now: u64, before: SliceId) -> Self {
        match length {
            WindowLength::Time(nanos) => Self::starting(nanos, now, before),
            WindowLength::Calls(_) => Self { scale: 0, offset: before.0.wrapping_add(JUMP) },
        }
    }

    /// An empty window of this length, out of reach of `before` (the present slice of the window that it follows).
    pub(crate) fn starting(length: u64, now: u64, before: SliceId) -> Self {
        // A length below 16 ns is taken for 16: no clock tells it from that.
        let scale = ((SLICES as u128) << 64).div_ceil(u128::from(length.max(SLICES as u64 + 1)));
        let scale = u64::try_from(scale).unwrap_or(u64::MAX);
        let fresh = Self { scale, offset: 0 };
        let offset = before.0.wrapping_add(JUMP).wrapping_sub(fresh.slice_at(now).0);
        Self { scale, offset }
    }

    #[inline]
    pub(crate) fn slice_at(self, now: u64) -> SliceId {
        let slice = (u128::from(now) * u128::from(self.scale)) >> 64;
        SliceId((slice as u64).wrapping_add(self.offset))
    }

    /// The first nanosecond of a slice.
    pub(crate) fn start_of(self, slice: SliceId) -> u64 {
        let number = u128::from(slice.0.wrapping_sub(self.offset));
        u64::try_from((number << 64).div_ceil(u128::from(self.scale.max(1)))).unwrap_or(u64::MAX)
    }

    /// A moment just after the slice's start, on the safe side of what the scale of a window of this length is rounded
    /// by (its 64th bit, so at time t by t × length / 16 / 2^64): not in the slice before, if it is asked elsewhere.
    pub(crate) fn safe_start_of(self, slice: SliceId, length: u64) -> u64 {
        let start = self.start_of(slice);
        let rounded = (u128::from(start) * u128::from(length)) >> (64 + SLICES.ilog2());
        start.saturating_add(1).saturating_add(u64::try_from(rounded).unwrap_or(u64::MAX))
    }
}

/// All relaxed: only the stripe's own thread is here.
impl PresentSlice {
    /// The slice of `now`, if it is the one that was remembered.
    #[inline]
    pub(crate) fn get(&self, now: u64, word: Word) -> Option<SliceId> {
        let into = now.wrapping_sub(self.from.load(Ordering::Relaxed));
        let is_it = into < self.span.load(Ordering::Relaxed) && self.word.load(Ordering::Relaxed) == word.bits();
        is_it.then(|| SliceId(self.number.load(Ordering::Relaxed)))
    }

    #[inline(never)]
    pub(crate) fn remember(&self, slice: SliceId, geometry: Geometry, word: Word) {
        let from = geometry.start_of(slice);
        let to = geometry.start_of(slice.next());
        self.from.store(from, Ordering::Relaxed);
        self.span.store(to.saturating_sub(from), Ordering::Relaxed);
        self.number.store(slice.0, Ordering::Relaxed);
        self.word.store(word.bits(), Ordering::Relaxed);
    }
}

impl SliceId {
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "only the low bits choose the slot")]
    pub(super) fn slot(self) -> usize {
        self.0 as usize % SLICES
    }

    pub(crate) fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    #[inline]
    pub(super) fn tag(self) -> u64 {
        self.0 / SLICES as u64
    }

    /// The slices of the window whose present slice is this one.
    fn window(self) -> impl Iterator<Item = Self> + Clone {
        (0..SLICES as u64).map(move |back| Self(self.0.wrapping_sub(back)))
    }
}

/// One call, as a window counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) failure: bool,
    pub(crate) slow: bool,
}

impl Sample {
    #[inline]
    pub(crate) fn is_bad(self) -> bool {
        self.failure || self.slow
    }
}

/// How many bad calls this stripe has in this slice, after the call was added.
#[inline]
pub(crate) fn record(ThreadStripe { writer, stripe }: ThreadStripe<'_>, slice: SliceId, sample: Sample) -> u64 {
    let cell = &stripe.slices[slice.slot()];
    let slow = if sample.slow { cell.slow.add(writer, slice.tag(), 1) } else { 0 };
    if sample.failure {
        cell.failures.add(writer, slice.tag(), 1).max(slow)
    } else {
        cell.successes.add(writer, slice.tag(), 1);
        slow
    }
}

/// A success that was not slow; true if the count has just become half full.
#[inline]
pub(crate) fn record_success(ThreadStripe { writer, stripe }: ThreadStripe<'_>, slice: SliceId) -> bool {
    stripe.slices[slice.slot()].successes.add(writer, slice.tag(), 1) == HALF_FULL
}

/// Takes the successes of a slice out of a stripe.
pub(crate) fn take_successes(ThreadStripe { writer, stripe }: ThreadStripe<'_>, slice: SliceId) -> u64 {
    stripe.slices[slice.slot()].successes.take(writer, slice.tag())
}

/// The successes of one slice in all stripes.
pub(crate) fn successes<'a>(stripes: impl Iterator<Item = &'a Stripe>, slice: SliceId) -> u64 {
    stripes.map(|stripe| stripe.slices[slice.slot()].successes.read(slice.tag())).sum()
}

/// Adds counts to a slice of the shared stripe.
pub(crate) fn carry(stripe: &Stripe, slice: SliceId, counts: Counts) {
    let cell = &stripe.slices[slice.slot()];
    cell.failures.add(Writer::Shared, slice.tag(), counts.failures);
    cell.slow.add(Writer::Shared, slice.tag(), counts.slow);
    cell.successes.add(Writer::Shared, slice.tag(), counts.requests - counts.failures);
}

/// What the window holds when `slice` is the present one.
///
/// Failures and slow calls are read before successes: while others write, a share may be read too low, never too
/// high. What is missed is seen by the call that wrote it.
pub(crate) fn sum<'a>(stripes: &(impl Iterator<Item = &'a Stripe> + Clone), slice: SliceId) -> Counts {
    sum_slices(stripes, &slice.window())
}

/// The counts of each slice that a window still holds, oldest last.
pub(crate) fn slices<'a>(
    stripes: impl Iterator<Item = &'a Stripe> + Clone,
    slice: SliceId,
) -> impl Iterator<Item = (SliceId, Counts)> {
    slice.window().map(move |slice| (slice, sum_slices(&stripes, &std::iter::once(slice))))
}

fn sum_slices<'a>(
    stripes: &(impl Iterator<Item = &'a Stripe> + Clone),
    slices: &(impl Iterator<Item = SliceId> + Clone),
) -> Counts {
    let total = |count: fn(&Slice) -> &Tagged| -> u64 {
        let of_stripe = |stripe: &Stripe| -> u64 {
            slices.clone().map(|slice| count(&stripe.slices[slice.slot()]).read(slice.tag())).sum()
        };
        stripes.clone().map(of_stripe).sum()
    };
    let (failures, slow) = (total(|slice| &slice.failures), total(|slice| &slice.slow));
    let requests = failures + total(|slice| &slice.successes);
    // A slow call writes its slowness first; a reader in between sees it without its call.
    Counts { requests, failures, slow: slow.min(requests) }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const ZERO: SliceId = SliceId(0);

    #[test]
    fn an_event_has_left_at_its_time_plus_the_length_and_at_most_a_slice_earlier() {
        for length in [17, 100, 1_000_003, 60_000_000_000, u64::MAX / 3] {
            let geometry = Geometry::starting(length, 0, ZERO);
            for start in [0, 1, length / 7, length / 2, length - 1, length] {
                let there = |now| geometry.slice_at(now).0 - geometry.slice_at(start).0 < SLICES as u64;
                let slice = length / SLICES as u64 + 1;
                assert!(!there(start.saturating_add(length)), "{length}: {start} has left");
                assert!(there(start + length - slice - 1), "{length}: {start} is still there");
            }
        }
    }

    #[test]
    fn a_new_window_is_out_of_reach_of_the_one_before() {
        let old = Geometry::starting(1_000, 0, ZERO);
        let before = old.slice_at(5_000);
        for length in [10, 1_000, 1_000_000, u64::MAX] {
            let new = Geometry::starting(length, 5_000, before).slice_at(5_000);
            assert_eq!(new.0 - before.0, 2 * SLICES as u64, "out of reach of a clock that is a window behind, too");
        }
    }

    #[test]
    fn the_shortest_window_is_16_slices_of_a_nanosecond() {
        let shortest = Geometry::starting(SLICES as u64 + 1, 0, ZERO);
        for length in [0, 1, SLICES as u64] {
            assert_eq!(Geometry::starting(length, 0, ZERO), shortest);
        }
        assert_ne!(Geometry::starting(SLICES as u64 + 2, 0, ZERO), shortest);
    }

    #[test]
    fn the_safe_start_is_later_by_what_the_scale_is_rounded_by() {
        let length = 60_000_000_000;
        let geometry = Geometry::starting(length, 0, ZERO);
        for now in [0, length, 1 << 50, 1 << 62] {
            let slice = geometry.slice_at(now);
            let start = geometry.start_of(slice);
            let rounded = u128::from(start) * u128::from(length) / (16 << 64);
            assert_eq!(u128::from(geometry.safe_start_of(slice, length) - start), 1 + rounded);
            assert_eq!(geometry.slice_at(geometry.safe_start_of(slice, length)), slice);
        }
    }

    #[test]
    fn the_remembered_slice_ends_where_the_next_one_begins() {
        let (geometry, present) = (Geometry::starting(1_003, 777, SliceId(5)), PresentSlice::default());
        let (word, other) = (Word::from_bits(3), Word::from_bits(7));
        let slice = geometry.slice_at(2_000);
        let (from, to) = (geometry.start_of(slice), geometry.start_of(slice.next()));
        present.remember(slice, geometry, word);
        for now in [from, to - 1] {
            assert_eq!(present.get(now, word), Some(slice));
            assert_eq!(present.get(now, other), None, "of another word");
        }
        for now in [from - 1, to] {
            assert_eq!(present.get(now, word), None);
        }
    }

    #[test]
    fn the_start_of_a_slice_is_its_first_nanosecond() {
        let geometry = Geometry::starting(1_003, 777, SliceId(5));
        for now in 800..3_000 {
            let start = geometry.start_of(geometry.slice_at(now));
            assert!(start <= now);
            assert_eq!(geometry.slice_at(start), geometry.slice_at(now));
            assert!(start == 0 || geometry.slice_at(start - 1) != geometry.slice_at(now));
        }
    }

    #[test]
    fn a_skipped_slice_is_empty() {
        let stripe = Stripe::new();
        let here = ThreadStripe { writer: Writer::Shared, stripe: &stripe };
        record(here, SliceId(40), Sample { failure: true, slow: true });
        record(here, SliceId(41), Sample { failure: false, slow: false });
        let at = |slice| sum(&std::iter::once(&stripe), SliceId(slice));
        assert_eq!(at(41), Counts { requests: 2, failures: 1, slow: 1 });
        assert_eq!(at(56), Counts { requests: 1, failures: 0, slow: 0 });
        assert_eq!(at(57), Counts::default());
        record(here, SliceId(40 + 48), Sample { failure: false, slow: false });
        assert_eq!(at(90).requests, 1);
    }
}
