//! Calls counted in time-based windows of other lengths, as far as they still belong to the current window.
//!
//! Nothing is copied while threads write. A stripe keeps its counts until its own thread counts under the new length,
//! and then moves them here; idle stripes are read in place. So no call is lost or counted twice. Only the shared
//! stripe is emptied by exchanges: at the change, and by any thread that wrote to it afterwards.
//!
//! Only the slice of a call is known. So each call is assigned the last time of its slice (or the time of the change,
//! if that was earlier), once: repeated changes neither drop it early nor keep it too long.

use std::collections::HashSet;

use super::policy::Counts;
use super::slice::{Geometry, SliceId};
use super::stripe::Stripe;
use super::window;

/// Above this many entries, those of one slice are merged.
const MOST_KEPT: usize = 1024;

/// State under the lock.
#[derive(Debug, Default)]
pub(super) struct Past {
    eras: Vec<Era>,
    /// Counts moved from stripes.
    handed_over: Vec<Kept>,
}

/// A previous length of the window.
#[derive(Clone, Copy, Debug)]
struct Era {
    geometry: Geometry,
    ended: u64,
    /// Counts from before this time have left a shorter window since, and don't return with a longer one.
    from: u64,
    /// The first change of a series: calls in the shared stripe may have been in progress.
    is_first: bool,
}

/// Counts of one slice, and the time assigned to them.
#[derive(Clone, Copy, Debug)]
struct Kept {
    at: u64,
    counts: Counts,
}

impl Era {
    /// Returns the slices of this era that a stripe may still hold.
    fn slices(self) -> impl Iterator<Item = SliceId> {
        // A slot may hold a later slice, of a thread whose clock was ahead.
        self.geometry.slice_at(self.ended).window().flat_map(|slice| [slice, slice.a_window_later()])
    }

    /// Returns the counts of one of its slices, if there are any that have not left.
    fn keep(self, slice: SliceId, counts: Counts) -> Option<Kept> {
        let at = self.geometry.end_of(slice).min(self.ended);
        (counts != Counts::default() && at >= self.from).then_some(Kept { at, counts })
    }

    /// Returns the counts of this era in a stripe with its own thread.
    fn held(self, stripe: &Stripe) -> impl Iterator<Item = Kept> {
        self.slices().filter_map(move |slice| self.keep(slice, window::held(stripe, slice)))
    }

    /// Like `held`, for one cell that has been taken out of the shared stripe.
    fn taken(self, slot: usize, word: u64, each: Counts) -> Option<Kept> {
        let of_slot = self.slices().filter(|slice| slice.slot() == slot);
        let mut counted = of_slot.filter_map(|slice| slice.turn().count(word).map(|count| (slice, count)));
        counted.next().and_then(|(slice, count)| self.keep(slice, each.times(count)))
    }
}

impl Past {
    /// Whether there is nothing to add to the current window.
    pub(super) fn is_empty(&self) -> bool {
        self.eras.is_empty() && self.handed_over.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.eras.clear();
        self.handed_over.clear();
    }

    /// Notes that the window's length changes: the stripes hold calls of this geometry, or of earlier ones.
    pub(super) fn end_era<'a>(&mut self, geometry: Geometry, now: u64, stripes: impl Iterator<Item = &'a Stripe>) {
        let present = geometry.slice_at(now);
        self.expire(geometry, present);
        let from = geometry.start_of(present.oldest());
        self.eras.iter_mut().for_each(|era| era.from = era.from.max(from));
        self.eras.push(Era { geometry, ended: now, from: 0, is_first: self.is_empty() });
        self.shorten(geometry, stripes);
    }

    /// Limits the number of entries after many changes within one window.
    fn shorten<'a>(&mut self, geometry: Geometry, stripes: impl Iterator<Item = &'a Stripe>) {
        let used: HashSet<u64> = stripes.map(Stripe::version).collect();
        self.eras.retain(|era| era.is_first || used.contains(&era.geometry.version));
        if self.handed_over.len() > MOST_KEPT {
            self.handed_over.sort_by_key(|kept| kept.at);
            self.handed_over.dedup_by(|later, kept| {
                let is_one_slice = geometry.slice_at(later.at) == geometry.slice_at(kept.at);
                if is_one_slice {
                    *kept = Kept { at: later.at, counts: [kept.counts, later.counts].into_iter().sum() };
                }
                is_one_slice
            });
        }
    }

    fn era_of(&self, stripe: &Stripe) -> Option<Era> {
        let version = stripe.version();
        self.eras.iter().find(|era| era.geometry.version == version).copied()
    }

    /// Takes counts of earlier windows out of the shared stripe, and keeps those of earlier lengths of the current
    /// window.
    pub(super) fn take_out(&mut self, shared: &Stripe, present: SliceId) {
        let Self { eras, handed_over } = self;
        let taken = window::take_other_windows(shared, present);
        handed_over
            .extend(taken.filter_map(|(slot, word, each)| eras.iter().find_map(|era| era.taken(slot, word, each))));
    }

    /// Moves the counts of an earlier length out of a stripe, whose thread is about to count under the current length.
    pub(super) fn take_over(&mut self, stripe: &Stripe) {
        let era = self.era_of(stripe);
        self.handed_over.extend(era.into_iter().flat_map(|era| era.held(stripe)));
    }

    /// Returns the counts that belong to the window whose current slice this is.
    pub(super) fn counts<'a>(
        &self,
        stripes: impl Iterator<Item = &'a Stripe>,
        geometry: Geometry,
        present: SliceId,
    ) -> Counts {
        let idle = stripes.filter_map(|stripe| self.era_of(stripe).map(|era| (stripe, era)));
        let idle = idle.flat_map(|(stripe, era)| era.held(stripe));
        let kept = self.handed_over.iter().copied().chain(idle);
        kept.filter(|kept| present.holds(geometry.slice_at(kept.at))).map(|kept| kept.counts).sum()
    }

    /// Drops counts that have left the window whose current slice this is.
    pub(super) fn expire(&mut self, geometry: Geometry, present: SliceId) {
        let is_there = |at: u64| present.holds(geometry.slice_at(at));
        self.eras.retain(|era| is_there(era.ended));
        self.handed_over.retain(|kept| is_there(kept.at));
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::engine::limits::WindowLength;
    use crate::engine::stripe::ThreadStripe;
    use crate::engine::window::Sample;
    use crate::engine::writer::Writer;

    #[test]
    fn what_many_changes_leave_is_bounded_and_complete() {
        const CHANGES: u64 = 10_000;
        let (mut past, stripe) = (Past::default(), Stripe::of(0));
        let here = ThreadStripe { writer: Writer::Sole, stripe: &stripe };
        let length = |version: u64| WindowLength::Time(60_000_000_000 + version % 2);
        for version in 1..=CHANGES {
            let (now, geometry) =
                (version * 1_000_000, Geometry::starting(length(version), version * 1_000_000, version));
            past.take_over(&stripe);
            window::empty(&stripe);
            stripe.begin_window(version);
            window::record(here, geometry.slice_at(now), Sample { failure: true, slow: false })
                .expect("its own window");
            past.end_era(geometry, now, std::iter::once(&stripe));
            assert!(past.eras.len() <= 2 && past.handed_over.len() <= MOST_KEPT + 1);
        }
        let present = Geometry::starting(length(0), CHANGES * 1_000_000, CHANGES + 1);
        let counts = past.counts(std::iter::once(&stripe), present, present.slice_at(CHANGES * 1_000_000));
        assert_eq!((counts.requests, counts.failures), (CHANGES, CHANGES), "ten seconds of a window of sixty");
    }
}
