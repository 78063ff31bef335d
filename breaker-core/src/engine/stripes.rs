//! The stripes of one breaker, of which those are made whose threads call: which there are, and whose they are.

use super::slot::{SOLE, STRIPES, Slot};
use super::stripe::Stripe;
use super::writer::Writer;
use crate::sync::{AtomicU64, OnceBox, Ordering};

#[derive(Debug)]
pub(super) struct Stripes {
    all: [OnceBox<Stripe>; STRIPES],
    /// Above the highest index of a stripe with a writer of its own. Threads take the lowest slot that is free: a sum over few
    /// stripes looks at few places.
    end: AtomicU64,
}

impl Stripes {
    pub(super) fn new() -> Self {
        Self { all: std::array::from_fn(|_| OnceBox::new()), end: AtomicU64::new(0) }
    }

    /// The stripe of this thread among those that have one writer each, if the thread has a slot and the stripe is there.
    #[expect(clippy::inline_always, reason = "a handful of loads: a call would cost more")]
    #[inline(always)]
    pub(super) fn own(&self) -> Option<&Stripe> {
        // One comparison tells both a thread without a slot and one that shares.
        self.all[..SOLE].get(Slot::remembered())?.get()
    }

    /// That of a slot, if it is there.
    pub(super) fn get(&self, slot: Slot) -> Option<&Stripe> {
        self.all[slot.index()].get()
    }

    /// That of a slot, made now.
    pub(super) fn make(&self, slot: Slot) -> &Stripe {
        let new = || if slot.writer() == Writer::Sole { Stripe::new() } else { Stripe::shared() };
        let stripe = self.all[slot.index()].get_or_init(|| Box::new(new()));
        if slot != Slot::SHARED {
            // Relaxed: what follows the pointer has an Acquire of its own, and `new_stripe` has the fence that a sum pairs with.
            self.end.fetch_max(slot.index() as u64 + 1, Ordering::Relaxed);
        }
        stripe
    }

    /// The one that threads share, once one of them has called.
    pub(super) fn shared(&self) -> Option<&Stripe> {
        self.get(Slot::SHARED)
    }

    /// Those that have one writer each.
    #[expect(clippy::cast_possible_truncation, reason = "64 at the most")]
    pub(super) fn sole(&self) -> impl Iterator<Item = &Stripe> + Clone {
        // Relaxed: as in `make`.
        let end = self.end.load(Ordering::Relaxed);
        self.all[..SOLE.min(end as usize)].iter().filter_map(OnceBox::get)
    }

    /// All that there are.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Stripe> + Clone {
        self.sole().chain(self.shared())
    }
}
