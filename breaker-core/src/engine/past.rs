//! Calls that a time window of another length has counted: what of them still fits is in the present window, too.
//!
//! Nothing is copied while threads write. A stripe keeps what it holds until its own thread counts under the new length,
//! and then hands that over; idle ones are read where they are. So no call is lost, and none is there twice. Only the stripe
//! that threads share is emptied by exchanges, at the change and by any thread that wrote to it afterwards.
//!
//! Of a call that was counted in a slice, only that slice is known: it is taken for its last moment (or that of the change, if
//! that was earlier), once and for all, so that repeated changes neither drop it early nor keep it for ever.

use std::collections::HashSet;

use super::policy::Counts;
use super::slice::{Geometry, SliceId};
use super::stripe::Stripe;
use super::window;

/// More of what was handed over than this is put together by slices.
const MOST_KEPT: usize = 1024;

/// What the lock guards of it.
#[derive(Debug, Default)]
pub(super) struct Past {
    eras: Vec<Era>,
    /// What stripes have handed over.
    handed_over: Vec<Kept>,
}

/// A length that held until it was changed.
#[derive(Clone, Copy, Debug)]
struct Era {
    geometry: Geometry,
    ended: u64,
    /// What is from before has left a shorter window since, and doesn't come back with a longer one.
    from: u64,
    /// The first change of a series: calls may have been under way in the stripe that threads share.
    is_first: bool,
}

/// Calls of one slice, and the moment that they are taken for.
#[derive(Clone, Copy, Debug)]
struct Kept {
    at: u64,
    counts: Counts,
}

impl Era {
    /// The slices that a stripe may still hold of it.
    fn slices(self) -> impl Iterator<Item = SliceId> {
        // A slot may hold a later slice, of a thread whose clock was ahead.
        self.geometry.slice_at(self.ended).window().flat_map(|slice| [slice, slice.a_window_later()])
    }

    /// Calls of one of its slices, if there are any that have not left.
    fn keep(self, slice: SliceId, counts: Counts) -> Option<Kept> {
        let at = self.geometry.end_of(slice).min(self.ended);
        (counts != Counts::default() && at >= self.from).then_some(Kept { at, counts })
    }

    /// What a stripe of its own thread holds of it.
    fn held(self, stripe: &Stripe) -> impl Iterator<Item = Kept> {
        self.slices().filter_map(move |slice| self.keep(slice, window::held(stripe, slice)))
    }

    /// The same for one cell that has been taken out.
    fn taken(self, slot: usize, word: u64, each: Counts) -> Option<Kept> {
        let of_slot = self.slices().filter(|slice| slice.slot() == slot);
        let mut counted = of_slot.filter_map(|slice| slice.turn().count(word).map(|count| (slice, count)));
        counted.next().and_then(|(slice, count)| self.keep(slice, each.times(count)))
    }
}

impl Past {
    /// There is nothing to add to the present window.
    pub(super) fn is_empty(&self) -> bool {
        self.eras.is_empty() && self.handed_over.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.eras.clear();
        self.handed_over.clear();
    }

    /// A window has got another length: these stripes hold calls of this geometry, or of earlier ones.
    pub(super) fn end_era<'a>(&mut self, geometry: Geometry, now: u64, stripes: impl Iterator<Item = &'a Stripe>) {
        let present = geometry.slice_at(now);
        self.expire(geometry, present);
        let from = geometry.start_of(present.oldest());
        self.eras.iter_mut().for_each(|era| era.from = era.from.max(from));
        self.eras.push(Era { geometry, ended: now, from: 0, is_first: self.is_empty() });
        self.shorten(geometry, stripes);
    }

    /// Bounds what many changes within one window leave.
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

    /// Takes out of the stripe that threads share what they have written to it under earlier windows, and keeps what was of
    /// earlier lengths of the present one.
    pub(super) fn take_out(&mut self, shared: &Stripe, present: SliceId) {
        let Self { eras, handed_over } = self;
        let taken = window::take_other_windows(shared, present);
        handed_over
            .extend(taken.filter_map(|(slot, word, each)| eras.iter().find_map(|era| era.taken(slot, word, each))));
    }

    /// A thread is about to count under the present length in its stripe, which still holds calls of an earlier one.
    pub(super) fn take_over(&mut self, stripe: &Stripe) {
        let era = self.era_of(stripe);
        self.handed_over.extend(era.into_iter().flat_map(|era| era.held(stripe)));
    }

    /// What is in the window whose present slice this is.
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

    /// Forgets what has left the window whose present slice this is.
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
        let (mut past, stripe) = (Past::default(), Stripe::new());
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
