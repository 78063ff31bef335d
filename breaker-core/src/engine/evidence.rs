//! What an ended call of the closed circuit adds to the window and to the run of failures, and whether a rule may fire by
//! it. The rules themselves are in [`policy`].

use super::limits::Rules;
use super::memory::{Engine, Locked};
use super::policy::{self, Counts};
use super::rule_flags::RuleFlags;
use super::state::Mode;
use super::stripe::ThreadStripe;
use super::ticket::{End, PendingTransition};
use super::window::{self, Geometry, Sample, SliceId};
use super::word::Word;
use super::writer::Writer;
use crate::sync::{Ordering, fence, lock};

/// What the rules look at after a call: the window's counts (with the slice, where a verdict may spare the next ones)
/// and the failures in a row.
#[derive(Default)]
struct Evidence {
    slice: Option<SliceId>,
    counts: Counts,
    in_a_row: u64,
}

impl Engine {
    /// Records the end of a call of the closed circuit; what is left to be done by it.
    #[inline]
    pub(super) fn record_closed(
        &self,
        here: ThreadStripe<'_>,
        word: Word,
        end: End,
        sample: Sample,
        now: &impl Fn() -> u64,
    ) -> Option<PendingTransition> {
        let evidence = self.gather(here, word, end, sample, now)?;
        if let End::OpenFor(nanos) = end {
            return Some(PendingTransition::OpenFor { word, nanos, now: now() });
        }
        self.judge(word, &evidence).then(|| {
            let Evidence { counts, in_a_row, .. } = evidence;
            PendingTransition::Trip { word, counts, in_a_row, now: now() }
        })
    }

    /// Counts the run of failures and places the call in the window; `None` if nothing is to be judged.
    #[inline]
    fn gather(
        &self,
        here: ThreadStripe<'_>,
        word: Word,
        end: End,
        sample: Sample,
        now: &impl Fn() -> u64,
    ) -> Option<Evidence> {
        let flags = self.flags();
        let in_a_row = if end == End::Abandoned { 0 } else { self.count_run(here, flags, word, sample.failure) };
        if !flags.place(sample) {
            return None;
        }
        let window = if flags.are_by_count() {
            let counts = self.record_by_count(here, word, sample);
            counts.filter(|_| flags.can_trip(sample)).map(|counts| (None, counts))
        } else {
            self.record_by_time(here, flags, word, sample, now())
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
    fn count_run(&self, here: ThreadStripe<'_>, flags: RuleFlags, word: Word, failure: bool) -> u64 {
        let exact = flags.count_streak();
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
        here: ThreadStripe<'_>,
        flags: RuleFlags,
        word: Word,
        sample: Sample,
        now: u64,
    ) -> Option<(Option<SliceId>, Counts)> {
        let slice = self.slice_at(now, here, word)?;
        let bad = window::record(here, slice, sample);
        if !flags.can_trip(sample) || self.hot.headroom.spares(slice, bad) {
            return None;
        }
        // SeqCst pairs with the same fence of another call that ends now: of two that complete a threshold
        // together, at least one sees both.
        fence(Ordering::SeqCst);
        Some((Some(slice), window::sum(&self.live_stripes(), slice)))
    }

    /// Places a call in a window by count; what the window holds then. `None` if the result is late by now, or its
    /// window has been replaced.
    pub(super) fn record_by_count(&self, here: ThreadStripe<'_>, word: Word, sample: Sample) -> Option<Counts> {
        let mut locked = lock(&self.locked);
        let current = self.word();
        if current.generation() != word.generation() {
            here.count(|stripe| &stripe.late);
            return None;
        }
        if current.version() != word.version() {
            return None;
        }
        let Locked { by_count, .. } = &mut *locked;
        let slice = self.locked_geometry(word).slice_at(0);
        if !sample.is_bad() && window::record_success(here, slice) {
            by_count.hand_over(window::take_successes(here, slice));
        }
        let successes = window::successes(self.live_stripes(), slice);
        let counts = if sample.is_bad() { by_count.place(sample, successes) } else { by_count.counts(successes) };
        if !locked.is_judged && counts.requests >= locked.limits.rules().minimum() {
            // This call is judged yet; of the next ones only those that are bad.
            locked.is_judged = true;
            self.publish_word(&locked);
        }
        Some(counts)
    }

    /// A stripe's count of successes is half full: the window takes it over, so that it never stops counting.
    #[cold]
    pub(super) fn hand_over(&self, here: ThreadStripe<'_>, word: Word, slice: SliceId) {
        let mut locked = lock(&self.locked);
        let is_by_count = RuleFlags::of(&locked.limits).are_by_count();
        if is_by_count && self.word().version() == word.version() {
            locked.by_count.hand_over(window::take_successes(here, slice));
        }
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

    /// Publishes how many bad calls each stripe may take in this slice before the next verdict is due.
    pub(super) fn spare_sums(&self, word: Word, slice: SliceId, counts: Counts, rules: &Rules) {
        // A few calls may be on their way between their slice and the sum: leave room for them.
        const UNDER_WAY: u64 = 64;
        if counts.requests < rules.minimum() {
            return;
        }
        let stripes = self.live_stripes().count().max(1) as u64;
        let room = policy::headroom(counts, rules).saturating_sub(UNDER_WAY) / stripes;
        if self.hot.headroom.is(slice, room) {
            return;
        }
        let locked = lock(&self.locked);
        // Under the lock, so that room under old rules can't outlive a reconfiguration.
        if self.word() == word && locked.limits.rules() == *rules {
            self.hot.headroom.publish(slice, room);
            // SeqCst pairs with the fence in `new_stripe`.
            fence(Ordering::SeqCst);
            if self.live_stripes().count() as u64 > stripes {
                self.hot.headroom.take_back();
            }
        }
    }

    /// The slice of `now`, unless the window has been replaced meanwhile.
    #[inline]
    pub(super) fn slice_at(&self, now: u64, here: ThreadStripe<'_>, word: Word) -> Option<SliceId> {
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
