//! Idle stripes: a thread that calls again and again does not pay for those that have called once.
//!
//! Verdicts sum and divide among stripes that may hold counts of the window. A stripe joins them when its thread enters a
//! slice, and is left out when a level is published two windows later. In between, its thread can come back:
//!
//! - Within a window, it stays among them, and needs no lock.
//! - Later, it joins again, under the lock, as it may have been left out. If it was held up before that and enters a
//!   slice without the lock, after it was left out, then the slice is more than a window old.

use super::memory::Engine;
use super::slice::SliceId;
use super::stripe::Stripe;
use super::window;
use super::word::Word;

impl Engine {
    /// Whether a stripe that enters this slice is in the sums, and stays there. For its own thread, which has counted in
    /// this window before.
    pub(super) fn is_in_sums(&self, stripe: &Stripe, slice: SliceId) -> bool {
        slice.holds(stripe.present.slice()) && self.stripes.counts(stripe)
    }

    /// Adds a stripe to the sums before its first count. Requires the lock.
    pub(super) fn join_sums(&self, stripe: &Stripe) {
        self.stripes.add(stripe);
        // The level was divided without it.
        self.take_back();
    }

    /// Leaves stripes out of the sums whose threads have not counted for two windows: with one, a sum by a thread whose
    /// clock is slightly behind would miss calls. Requires the lock.
    #[inline]
    pub(super) fn leave_out_idle(&self, word: Word, slice: SliceId) {
        // A single one is that of the call that publishes.
        if self.stripes.only().is_none() {
            self.leave_out(word, slice);
        }
    }

    fn leave_out(&self, word: Word, slice: SliceId) {
        let version = self.locked_geometry(word).version;
        for stripe in self.stripes.counting().filter(|stripe| stripe.version() == version) {
            if window::is_idle(stripe, slice) {
                self.stripes.leave_out(stripe);
            }
        }
    }
}
