//! Recording of ended calls. The entry point is [`Engine::end`]: counters, response time, and input for the window and
//! the rules.
//!
//! Two short paths for the usual calls of a healthy service come first; all other calls take [`Engine::record`].

use super::evidence::is_half_full;
use super::host::Host;
use super::locked::Concluded;
use super::memory::Engine;
use super::rule_flags::RuleFlags;
use super::stripe::{Stripe, ThreadStripe};
use super::ticket::{End, PendingTransition, Ticket};
use super::window::{self, Sample};
use crate::sync::Ordering;

impl Engine {
    /// Records the end of a call, on any thread.
    #[expect(clippy::inline_always, reason = "the short path is a handful of loads and adds")]
    #[inline(always)]
    pub(crate) fn end(host: &impl Host, ticket: Ticket, end: End) {
        let engine = host.engine();
        if end != End::Success {
            return Self::end_any(host, ticket, end);
        }
        if ticket.is_plain()
            && let Some(own) = engine.own_stripe()
            && engine.record_plain_success(own, ticket)
        {
            return;
        }
        Self::end_success(host, ticket);
    }

    /// Records the end of a call on the thread that it began on; `own` comes from [`begin_here`](Self::begin_here).
    #[expect(clippy::inline_always, reason = "the short path is a handful of loads and adds")]
    #[inline(always)]
    pub(crate) fn end_here(host: &impl Host, own: Option<&Stripe>, ticket: Ticket, end: End) {
        // A success has its own path throughout. Otherwise each call would first load its end into a register for the
        // other paths, which costs ten instructions. (In `end`, where a future's state is read and written in between,
        // separate paths cost two.)
        if end == End::Success {
            if own.is_none_or(|own| !host.engine().record_plain_success(own, ticket)) {
                Self::end_success(host, ticket);
            }
        } else {
            Self::end_any(host, ticket, end);
        }
    }

    #[inline(never)]
    fn end_success(host: &impl Host, ticket: Ticket) {
        let engine = host.engine();
        match engine.own_stripe() {
            Some(own) if engine.is_usual(own, ticket) => {
                if !engine.record_quickly::<true>(own, ticket, || host.quick_now()) {
                    Self::end_any(host, ticket, End::Success);
                }
            }
            _ => Self::end_unusual_success(host, ticket),
        }
    }

    #[inline(never)]
    fn end_unusual_success(host: &impl Host, ticket: Ticket) {
        let engine = host.engine();
        let is_recorded =
            engine.own_stripe().is_some_and(|own| engine.record_quickly::<false>(own, ticket, || host.quick_now()));
        if !is_recorded {
            Self::end_any(host, ticket, End::Success);
        }
    }

    #[inline(never)]
    fn end_any(host: &impl Host, ticket: Ticket, end: End) {
        let engine = host.engine();
        let clock = || host.now();
        let timed_at = ticket.word.is_timed().then(clock);
        if end == End::Success
            && let Some(own) = engine.own_stripe()
            && engine.record_placed_success(ThreadStripe::own(own), ticket, timed_at, clock)
        {
            return;
        }
        if ticket.is_marked() && !ticket.has_ended(engine) {
            return;
        }
        if let Some(pending) = engine.record(engine.thread_stripe(), ticket, end, timed_at, || host.now()) {
            Self::end_locked(host, pending);
        }
    }

    /// Records the end of a call that never asked for admission. It counts in the current state, and is no probe.
    pub(crate) fn end_unasked(host: &impl Host, end: End, elapsed: u64) {
        if Self::exempts(host) {
            return;
        }
        let engine = host.engine();
        let (word, here) = (engine.word(), engine.thread_stripe());
        here.count(|stripe| &stripe.admitted);
        // The maximum means "no limit", so a measured time stays below it.
        let elapsed = word.is_timed().then_some(elapsed.min(u64::MAX - 1));
        if let Some(pending) = engine.record_after(here, Ticket { word, start: 0 }, end, elapsed, &|| host.now()) {
            Self::end_locked(host, pending);
        }
    }

    /// Counts a fallback that has run.
    pub(crate) fn count_fallback(host: &impl Host, succeeded: bool) {
        if !Self::exempts(host) {
            let here = host.engine().thread_stripe();
            here.count(|stripe| if succeeded { &stripe.fallback_successes } else { &stripe.fallback_failures });
        }
    }

    #[cold]
    fn end_locked(host: &impl Host, pending: PendingTransition) {
        match host.engine().conclude(pending, host.compared_now()) {
            Concluded::Moved(transitions) => host.tell(transitions),
            Concluded::Stalled(stalled) => host.tell_stalled(stalled),
        }
    }

