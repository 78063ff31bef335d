//! The stripes of one breaker. A stripe is created when a thread with its slot first calls.

use super::slot::{SOLE, STRIPES, Slot};
use super::stripe::Stripe;
use super::writer::Writer;
use crate::sync::{AtomicU64, OnceBox, Ordering};

#[derive(Debug)]
pub(super) struct Stripes {
    all: [OnceBox<Stripe>; STRIPES],
    /// One more than the highest index of a stripe with its own writer. Threads take the lowest free slot, so a sum
    /// over few stripes visits few entries.
    end: AtomicU64,
    /// One bit for each stripe with its own writer that may hold counts of the window. Changed under the lock.
    counting: AtomicU64,
}

// One bit each.
const _: () = assert!(SOLE <= 64);

impl Stripes {
    pub(super) fn new() -> Self {
        Self { all: std::array::from_fn(|_| OnceBox::new()), end: AtomicU64::new(0), counting: AtomicU64::new(0) }
    }

    /// Returns this thread's stripe if it has only one writer and exists.
    #[expect(clippy::inline_always, reason = "a handful of loads: a call would cost more")]
    #[inline(always)]
    pub(super) fn own(&self) -> Option<&Stripe> {
        // One comparison excludes threads without a slot and threads that share one.
        self.all[..SOLE].get(Slot::remembered())?.get()
    }

    /// Returns the stripe of a slot, if it exists.
    pub(super) fn get(&self, slot: Slot) -> Option<&Stripe> {
        self.all[slot.index()].get()
    }

    /// Returns the stripe of a slot, after creating it if it doesn't exist.
    pub(super) fn make(&self, slot: Slot) -> &Stripe {
        let new = || if slot.writer() == Writer::Sole { Stripe::of(slot.index()) } else { Stripe::shared() };
        let stripe = self.all[slot.index()].get_or_init(|| Box::new(new()));
        if slot != Slot::SHARED {
            // Relaxed: the Acquire load of the pointer orders the contents, and `new_stripe` has the fence that sums
            // pair with.
            self.end.fetch_max(slot.index() as u64 + 1, Ordering::Relaxed);
        }
        stripe
    }

    /// Returns the stripe that threads share, if one of them has called.
    pub(super) fn shared(&self) -> Option<&Stripe> {
        self.get(Slot::SHARED)
    }

    /// Returns the stripes that have one writer each.
    #[expect(clippy::cast_possible_truncation, reason = "64 at the most")]
    pub(super) fn sole(&self) -> impl Iterator<Item = &Stripe> + Clone {
        // Relaxed: as in `make`.
        let end = self.end.load(Ordering::Relaxed);
        self.all[..SOLE.min(end as usize)].iter().filter_map(OnceBox::get)
    }

    /// Returns the stripes that may hold counts of the window, of those that have one writer each.
    pub(super) fn counting(&self) -> impl Iterator<Item = &Stripe> + Clone {
        // Relaxed: a bit is set under the lock before its stripe's first count, and sums find both or neither.
        Bits(self.counting.load(Ordering::Relaxed)).filter_map(|index| self.all[index].get())
    }

    /// Returns how many stripes a level is divided among: those of `counting`, and the one that threads share.
    pub(super) fn counting_count(&self) -> u64 {
        // Relaxed: as in `counting`.
        u64::from(self.counting.load(Ordering::Relaxed).count_ones()) + u64::from(self.shared().is_some())
    }

    /// Returns the stripe that may hold counts of the window, if there is only one.
    pub(super) fn only(&self) -> Option<&Stripe> {
        // Relaxed: as in `counting`.
        let counting = self.counting.load(Ordering::Relaxed);
        let is_one = counting.is_power_of_two() && self.shared().is_none();
        if is_one { self.all[counting.trailing_zeros() as usize].get() } else { None }
    }

    /// Whether `counting` returns this stripe.
    pub(super) fn counts(&self, stripe: &Stripe) -> bool {
        // Relaxed: only the stripe's own thread asks, and relies on the lock for the answer no.
        self.counting.load(Ordering::Relaxed) & bit(stripe) != 0
    }

    /// Adds a stripe to `counting`. Requires the lock.
    pub(super) fn add(&self, stripe: &Stripe) {
        self.counting.store(self.counting.load(Ordering::Relaxed) | bit(stripe), Ordering::Relaxed);
    }

    /// Takes a stripe out of `counting`. Requires the lock.
    pub(super) fn leave_out(&self, stripe: &Stripe) {
        self.counting.store(self.counting.load(Ordering::Relaxed) & !bit(stripe), Ordering::Relaxed);
    }

    /// Returns all stripes that exist.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Stripe> + Clone {
        self.sole().chain(self.shared())
    }
}

fn bit(stripe: &Stripe) -> u64 {
    1 << stripe.index
}

/// The places of the bits that are set, from the lowest.
#[derive(Clone)]
struct Bits(u64);

impl Iterator for Bits {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        let lowest = self.0.trailing_zeros();
        // Of no bits, this clears none.
        self.0 &= self.0.wrapping_sub(1);
        (lowest < u64::BITS).then_some(lowest as usize)
    }
}
