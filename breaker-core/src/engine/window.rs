//! The time-based sliding window: 16 slices, each present in every stripe. The slot of a slice stores its number, so a
//! skipped slice reads as empty, and old slices leave the window on read as well.
//!
//! The current slice is the newest that any thread has counted in: a thread whose clock is slightly behind, or that was
//! interrupted between reading its clock and summing, must not miss later calls.

use super::policy::Counts;
use super::slice::SliceId;
use super::split::Found;
use super::stripe::{SLICES, Slice, Stripe, ThreadStripe};
use super::tagged::Tagged;
use super::writer::Writer;

/// One call, as the window counts it.
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

/// The cell can't count this call: it is shared and holds counts of another window, or the caller's own window has
/// ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OtherWindow;

/// Adds to a cell of a slice and returns its new count. In a shared cell, a thread whose clock is behind counts in the
/// newer slice that has begun meanwhile.
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

/// Adds a call to its slice. If it was bad, returns how many failures plus slow calls the stripe then has in that
/// slice.
#[expect(clippy::inline_always, reason = "otherwise a failure takes more instructions")]
#[inline(always)]
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

/// Adds a success that was not slow. Returns how many the stripe then has in its slice.
#[inline]
pub(crate) fn record_success(
    ThreadStripe { writer, stripe }: ThreadStripe<'_>,
    slice: SliceId,
) -> Result<u64, OtherWindow> {
    add(&stripe.slices[slice.slot()].successes, writer, slice, 1)
}

/// Empties all cells of a stripe. Only for its own thread.
pub(crate) fn empty(stripe: &Stripe) {
    for Slice { failures, slow, successes } in stripe.slices.iter().chain([&stripe.before]) {
        for cell in [failures, slow, successes] {
            cell.empty();
        }
    }
}

/// Takes counts of other windows out of the shared stripe. Returns the slot, the word, and what each of its counts
/// stands for. Uses one exchange for each cell: a concurrent write is left to its writer.
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

/// Returns how many calls a stripe has counted in a slice.
#[inline]
pub(crate) fn calls(stripe: &Stripe, slice: SliceId) -> u64 {
    calls_in(slice)(stripe)
}

/// Returns a function that tells how many calls a stripe has counted in this slice.
#[inline]
pub(crate) fn calls_in(slice: SliceId) -> impl Fn(&Stripe) -> u64 + Copy {
    let (slot, turn) = (slice.slot(), slice.turn());
    move |stripe| {
        let cell = &stripe.slices[slot];
        cell.successes.read(turn) + cell.failures.read(turn)
    }
}

/// Like `calls_in`, for bad calls.
#[inline]
pub(crate) fn bad_calls_in(slice: SliceId, slow: SlowCalls) -> impl Fn(&Stripe) -> u64 + Copy {
    let (slot, turn) = (slice.slot(), slice.turn());
    move |stripe| {
        let cell = &stripe.slices[slot];
        let slow = if slow == SlowCalls::Counted { cell.slow.read(turn) } else { 0 };
        slow + cell.failures.read(turn)
    }
}

/// Takes the successes of a slice out of a stripe.
pub(crate) fn take_successes(ThreadStripe { writer, stripe }: ThreadStripe<'_>, slice: SliceId) -> u64 {
    stripe.slices[slice.slot()].successes.take(writer, slice.turn())
}

/// Sums the successes of one slice in all stripes.
pub(crate) fn successes<'a>(
    Summed { sole, shared }: &Summed<'a, impl Iterator<Item = &'a Stripe> + Clone>,
    slice: SliceId,
) -> u64 {
    sole.clone().chain(*shared).map(|stripe| stripe.slices[slice.slot()].successes.read(slice.turn())).sum()
}

/// Returns the counts of one stripe in one slice.
pub(crate) fn held(stripe: &Stripe, slice: SliceId) -> Counts {
    let cell = &stripe.slices[slice.slot()];
    let [failures, slow] = [&cell.failures, &cell.slow].map(|cell| cell.read(slice.turn()));
    Counts { requests: failures + cell.successes.read(slice.turn()), failures, slow }
}

/// Selects one of the counts of a slice.
trait Count: Fn(&Slice) -> &Tagged + Copy {}

impl<F: Fn(&Slice) -> &Tagged + Copy> Count for F {}

/// Called by the stripe's own thread before it counts in this slice: sums up the slices before it, so that a verdict
/// reads two cells of each stripe instead of 16.
pub(crate) fn enter(stripe: &Stripe, slice: SliceId) {
    fn put_together(stripe: &Stripe, count: impl Count, slice: SliceId) {
        count(&stripe.before).set(slice.whole(), before(stripe, count, slice));
    }
    put_together(stripe, |slice| &slice.failures, slice);
    put_together(stripe, |slice| &slice.slow, slice);
    put_together(stripe, |slice| &slice.successes, slice);
}

/// Whether the stripe's thread has not entered a slice since two windows before this one.
pub(crate) fn is_idle(stripe: &Stripe, slice: SliceId) -> bool {
    let (ahead, before) = stripe.before.successes.ahead(slice.whole());
    before != slice.split.max() && ahead < 0 && ahead.unsigned_abs() >= 2 * SLICES as u64
}

/// The stripes of a sum: those with one writer each, and the shared one.
pub(crate) struct Summed<'a, I: Iterator<Item = &'a Stripe>> {
    pub(crate) sole: I,
    pub(crate) shared: Option<&'a Stripe>,
}

/// Whether a sum includes slow calls: without a limit for slow calls, no verdict needs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlowCalls {
    Counted,
    LeftOut,
}

/// Returns the window's current slice (`slice`, or a newer one that any thread has counted in), the counts of that
/// slice, and the counts of the window.
///
/// Failures and slow calls are read before successes: while other threads write, a rate may be read too low, never too
/// high. The call that wrote a missed count sees it.
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

/// Returns the counts of this slice and of its window, or the newest slice found after it.
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
        // A slow call is counted as slow first; a reader in between sees it without its request.
        Counts { requests, failures: of(&failures), slow: of(&slow).min(requests) }
    };
    Ok((counts(|sum| sum.in_slice), counts(|sum| sum.in_slice + sum.before)))
}

/// Sum of one of the counts.
#[derive(Default)]
struct Sum {
    /// In the slice.
    in_slice: u64,
    /// In the slices of its window before it.
    before: u64,
    /// How far ahead the newest slice is that was found.
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

    /// Adds a stripe that is shared, or whose thread has not counted in exactly this slice.
    #[inline(never)]
    fn add(&mut self, stripe: &Stripe, count: impl Count, slice: SliceId) {
        self.in_slice += self.read(stripe, count, slice, 0);
        self.before += before(stripe, count, slice).unwrap_or_else(|| {
            let earlier = slice.window().zip(0..).skip(1);
            earlier.map(|(slice, back)| self.read(stripe, count, slice, back)).sum()
        });
    }

    /// Returns the count of a slice; `behind` is its distance from the summed slice.
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

/// Returns the stripe's count of the slices before this one. `None` if its thread hasn't summed them up, or is entering
/// another slice now.
fn before(stripe: &Stripe, count: impl Count, slice: SliceId) -> Option<u64> {
    let (ahead, before) = count(&stripe.before).ahead(slice.whole());
    // Full or shared, so it must be read slice by slice.
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
        // It counts in a newer slice with the same slot.
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
