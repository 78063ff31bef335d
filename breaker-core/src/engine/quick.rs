//! The short paths of calls that are measured, or placed in the window, in a closed circuit. Everything rare is left to
//! [`admit`](super::admit) and [`record`](super::record).
//!
//! They call no function, except as the last thing that they do. So they save no registers, which would take a quarter of
//! their instructions.

use super::host::Host;
use super::memory::Engine;
use super::state::Mode;
use super::stripe::{Stripe, ThreadStripe};
use super::ticket::Ticket;
use super::transition::Rejected;
use super::window;
use super::word::Word;
use super::writer::Writer;
use crate::sync::Ordering;

impl Engine {
    /// Admits a call of the closed circuit, on a thread that has counted here before.
    #[expect(clippy::inline_always, reason = "as `record_quickly`")]
    #[inline(always)]
    pub(super) fn admit_quickly(&self, clock: impl FnOnce() -> Option<u64>) -> Option<Ticket> {
        let word = self.word();
        if !word.admits() {
            return None;
        }
        let start = if word.is_timed() { clock()? } else { 0 };
        ThreadStripe::own(self.own_stripe()?).count(|stripe| &stripe.admitted);
        Some(Ticket { word, start })
    }

    /// Rejects a call of a circuit that is open for some time still. `None` if that has to be looked at more closely.
    #[expect(clippy::inline_always, reason = "as `record_quickly`")]
    #[inline(always)]
    pub(super) fn reject_open(&self, clock: impl FnOnce() -> Option<u64>) -> Option<Rejected> {
        let word = self.word();
        if !word.is_open_automatically() {
            return None;
        }
        let own = self.own_stripe()?;
        let rejected = self.open_rejection(word, clock()?)?;
        ThreadStripe::own(own).count(|stripe| &stripe.rejections[rejected.index()]);
        Some(rejected)
    }

    /// Rejects a call of a circuit that is forced open. `None` if that has to be looked at more closely.
    pub(super) fn reject_forced(host: &impl Host) -> Option<Rejected> {
        let engine = host.engine();
        let own = engine.own_stripe()?;
        if engine.word().mode() != Mode::ForcedOpen || host.has_ended_mode() {
            return None;
        }
        let rejected = Rejected::ForcedOpen;
        ThreadStripe::own(own).count(|stripe| &stripe.rejections[rejected.index()]);
        Some(rejected)
    }

    /// Returns the rejection of an open circuit, unless its open timeout has passed.
    #[inline]
    fn open_rejection(&self, word: Word, now: u64) -> Option<Rejected> {
        let quiet_until = self.quiet_until();
        let is_known = now < quiet_until && quiet_until != u64::MAX && self.word() == word;
        is_known.then(|| Rejected::Open(quiet_until - now))
    }

    /// Whether a success with this ticket is timed, and has no limit up to which it is spared the sum of the window: so
    /// are nearly all of a healthy service.
    #[expect(clippy::inline_always, reason = "as `record_quickly`")]
    #[inline(always)]
    pub(super) fn is_usual(&self, own: &Stripe, ticket: Ticket) -> bool {
        let is_limited = || !self.hot.headroom.is_unlimited(own.present.unlimited());
        ticket.word.is_timed() && !(ticket.word.asks() && is_limited())
    }

    /// Records a success that is placed in the slice that its thread last counted in, is not slow, and needs no verdict.
    /// Otherwise returns false, and has recorded nothing. `USUAL` is a known result of [`is_usual`](Self::is_usual).
    #[expect(clippy::inline_always, reason = "it is the body of the function that calls it")]
    #[inline(always)]
    pub(super) fn record_quickly<const USUAL: bool>(
        &self,
        own: &Stripe,
        ticket: Ticket,
        clock: impl FnOnce() -> Option<u64>,
    ) -> bool {
        self.place_quickly::<USUAL>(own, ticket, clock).is_some()
    }

    #[expect(clippy::inline_always, reason = "as `record_quickly`")]
    #[inline(always)]
    fn place_quickly<const USUAL: bool>(
        &self,
        own: &Stripe,
        ticket: Ticket,
        clock: impl FnOnce() -> Option<u64>,
    ) -> Option<()> {
        let word = ticket.word;
        let is_timed = USUAL || word.is_timed();
        // A count-based window needs no time.
        let now = if is_timed || !self.flags().are_by_count() { clock()? } else { 0 };
        if self.word() != word {
            return None;
        }
        // `None` if the processor's cores differ by more than the call took.
        let elapsed = now.checked_sub(ticket.start)?;
        // A thread enters slices only under words that admit calls. Under such a word, timed calls are placed.
        let is_rare = if is_timed { elapsed >= self.hot.slow_at.load(Ordering::Relaxed) } else { !word.is_placed() };
        if is_rare {
            return None;
        }
        if !own.present.is_of(now, word) || !USUAL && word.asks() && !self.spares(own) {
            return None;
        }
        let successes = &own.slices[own.present.slot()].successes;
        if !own.present.is_below_half(successes) {
            return None;
        }
        // From here on, the call is recorded.
        ThreadStripe::own(own).count(|stripe| &stripe.successes);
        if word.has_streak() {
            self.end_streak(ThreadStripe::own(own), word);
        }
        successes.add_one();
        if is_timed && !own.latency.record_in_last(elapsed) {
            self.record_elapsed(own, elapsed);
        }
        Some(())
    }

    /// Whether a call that ends now is spared the sum of the window.
    #[expect(clippy::inline_always, reason = "as `record_quickly`")]
    #[inline(always)]
    fn spares(&self, own: &Stripe) -> bool {
        let slice = own.present.slice();
        self.hot.headroom.spares_call(slice, || window::calls(own, slice) + 1)
    }

    #[inline(never)]
    fn record_elapsed(&self, own: &Stripe, elapsed: u64) {
        own.latency.record_anywhere(Writer::Sole, elapsed, &self.spill);
    }
}
