//! What the end of a call writes: counters, response time, window. And whether a rule may fire by it.
//!
//! Two quick ways come first, for the calls that a healthy service has; whoever doesn't fit them goes through
//! [`Engine::record`].

use super::cell::{Due, End, Engine, HEADROOM_COUNT, HEADROOM_SLICE, Ticket, rule};
use super::policy::{self, Counts, Rules};
use super::stripe::{Here, Stripe, Writer};
use super::window::{self, Geometry, Mark, SliceId};
use super::word::{Mode, Word};
use crate::sync::{Ordering, fence};

/// What the rules look at after a call: the window's counts (with the slice, where a verdict may spare the next ones)
/// and the failures in a row.
#[derive(Default)]
struct Evidence {
    slice: Option<SliceId>,
    counts: Counts,
    in_a_row: u64,
}

impl Engine {
    /// Records the success of a plain call: one of a closed circuit whose rules look at failures alone, so that only
    /// counters are told. False if there is more to it by now; then nothing is recorded.
    #[expect(clippy::inline_always, reason = "a handful of loads and adds: a call would cost more")]
    #[inline(always)]
    pub(crate) fn record_plain_success(&self, own: &Stripe, ticket: Ticket) -> bool {
        let word = self.word();
        if word != ticket.word || self.ends_a_run(word) {
            return false;
        }
        Here::own(own).count(|stripe| &stripe.successes);
        true
    }

    /// The same for one that the window holds, where no verdict is due by it.
    #[inline]
    pub(crate) fn record_placed_success(
        &self,
        here: Here<'_>,
        ticket: Ticket,
        timed_at: Option<u64>,
        clock: impl Fn() -> u64,
    ) -> bool {
        let word = self.word();
        let elapsed = timed_at.map(|now| now.saturating_sub(ticket.start));
        let is_slow = elapsed.is_some_and(|elapsed| elapsed >= self.hot.slow_at.load(Ordering::Relaxed));
        if word != ticket.word || !word.is_placed() || is_slow || self.ends_a_run(word) {
            return false;
        }
        let now = timed_at.unwrap_or_else(|| if self.is_by_count() { 0 } else { clock() });
        let Some(slice) = self.slice_at(now, here, word) else { return false };
        if word.asks() && !self.is_spared(slice, 0) {
            return false;
        }
        let Here { writer, stripe } = here;
        if let Some(elapsed) = elapsed {
            stripe.latency.record(writer, elapsed, &self.spill);
        }
        here.count(|stripe| &stripe.successes);
        if window::record_success(here, slice) {
            self.hand_over(here, word, slice);
        }
        true
    }

    /// Whether a rule counts failures in a row, and there is a run to end.
    #[inline]
    fn ends_a_run(&self, word: Word) -> bool {
        word.has_streak() && self.streak.0.read(word.generation()) > 0
    }

    #[inline]
    fn is_by_count(&self) -> bool {
        self.hot.rules.load(Ordering::Relaxed) & rule::BY_COUNT != 0
    }

    /// A call has ended, at `timed_at` if it is timed. `clock` is read only if the window has to be told when.
    pub(crate) fn record(
        &self,
        here: Here<'_>,
        ticket: Ticket,
        end: End,
        timed_at: Option<u64>,
        clock: impl Fn() -> u64,
    ) -> Option<Due> {
        let elapsed = timed_at.map(|now| now.saturating_sub(ticket.start));
        // Relaxed: a limit that changes at this moment may or may not hold for this call.
        let slow =
            elapsed.is_some_and(|elapsed| elapsed >= self.hot.slow_at.load(Ordering::Relaxed)) && end != End::Ignored;
        self.count_end(here, end, elapsed, slow);
        let word = self.word();
        let is_late = word.generation() != ticket.word.generation();
        if end == End::Success && (is_late || !word.admits()) {
            here.stripe.keep_run();
        }
        if is_late {
            here.count(|stripe| &stripe.late);
            return None;
        }
        let now = || timed_at.unwrap_or_else(&clock);
        if !word.admits() {
            return ticket.is_probe().then(|| Due::Probe { ticket, end, slow, now: now() });
        }
        let mark = match end {
            End::Ignored => return None,
            End::Abandoned if !slow => return None,
            End::Success | End::Abandoned => Mark { failure: false, slow },
            End::Failure | End::TimedOut | End::OpenFor(_) => Mark { failure: true, slow },
        };
        let evidence = self.record_closed(here, word, end, mark, &now)?;
        if let End::OpenFor(nanos) = end {
            return Some(Due::OpenFor { word, nanos, now: now() });
        }
        self.judge(word, &evidence).then(|| {
            let Evidence { counts, in_a_row, .. } = evidence;
            Due::Trip { word, counts, in_a_row, now: now() }
        })
    }

    /// The cumulative counters and the response time.
    #[inline]
    fn count_end(&self, here: Here<'_>, end: End, elapsed: Option<u64>, slow: bool) {
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
        // What is a part of those comes after them here, and before them in a snapshot: it never outnumbers its whole.
        if end == End::TimedOut {
            here.count(|stripe| &stripe.timeouts);
        }
        if slow {
            here.count(|stripe| &stripe.slow);
        }
    }

