//! The sliding window by time: 16 slices, each kept in every stripe. The slot of a slice carries its number, so a skipped
//! slice reads as empty and old slices leave on read as well.
//!
//! The present slice is the newest that anybody has counted in: a thread whose clock is a little behind, or who was
//! interrupted between its clock and its sum, must not overlook what came later.

use super::policy::Counts;
use super::slice::SliceId;
use super::split::Found;
use super::stripe::{SLICES, Slice, Stripe, ThreadStripe};
use super::tagged::Tagged;
use super::writer::Writer;

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

/// The cell is one that threads share, and holds what another window has left, or the caller's own window is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OtherWindow;

/// Adds to a cell of a slice; what it holds then. Where threads share it, one whose clock is behind counts in the slice
/// that has begun meanwhile.
#[inline]
fn add(cell: &Tagged, writer: Writer, slice: SliceId, count: u64) -> Result<u64, OtherWindow> {
    let mut turn = slice.turn();
    loop {
        match cell.add(writer, turn, count) {
            Ok(counted) => return Ok(counted),
            Err(Found::Newer(turns)) => turn = turn.plus(turns),
            Err(_) => return Err(OtherWindow),
        }
    }
}

/// Adds a call to its slice; how many failures and slow calls together the stripe has in that slice then, if it was bad.
#[inline]
pub(crate) fn record(
    ThreadStripe { writer, stripe }: ThreadStripe<'_>,
    slice: SliceId,
    sample: Sample,
) -> Result<u64, OtherWindow> {
    let cell = &stripe.slices[slice.slot()];
    if !sample.is_bad() {
        return add(&cell.successes, writer, slice, 1).map(|_| 0);
    }
    let slow = if sample.slow { add(&cell.slow, writer, slice, 1)? } else { cell.slow.read(slice.turn()) };
    if sample.failure {
        add(&cell.failures, writer, slice, 1).map(|failures| failures + slow)
    } else {
        add(&cell.successes, writer, slice, 1).map(|_| slow + cell.failures.read(slice.turn()))
    }
}

/// A success that was not slow: how many the stripe has in its slice then.
#[inline]
pub(crate) fn record_success(
    ThreadStripe { writer, stripe }: ThreadStripe<'_>,
    slice: SliceId,
) -> Result<u64, OtherWindow> {
    add(&stripe.slices[slice.slot()].successes, writer, slice, 1)
}

/// Empties all cells of a stripe. By its own thread.
pub(crate) fn empty(stripe: &Stripe) {
    for Slice { failures, slow, successes } in &stripe.slices {
        for cell in [failures, slow, successes] {
            cell.empty();
        }
    }
}

/// Takes what other windows have left out of a stripe that threads share: from which slot, the word, and what each of its
/// counts is. One exchange for each cell: what comes in between is left for whoever wrote it.
pub(crate) fn take_other_windows(shared: &Stripe, present: SliceId) -> impl Iterator<Item = (usize, u64, Counts)> {
    const EACH: [Counts; 3] = [
        Counts { requests: 1, failures: 1, slow: 0 },
        Counts { requests: 0, failures: 0, slow: 1 },
        Counts { requests: 1, failures: 0, slow: 0 },
    ];
    let cells = shared.slices.iter().enumerate().flat_map(|(slot, slice)| {
        [&slice.failures, &slice.slow, &slice.successes]
            .into_iter()
            .zip(EACH)
            .map(move |(cell, each)| (slot, cell, each))
    });
    cells.filter_map(move |(slot, cell, each)| cell.take_other_window(present.turn()).map(|word| (slot, word, each)))
}

/// How many calls a stripe has counted in a slice.
#[inline]
pub(crate) fn calls(stripe: &Stripe, slice: SliceId) -> u64 {
    let cell = &stripe.slices[slice.slot()];
    cell.successes.read(slice.turn()) + cell.failures.read(slice.turn())
}

/// Takes the successes of a slice out of a stripe.
pub(crate) fn take_successes(ThreadStripe { writer, stripe }: ThreadStripe<'_>, slice: SliceId) -> u64 {
    stripe.slices[slice.slot()].successes.take(writer, slice.turn())
}

/// The successes of one slice in all stripes.
pub(crate) fn successes<'a>(stripes: impl Iterator<Item = &'a Stripe>, slice: SliceId) -> u64 {
    stripes.map(|stripe| stripe.slices[slice.slot()].successes.read(slice.turn())).sum()
}

/// What one stripe holds of one slice.
pub(crate) fn held(stripe: &Stripe, slice: SliceId) -> Counts {
    let cell = &stripe.slices[slice.slot()];
    let [failures, slow] = [&cell.failures, &cell.slow].map(|cell| cell.read(slice.turn()));
    Counts { requests: failures + cell.successes.read(slice.turn()), failures, slow }
}

/// What the window holds, and its present slice: `slice`, or a newer one that somebody has counted in.
///
/// Failures and slow calls are read before successes: while others write, a share may be read too low, never too
/// high. What is missed is seen by the call that wrote it.
pub(crate) fn sum<'a>(stripes: &(impl Iterator<Item = &'a Stripe> + Clone), mut slice: SliceId) -> (SliceId, Counts) {
    loop {
        match sum_at(stripes, slice) {
            Ok(counts) => return (slice, counts),
            Err(newer) => slice = newer,
        }
    }
}

