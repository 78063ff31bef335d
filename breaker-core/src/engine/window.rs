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
    for Slice { failures, slow, successes } in stripe.slices.iter().chain([&stripe.before]) {
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

/// How many bad calls a stripe has counted in a slice.
#[inline]
pub(crate) fn bad_calls(stripe: &Stripe, slice: SliceId, slow: SlowCalls) -> u64 {
    let cell = &stripe.slices[slice.slot()];
    let slow = if slow == SlowCalls::Counted { cell.slow.read(slice.turn()) } else { 0 };
    slow + cell.failures.read(slice.turn())
}

/// Takes the successes of a slice out of a stripe.
pub(crate) fn take_successes(ThreadStripe { writer, stripe }: ThreadStripe<'_>, slice: SliceId) -> u64 {
    stripe.slices[slice.slot()].successes.take(writer, slice.turn())
}

/// The successes of one slice in all stripes.
pub(crate) fn successes<'a>(
    Summed { sole, shared }: &Summed<'a, impl Iterator<Item = &'a Stripe> + Clone>,
    slice: SliceId,
) -> u64 {
    sole.clone().chain(*shared).map(|stripe| stripe.slices[slice.slot()].successes.read(slice.turn())).sum()
}

/// What one stripe holds of one slice.
pub(crate) fn held(stripe: &Stripe, slice: SliceId) -> Counts {
    let cell = &stripe.slices[slice.slot()];
    let [failures, slow] = [&cell.failures, &cell.slow].map(|cell| cell.read(slice.turn()));
    Counts { requests: failures + cell.successes.read(slice.turn()), failures, slow }
}

/// One of the counts of a slice.
trait Count: Fn(&Slice) -> &Tagged + Copy {}

impl<F: Fn(&Slice) -> &Tagged + Copy> Count for F {}

/// The stripe's own thread is about to count in this slice: puts together what the slices before it hold, so that who sums
/// reads two cells of a stripe where it would read 16.
pub(crate) fn enter(stripe: &Stripe, slice: SliceId) {
    fn put_together(stripe: &Stripe, count: impl Count, slice: SliceId) {
        count(&stripe.before).set(slice.whole(), before(stripe, count, slice));
    }
    put_together(stripe, |slice| &slice.failures, slice);
    put_together(stripe, |slice| &slice.slow, slice);
    put_together(stripe, |slice| &slice.successes, slice);
}

/// The stripes of a sum: those of one writer each, and the one that threads share.
pub(crate) struct Summed<'a, I: Iterator<Item = &'a Stripe>> {
    pub(crate) sole: I,
    pub(crate) shared: Option<&'a Stripe>,
}

/// Whether a sum wants to know them: where no call is slow, no verdict does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlowCalls {
    Counted,
    LeftOut,
}

/// The window's present slice, `slice` or a newer one that somebody has counted in; what that one holds, and what the window
/// does.
///
/// Failures and slow calls are read before successes: while others write, a share may be read too low, never too
/// high. What is missed is seen by the call that wrote it.
pub(crate) fn sum<'a>(
    stripes: &Summed<'a, impl Iterator<Item = &'a Stripe> + Clone>,
    mut slice: SliceId,
    slow: SlowCalls,
) -> (SliceId, Counts, Counts) {
    loop {
        match sum_at(stripes, slice, slow) {
            Ok((held, counts)) => return (slice, held, counts),
            Err(newer) => slice = newer,
        }
    }
}

/// What this slice holds and what its window does, or the newest slice that was found beyond it.
fn sum_at<'a>(
    stripes: &Summed<'a, impl Iterator<Item = &'a Stripe> + Clone>,
    slice: SliceId,
    slow: SlowCalls,
) -> Result<(Counts, Counts), SliceId> {
    let failures = Sum::of(stripes, |slice| &slice.failures, slice);
    let slow = match slow {
        SlowCalls::Counted => Sum::of(stripes, |slice| &slice.slow, slice),
        SlowCalls::LeftOut => Sum::default(),
    };
    let successes = Sum::of(stripes, |slice| &slice.successes, slice);
    let newest = failures.newest.max(slow.newest).max(successes.newest);
    if newest > 0 {
        return Err(slice.plus(newest));
    }
    let counts = |of: fn(&Sum) -> u64| {
        let requests = of(&failures) + of(&successes);
        // A slow call writes its slowness first; a reader in between sees it without its call.
        Counts { requests, failures: of(&failures), slow: of(&slow).min(requests) }
    };
    Ok((counts(|sum| sum.in_slice), counts(|sum| sum.in_slice + sum.before)))
}

/// One of the counts.
#[derive(Default)]
struct Sum {
    /// In a slice.
    in_slice: u64,
    /// In the slices of its window before it.
    before: u64,
    /// How far ahead of it the newest slice is that was found.
    newest: u64,
}