    /// Records the success of a plain call: in a closed circuit whose rules only look at failures, only counters
    /// change. Returns false, and records nothing, if the word has changed since.
    #[expect(clippy::inline_always, reason = "a handful of loads and adds: a call would cost more")]
    #[inline(always)]
    fn record_plain_success(&self, own: &Stripe, ticket: Ticket) -> bool {
        let word = self.word();
        if word != ticket.word {
            return false;
        }
        if word.has_streak() {
            self.end_streak(ThreadStripe::own(own), word);
        }
        ThreadStripe::own(own).count(|stripe| &stripe.successes);
        true
    }

    /// Like `record_plain_success`, for a success that is placed in the window but needs no verdict. Most of them take
    /// `record_quickly`; this one also enters slices.
    pub(super) fn record_placed_success(
        &self,
        here: ThreadStripe<'_>,
        ticket: Ticket,
        timed_at: Option<u64>,
        clock: impl Fn() -> u64,
    ) -> bool {
        let word = self.word();
        let elapsed = timed_at.map(|now| now.saturating_sub(ticket.start));
        let is_slow = elapsed.is_some_and(|elapsed| elapsed >= self.hot.slow_at.load(Ordering::Relaxed));
        if word != ticket.word || !word.is_placed() || is_slow {
            return false;
        }
        let now = timed_at.unwrap_or_else(|| if self.flags().are_by_count() { 0 } else { clock() });
        let ThreadStripe { writer, stripe } = here;
        let Ok(slice) = self.slice_at(now, here, word) else { return false };
        if word.asks() && !self.hot.headroom.spares_call(slice, || window::calls(stripe, slice) + 1) {
            return false;
        }
        if let Some(elapsed) = elapsed {
            stripe.latency.record(writer, elapsed, &self.spill);
        }
        here.count(|stripe| &stripe.successes);
        if word.has_streak() {
            self.end_streak(here, word);
        }
        // After the thread has entered the slice, its own cells hold no counts of another window.
        if window::record_success(here, slice).is_ok_and(is_half_full) {
            self.hand_over(here, word, slice);
        }
        true
    }

    /// Relaxed: a verdict by a mixture of old and new rules is reached again under the lock.
    #[inline]
    pub(super) fn flags(&self) -> RuleFlags {
        RuleFlags::from_bits(self.hot.flags.load(Ordering::Relaxed))
    }

    /// Records the end of a call, at `timed_at` if it is timed. `clock` is read only if the window needs the time.
    pub(super) fn record(
        &self,
        here: ThreadStripe<'_>,
        ticket: Ticket,
        end: End,
        timed_at: Option<u64>,
        clock: impl Fn() -> u64,
    ) -> Option<PendingTransition> {
        let elapsed = timed_at.map(|now| now.saturating_sub(ticket.start));
        self.record_after(here, ticket, end, elapsed, &|| timed_at.unwrap_or_else(&clock))
    }

    /// Like `record`, for a call that took `elapsed`, if it is timed. `now` is called only if the time is needed.
    #[inline]
    fn record_after(
        &self,
        here: ThreadStripe<'_>,
        ticket: Ticket,
        end: End,
        elapsed: Option<u64>,
        now: &impl Fn() -> u64,
    ) -> Option<PendingTransition> {
        // Relaxed: a limit that changes at this moment may or may not apply to this call.
        let slow =
            elapsed.is_some_and(|elapsed| elapsed >= self.hot.slow_at.load(Ordering::Relaxed)) && end != End::Ignored;
        self.count_end(here, end, elapsed, slow);
        let word = self.word();
        let is_late = word.generation() != ticket.word.generation();
        if end == End::Success && (is_late || !word.admits()) {
            here.stripe.keep_run();
        }
        let probe = || ticket.is_probe().then_some(PendingTransition::Probe { ticket, end, slow });
        if is_late && !(end == End::Success && ticket.is_probe()) {
            here.count(|stripe| &stripe.late);
            return None;
        }
        if is_late || !word.admits() {
            return probe();
        }
        let sample = match end {
            End::Ignored => return None,
            End::Abandoned if !slow => return None,
            End::Success | End::Abandoned => Sample { failure: false, slow },
            End::Failure | End::TimedOut | End::OpenFor(_) => Sample { failure: true, slow },
        };
        self.record_closed(here, word, end, sample, now)
    }

    /// Counts the end in the cumulative counters and the response times.
    #[inline]
    fn count_end(&self, here: ThreadStripe<'_>, end: End, elapsed: Option<u64>, slow: bool) {
        if let Some(elapsed) = elapsed
            && !matches!(end, End::Ignored | End::Abandoned)
        {
            here.stripe.latency.record(here.writer, elapsed, &self.spill);
        }
        here.count(|stripe| match end {
            End::Success => &stripe.successes,
            End::Failure | End::TimedOut | End::OpenFor(_) => &stripe.failures,
            End::Ignored => &stripe.ignored,
            End::Abandoned => &stripe.abandoned,
        });
        // A part is counted after its whole, and a snapshot reads it before: so a part never exceeds its whole.
        if end == End::TimedOut {
            here.count(|stripe| &stripe.timeouts);
        }
        if slow {
            here.count(|stripe| &stripe.slow);
        }
    }
}