/// The same, with what the present slice held before the sum; nothing, where the slice has turned meanwhile.
pub(crate) fn sum_after<'a>(
    stripes: &(impl Iterator<Item = &'a Stripe> + Clone),
    slice: SliceId,
) -> (SliceId, Counts, Counts) {
    let held = stripes.clone().map(|stripe| held(stripe, slice)).sum();
    let (present, counts) = sum(stripes, slice);
    (present, if present == slice { held } else { Counts::default() }, counts)
}

/// The same for this slice, or the newest that was found beyond it.
fn sum_at<'a>(stripes: &(impl Iterator<Item = &'a Stripe> + Clone), slice: SliceId) -> Result<Counts, SliceId> {
    let mut newest = 0;
    let mut total = |count: fn(&Slice) -> &Tagged| -> u64 {
        let mut total = 0;
        for stripe in stripes.clone() {
            for slice_of_window in slice.window() {
                match count(&stripe.slices[slice_of_window.slot()]).read_or_other(slice_of_window.turn()) {
                    Ok(count) => total += count,
                    Err(Found::Newer(turns)) => {
                        let newer = slice_of_window.plus(turns * SLICES as u64);
                        newest = newest.max(newer.number.wrapping_sub(slice.number));
                    }
                    Err(_) => {}
                }
            }
        }
        total
    };
    let (failures, slow) = (total(|slice| &slice.failures), total(|slice| &slice.slow));
    let requests = failures + total(|slice| &slice.successes);
    if newest > 0 {
        return Err(slice.plus(newest));
    }
    // A slow call writes its slowness first; a reader in between sees it without its call.
    Ok(Counts { requests, failures, slow: slow.min(requests) })
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::engine::split::Split;

    fn slice(number: u64) -> SliceId {
        SliceId { number, split: Split::of_scale(1 << 32) }
    }

    const BAD: Sample = Sample { failure: true, slow: true };
    const GOOD: Sample = Sample { failure: false, slow: false };

    fn sum_of(stripe: &Stripe, present: u64) -> (u64, Counts) {
        let (present, counts) = sum(&std::iter::once(stripe), slice(present));
        (present.number, counts)
    }

    #[test]
    fn a_skipped_slice_is_empty() {
        let stripe = Stripe::new();
        let here = ThreadStripe { writer: Writer::Shared, stripe: &stripe };
        assert_eq!(record(here, slice(40), BAD), Ok(2));
        assert_eq!(record(here, slice(41), GOOD), Ok(0));
        assert_eq!(sum_of(&stripe, 41), (41, Counts { requests: 2, failures: 1, slow: 1 }));
        assert_eq!(sum_of(&stripe, 56), (56, Counts { requests: 1, failures: 0, slow: 0 }));
        assert_eq!(sum_of(&stripe, 57), (57, Counts::default()));
        assert_eq!(record(here, slice(40 + 48), GOOD), Ok(0));
        assert_eq!(sum_of(&stripe, 90).1.requests, 1);
    }

    #[test]
    fn the_present_slice_is_the_newest_that_anybody_counted_in() {
        let stripe = Stripe::new();
        let here = ThreadStripe { writer: Writer::Shared, stripe: &stripe };
        for number in [40, 41, 43] {
            record(here, slice(number), BAD).expect("one window");
        }
        let all = Counts { requests: 3, failures: 3, slow: 3 };
        for present in [40, 41, 42, 43] {
            assert_eq!(sum_of(&stripe, present), (43, all), "seen from {present}");
        }
        record(here, slice(57), BAD).expect("one window");
        assert_eq!(sum_of(&stripe, 40), (57, Counts { requests: 2, failures: 2, slow: 2 }), "40 and 41 have left");
    }

    #[test]
    fn a_clock_that_is_behind_loses_no_call_of_a_shared_stripe() {
        let stripe = Stripe::new();
        let here = ThreadStripe { writer: Writer::Shared, stripe: &stripe };
        assert_eq!(record(here, slice(40 + 160), BAD), Ok(2));
        assert_eq!(record(here, slice(40), BAD), Ok(4), "it counts in the slice that has begun meanwhile");
        assert_eq!(sum_of(&stripe, 200), (200, Counts { requests: 2, failures: 2, slow: 2 }));
    }

    #[test]
    fn a_call_of_a_window_that_has_started_anew_is_in_neither() {
        let stripe = Stripe::new();
        let here = ThreadStripe { writer: Writer::Shared, stripe: &stripe };
        let (old, new) = (slice(600), slice(Split::of_scale(1 << 32).first_of(1) * 16 + 600));
        assert_eq!(record(here, new, BAD), Ok(2));
        assert_eq!(record(here, old, BAD), Err(OtherWindow));
        assert_eq!(sum(&std::iter::once(&stripe), new).1.requests, 1);
        assert_eq!(sum(&std::iter::once(&stripe), old), (old, Counts::default()), "nor seen from before");
        assert_eq!(take_other_windows(&stripe, new).count(), 0);
        assert_eq!(sum(&std::iter::once(&stripe), new).1.requests, 1);
        assert_eq!(take_other_windows(&stripe, old).count(), 2, "failures and slow calls");
        assert_eq!(record(here, old, BAD), Ok(2));
    }
}