    /// Run of failures and window of the closed circuit; `None` if nothing is to be judged.
    #[inline]
    fn record_closed(
        &self,
        here: Here<'_>,
        word: Word,
        end: End,
        mark: Mark,
        now: &impl Fn() -> u64,
    ) -> Option<Evidence> {
        let rules = self.hot.rules.load(Ordering::Relaxed);
        let in_a_row = if end == End::Abandoned { 0 } else { self.count_run(here, rules, word, mark.failure) };
        if !(mark.failure || mark.slow || rules & rule::PLACES_SUCCESSES != 0) {
            return None;
        }
        let window = if rules & rule::BY_COUNT == 0 {
            self.record_by_time(here, rules, word, mark, now())
        } else {
            let counts = self.record_by_count(here, word, mark);
            counts.filter(|_| rules & can_trip(mark) != 0).map(|counts| (None, counts))
        };
        match window {
            Some((slice, counts)) => Some(Evidence { slice, counts, in_a_row }),
            // Spared by the window's headroom: a run of failures is judged all the same.
            None if in_a_row > 0 || matches!(end, End::OpenFor(_)) => {
                Some(Evidence { in_a_row, ..Evidence::default() })
            }
            None => None,
        }
    }

    /// Failures in a row after this call, over all threads, where a rule wants to know. This thread's own run is
    /// counted in any case.
    #[inline]
    fn count_run(&self, here: Here<'_>, rules: u64, word: Word, failure: bool) -> u64 {
        let exact = rules & rule::STREAK != 0;
        let generation = word.generation();
        if failure {
            here.stripe.lengthen_run(here.writer, generation);
            return if exact { self.streak.0.add(Writer::Shared, generation, 1) } else { 0 };
        }
        if exact {
            self.streak.0.clear(Writer::Shared, generation);
        }
        0
    }

    /// Places the call in its slice; the window's counts, if a verdict is due.
    #[inline]
    fn record_by_time(
        &self,
        here: Here<'_>,
        rules: u64,
        word: Word,
        mark: Mark,
        now: u64,
    ) -> Option<(Option<SliceId>, Counts)> {
        let slice = self.slice_at(now, here, word)?;
        let bad = window::record(here, slice, mark);
        if rules & can_trip(mark) == 0 || self.is_spared(slice, bad) {
            return None;
        }
        // SeqCst pairs with the same fence of another call that ends now: of two that complete a threshold
        // together, at least one sees both.
        fence(Ordering::SeqCst);
        Some((Some(slice), window::sum(&self.live_stripes(), slice)))
    }

    /// Whether a rule fires. If none does, the next calls may be spared the question.
    fn judge(&self, word: Word, evidence: &Evidence) -> bool {
        // Relaxed: a mixture of old and new rules is judged again under the lock.
        let rules = Rules::from_bits(std::array::from_fn(|i| self.hot.verdict[i].load(Ordering::Relaxed)));
        if policy::verdict(evidence.counts, evidence.in_a_row, &rules).is_some() {
            // What is forced closed would take the lock for nothing.
            return word.mode() != Mode::ForcedClosed;
        }
        if let Some(slice) = evidence.slice {
            self.spare_sums(word, slice, evidence.counts, &rules);
        }
        false
    }

    /// Whether no verdict is due yet in this slice, to which this stripe has added so many bad calls.
    #[inline]
    fn is_spared(&self, slice: SliceId, bad: u64) -> bool {
        // Relaxed: the headroom only spares sums. It was computed for any order of what may still come in its slice.
        let headroom = self.hot.headroom.load(Ordering::Relaxed);
        headroom >> 24 == slice.0 & HEADROOM_SLICE && bad <= headroom & HEADROOM_COUNT
    }

    /// The slice of `now`, unless the window has been replaced meanwhile.
    #[inline]
    fn slice_at(&self, now: u64, here: Here<'_>, word: Word) -> Option<SliceId> {
        if here.writer == Writer::Shared {
            return Some(self.geometry(word)?.slice_at(now));
        }
        let present = &here.stripe.present;
        present.get(now, word).or_else(|| {
            let geometry = self.geometry(word)?;
            let slice = geometry.slice_at(now);
            present.remember(slice, geometry, word);
            Some(slice)
        })
    }

    /// The geometry of the word's version, unless it has been replaced meanwhile: then the result belongs to a
    /// window that is gone.
    fn geometry(&self, word: Word) -> Option<Geometry> {
        let [scale, offset] = &self.hot.geometry[usize::from(word.version() & 1)];
        // Acquire: what is read of a later version brings that version's word along for the check.
        let geometry = Geometry { scale: scale.load(Ordering::Acquire), offset: offset.load(Ordering::Acquire) };
        let again = self.word();
        (again.version() == word.version()).then_some(geometry)
    }
}

/// The bit that is set if a rule may fire by such a call.
#[inline]
fn can_trip(mark: Mark) -> u64 {
    if mark.failure || mark.slow { rule::WINDOW } else { rule::SUCCESS_CAN_TRIP }
}