impl Sum {
    #[inline]
    fn of<'a>(
        Summed { sole, shared }: &Summed<'a, impl Iterator<Item = &'a Stripe> + Clone>,
        count: impl Count,
        slice: SliceId,
    ) -> Self {
        let (slot, turn, whole) = (slice.slot(), slice.turn(), slice.whole());
        let mut sum = Self::default();
        for stripe in sole.clone() {
            if let Some(before) = count(&stripe.before).known(whole)
                && let Some(in_slice) = count(&stripe.slices[slot]).known(turn)
            {
                sum.in_slice += in_slice;
                sum.before += before;
            } else {
                sum.add(stripe, count, slice);
            }
        }
        if let Some(shared) = shared {
            sum.add(shared, count, slice);
        }
        sum
    }

    /// Adds a stripe whose thread has not counted in this slice, or in a newer one, or which threads share.
    #[inline(never)]
    fn add(&mut self, stripe: &Stripe, count: impl Count, slice: SliceId) {
        self.in_slice += self.read(stripe, count, slice, 0);
        self.before += before(stripe, count, slice).unwrap_or_else(|| {
            let earlier = slice.window().zip(0..).skip(1);
            earlier.map(|(slice, back)| self.read(stripe, count, slice, back)).sum()
        });
    }

    /// The count of a slice that is so far behind.
    fn read(&mut self, stripe: &Stripe, count: impl Count, slice: SliceId, behind: u64) -> u64 {
        match cell(stripe, count, slice) {
            Ok(count) => count,
            Err(Found::Newer(turns)) => {
                self.newest = self.newest.max(turns * SLICES as u64 - behind);
                0
            }
            Err(_) => 0,
        }
    }
}

/// What a stripe holds of the slices before this one, if its thread has put those before its own together, and doesn't enter
/// another one just now.
fn before(stripe: &Stripe, count: impl Count, slice: SliceId) -> Option<u64> {
    let (ahead, before) = count(&stripe.before).ahead(slice.whole());
    // Full, or shared: to be read slice by slice.
    if ahead > 0 || before == slice.split.max() {
        return None;
    }
    if ahead == 0 {
        return Some(before);
    }
    let behind = ahead.unsigned_abs();
    if behind >= SLICES as u64 {
        return Some(0);
    }
    let last = slice.plus(behind.wrapping_neg());
    let have_left = (0..behind).map(|n| match cell(stripe, count, last.oldest().plus(n)) {
        Ok(count) => Some(count),
        Err(Found::Older) => Some(0),
        // It counts in a slice that has this one's slot.
        Err(_) => None,
    });
    let have_left = have_left.sum::<Option<u64>>()?;
    Some(before + cell(stripe, count, last).unwrap_or(0) - have_left)
}

#[inline]
fn cell(stripe: &Stripe, count: impl Count, slice: SliceId) -> Result<u64, Found> {
    count(&stripe.slices[slice.slot()]).read_or_other(slice.turn())
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

    fn sum_shared(stripe: &Stripe, slice: SliceId) -> (SliceId, Counts, Counts) {
        sum(&Summed { sole: std::iter::empty(), shared: Some(stripe) }, slice, SlowCalls::Counted)
    }

    fn sum_of(stripe: &Stripe, present: u64) -> (u64, Counts) {
        let (present, _, counts) = sum_shared(stripe, slice(present));
        (present.number, counts)
    }

    #[test]
    fn a_skipped_slice_is_empty() {
        let stripe = Stripe::shared();
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
        let stripe = Stripe::shared();
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
        let stripe = Stripe::shared();
        let here = ThreadStripe { writer: Writer::Shared, stripe: &stripe };
        assert_eq!(record(here, slice(40 + 160), BAD), Ok(2));
        assert_eq!(record(here, slice(40), BAD), Ok(4), "it counts in the slice that has begun meanwhile");
        assert_eq!(sum_of(&stripe, 200), (200, Counts { requests: 2, failures: 2, slow: 2 }));
    }

    #[test]
    fn a_call_of_a_window_that_has_started_anew_is_in_neither() {
        let stripe = Stripe::shared();
        let here = ThreadStripe { writer: Writer::Shared, stripe: &stripe };
        let (old, new) = (slice(600), slice(Split::of_scale(1 << 32).first_of(1) * 16 + 600));
        assert_eq!(record(here, new, BAD), Ok(2));
        assert_eq!(record(here, old, BAD), Err(OtherWindow));
        assert_eq!(sum_shared(&stripe, new).2.requests, 1);
        assert_eq!(sum_shared(&stripe, old).2, Counts::default(), "nor seen from before");
        assert_eq!(take_other_windows(&stripe, new).count(), 0);
        assert_eq!(sum_shared(&stripe, new).2.requests, 1);
        assert_eq!(take_other_windows(&stripe, old).count(), 2, "failures and slow calls");
        assert_eq!(record(here, old, BAD), Ok(2));
    }
}
