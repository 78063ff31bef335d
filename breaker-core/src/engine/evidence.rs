//! What an ended call of the closed circuit adds to the window and to the run of failures, and whether a rule may fire by
//! it. The rules themselves are in [`policy`].

use super::limits::Rules;
use super::memory::{Engine, Locked};
use super::policy::{self, Counts};
use super::rule_flags::RuleFlags;
use super::slice::{Geometry, SliceId};
use super::split::Split;
use super::state::Mode;
use super::streak::{Number, Unnumbered};
use super::stripe::ThreadStripe;
use super::ticket::{End, PendingTransition};
use super::window::{self, OtherWindow, Sample, SlowCalls};
use super::word::Word;
use super::writer::Writer;
use crate::sync::{Ordering, fence, lock};

/// What the rules look at after a call: the window's counts, and the failures in a row.
struct Evidence {
    /// The window's slice, where a verdict may spare the next calls; and what it held before the sum, or less.
    slice: Option<(SliceId, Counts)>,
    counts: Counts,
    in_a_row: u64,
    /// The word under which it holds.
    word: Word,
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
            return Some(PendingTransition::OpenFor { word, nanos });
        }
        self.judge(&evidence).then(|| {
            let Evidence { counts, in_a_row, .. } = evidence;
            PendingTransition::Trip { word, counts, in_a_row }
        })
    }

    /// Counts the run of failures and places the call in the window; `None` if nothing is to be judged.
    #[inline]
    fn gather(
        &self,
        here: ThreadStripe<'_>,
        mut word: Word,
        end: End,
        sample: Sample,
        now: &impl Fn() -> u64,
    ) -> Option<Evidence> {
        let flags = self.flags();
        let in_a_row = if end == End::Abandoned { 0 } else { self.count_run(here, flags, word, sample.failure) };
        if !flags.place(sample) {
            return None;
        }
        let window = loop {
            // Read again: a window that has been replaced may be of the other kind.
            let flags = self.flags();
            let placed = if flags.are_by_count() {
                self.record_by_count(here, word, sample)
                    .map(|counts| flags.can_trip(sample).then_some(Evidence { slice: None, counts, in_a_row, word }))
            } else {
                self.record_by_time(here, flags, word, sample, now())
            };
            match placed {
                Ok(evidence) => break evidence.map(|evidence| Evidence { in_a_row, ..evidence }),
                Err(OtherWindow) => word = self.word_after(here, word)?,
            }
        };
        // Spared by the window's headroom: a run of failures is judged all the same.
        let is_asked = in_a_row > 0 || matches!(end, End::OpenFor(_));
        window.or_else(|| is_asked.then_some(Evidence { slice: None, counts: Counts::default(), in_a_row, word }))
    }

    /// Failures in a row after this call, over all threads, where a rule fires by them; else 0. This thread's own run is
    /// counted in any case.
    #[inline]
    fn count_run(&self, here: ThreadStripe<'_>, flags: RuleFlags, word: Word, failure: bool) -> u64 {
        if failure {
            here.stripe.lengthen_run(here.writer, word.generation());
            return if flags.count_streak() { self.lengthen_streak(here, word) } else { 0 };
        }
        if flags.count_streak() {
            self.end_streak(here, word);
        }
        0
    }

    /// The run of failures over all threads with this one, if that is long enough for the rule; else 0.
    fn lengthen_streak(&self, here: ThreadStripe<'_>, word: Word) -> u64 {
        let threshold = u64::from(Rules::consecutive_failures_of(self.hot.verdict[0].load(Ordering::Relaxed)));
        // A success that came after this failure hides what was before it: this failure comes after that one then.
        loop {
            let failure = match self.streak.0.failure(word.generation(), &here.stripe.streak_end) {
                Ok(failure) => failure,
                Err(Unnumbered::Late) => return 0,
                Err(Unnumbered::NoneLeft) => return self.renew_streak(word),
            };
            let at_most = here.stripe.streak_end.run_at(failure);
            if (1..threshold).contains(&at_most) || word.mode() == Mode::ForcedClosed {
                return 0;
            }
            match self.run_at(failure) {
                Some(run) if run >= threshold => return run,
                // Kept here, so that a thread whose calls all fail asks the others once in a while only.
                Some(run) => {
                    Self::end_streak_at(here, failure.before(run));
                    return 0;
                }
                None => {}
            }
        }
    }

    /// The generation has no number left for a failure: it goes on as another one, whose numbers begin with the run so far. That
    /// run, with this failure, if the rule fires by it; else 0. (What is in flight then is late.)
    #[cold]
    fn renew_streak(&self, word: Word) -> u64 {
        let mut locked = lock(&self.locked);
        let Locked { machine, limits, .. } = &mut *locked;
        let present = machine.word(limits);
        if present.generation() != word.generation() {
            return 0;
        }
        let run = self.in_a_row(word.generation(), true) + 1;
        let fires = limits.consecutive_failures.is_some_and(|threshold| run >= u64::from(threshold));
        if fires && present.mode() != Mode::ForcedClosed {
            return run;
        }
        machine.renew();
        self.streak.0.go_on(machine.word(limits).generation(), run);
        self.publish_word(&locked);
        0
    }

    /// A success of the closed circuit ends the run of failures over all threads.
    #[inline]
    pub(super) fn end_streak(&self, here: ThreadStripe<'_>, word: Word) {
        if let Some(last_failure) = self.streak.0.last_failure(word.generation()) {
            Self::end_streak_at(here, last_failure);
        }
    }

    /// A success, of whatever thread, came after this failure.
    #[inline]
    fn end_streak_at(here: ThreadStripe<'_>, last_failure: Number) {
        match here.writer {
            Writer::Sole => here.stripe.streak_end.store(last_failure),
            Writer::Shared => here.stripe.streak_end.store_latest(last_failure),
        }
    }

    /// Places the call in its slice; what the window holds, if a verdict is due.
    #[expect(clippy::inline_always, reason = "apart, a failure takes 36 instructions more")]
    #[inline(always)]
    fn record_by_time(
        &self,
        here: ThreadStripe<'_>,
        flags: RuleFlags,
        word: Word,
        sample: Sample,
        now: u64,
    ) -> Result<Option<Evidence>, OtherWindow> {
        let slice = self.slice_at(now, here, word)?;
        let bad = match here.writer {
            Writer::Sole => window::record(here, slice, sample)?,
            Writer::Shared => self.record_shared(here, word, slice, sample)?,
        };
        if !flags.can_trip(sample) {
            return Ok(None);
        }
        let (headroom, calls) = (&self.hot.headroom, || window::calls(here.stripe, slice));
        let is_spared = if sample.is_bad() {
            headroom.spares_bad_call(slice, calls, bad)
        } else {
            headroom.spares_call(slice, calls)
        };
        if is_spared {
            return Ok(None);
        }
        // SeqCst pairs with the same fence of another call that ends now: of two that complete a threshold
        // together, at least one sees both.
        fence(Ordering::SeqCst);
        let Geometry { version, .. } = self.read_geometry(word);
        let (present, held, counts) = window::sum(&self.stripes_of(version), slice, self.slow_calls());
        // Read after the sum: who has counted in a window of another length since is in no sum of this one.
        let again = self.word();
        if again.version() == word.version() && !again.has_past() {
            return Ok(Some(Evidence { slice: Some((present, held)), counts, in_a_row: 0, word }));
        }
        Ok(self.sum_with_past(word, now))
    }

    /// Whether a verdict needs to know them. Relaxed: as with `record`, what is judged by a mixture is judged again.
    pub(super) fn slow_calls(&self) -> SlowCalls {
        let is_none_slow = self.hot.slow_at.load(Ordering::Relaxed) == u64::MAX;
        if is_none_slow { SlowCalls::LeftOut } else { SlowCalls::Counted }
    }

    /// The word that a call belongs to whose window is being replaced, unless it is late by that. What is in the way in
    /// the stripe that threads share is taken out of it.
    #[cold]
    fn word_after(&self, here: ThreadStripe<'_>, word: Word) -> Option<Word> {
        if here.writer == Writer::Shared {
            self.take_out_of_shared(&mut lock(&self.locked));
        }
        let again = self.word();
        if again.generation() == word.generation() {
            return Some(again);
        }
        here.count(|stripe| &stripe.late);
        None
    }

    /// What the window holds together with what windows of other lengths have counted.
    #[cold]
    fn sum_with_past(&self, word: Word, now: u64) -> Option<Evidence> {
        let mut locked = lock(&self.locked);
        if self.word().generation() != word.generation() || RuleFlags::of(&locked.limits).are_by_count() {
            return None;
        }
        let (slice, held, counts) = self.window_at(&mut locked, now);
        Some(Evidence { slice: Some((slice, held)), counts, in_a_row: 0, word: self.word() })
    }

    /// What a time window holds, all of it; with its present slice, and what that held before.
    pub(super) fn window_at(&self, locked: &mut Locked, now: u64) -> (SliceId, Counts, Counts) {
        let word = locked.machine.word(&locked.limits);
        let geometry = self.locked_geometry(word);
        let stripes = self.stripes_of(geometry.version);
        let (slice, held, counts) = window::sum(&stripes, geometry.slice_at(now), SlowCalls::Counted);
        if locked.past.is_empty() {
            return (slice, held, counts);
        }
        locked.past.expire(geometry, slice);
        let past = locked.past.counts(self.live_stripes(), geometry, slice);
        if locked.past.is_empty() {
            self.publish_word(locked);
        }
        (slice, held, [counts, past].into_iter().sum())
    }

    /// Adds a call to the stripe that threads share.
    fn record_shared(
        &self,
        here: ThreadStripe<'_>,
        word: Word,
        slice: SliceId,
        sample: Sample,
    ) -> Result<u64, OtherWindow> {
        if word.has_past() {
            // Under the lock, so that of a series of changes only the first one meets calls that are under way.
            let _locked = lock(&self.locked);
            return if self.word().version() == word.version() {
                window::record(here, slice, sample)
            } else {
                Err(OtherWindow)
            };
        }
        let bad = window::record(here, slice, sample)?;
        // SeqCst pairs with the fence in `put_geometry`: either that one finds the call, or this one finds the new word. Then
        // the call may have come after the stripe was emptied.
        fence(Ordering::SeqCst);
        if self.word().version() != word.version() {
            self.take_out_of_shared(&mut lock(&self.locked));
        }
        Ok(bad)
    }

    /// Takes out of the stripe that threads share what belongs to windows before the present one.
    pub(super) fn take_out_of_shared(&self, locked: &mut Locked) {
        let Some(shared) = self.stripes.shared() else { return };
        let word = locked.machine.word(&locked.limits);
        locked.past.take_out(shared, self.locked_geometry(word).slice_at(0));
    }

    /// Places a call in a window by count; what the window holds then. No time decides here, so that no clocks are compared; what
    /// comes of a verdict has its own time.
    pub(super) fn record_by_count(
        &self,
        here: ThreadStripe<'_>,
        word: Word,
        sample: Sample,
    ) -> Result<Counts, OtherWindow> {
        let slice = self.slice_at(0, here, word)?;
        let mut locked = lock(&self.locked);
        // The flags may have been those of the window before, or of the one after.
        if self.word().version() != word.version() || !RuleFlags::of(&locked.limits).are_by_count() {
            return Err(OtherWindow);
        }
        let Locked { by_count, machine, is_judged, .. } = &mut *locked;
        if !sample.is_bad() && is_half_full(window::record_success(here, slice)?) {
            by_count.hand_over(window::take_successes(here, slice));
        }
        let held = (!*is_judged).then(|| self.live_stripes().map(|stripe| window::held(stripe, slice)).sum());
        let successes = window::successes(&self.stripes_of(machine.version), slice);
        let counts = if sample.is_bad() { by_count.place(sample, successes) } else { by_count.counts(successes) };
        if let Some(held) = held {
            let rules = locked.limits.rules();
            if counts.requests >= rules.minimum() {
                // This call is judged yet; of the next ones only those that are bad.
                locked.is_judged = true;
                self.publish_word(&locked);
            } else {
                self.publish_room(slice, held, counts, &rules);
            }
        }
        Ok(counts)
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
    fn judge(&self, evidence: &Evidence) -> bool {
        let Evidence { slice, counts, in_a_row, word } = *evidence;
        // Relaxed: a mixture of old and new rules is judged again under the lock.
        let rules = Rules::from_bits(std::array::from_fn(|i| self.hot.verdict[i].load(Ordering::Relaxed)));
        if policy::verdict(counts, in_a_row, &rules).is_some() {
            // What is forced closed would take the lock for nothing.
            return word.mode() != Mode::ForcedClosed;
        }
        if let Some((slice, held)) = slice {
            self.spare_sums(word, slice, held, counts, &rules);
        }
        false
    }

    /// The slice of `now` in the window of this word, if that is the present one.
    #[inline]
    pub(super) fn slice_at(&self, now: u64, here: ThreadStripe<'_>, word: Word) -> Result<SliceId, OtherWindow> {
        if here.writer == Writer::Shared {
            return self.geometry(word).map(|geometry| geometry.slice_at(now));
        }
        match here.stripe.present.get(now, word) {
            Some(slice) => Ok(slice),
            None => self.enter_slice(now, here, word),
        }
    }

    /// This thread counts in another slice than before, or under another word.
    #[inline(never)]
    fn enter_slice(&self, now: u64, here: ThreadStripe<'_>, word: Word) -> Result<SliceId, OtherWindow> {
        let geometry = self.geometry(word)?;
        let ThreadStripe { stripe, .. } = here;
        if stripe.version() == geometry.version {
            let slice = stripe.present.enter(now, geometry, word, true);
            window::enter(stripe, slice);
            return Ok(slice);
        }
        // What its cells hold belongs to an earlier window. The lock is held until they belong to this one: else what is
        // handed over would be counted in both.
        let mut locked = lock(&self.locked);
        if locked.machine.version != geometry.version {
            return Err(OtherWindow);
        }
        locked.past.take_over(stripe);
        window::empty(stripe);
        stripe.begin_window(geometry.version);
        let slice = stripe.present.enter(now, geometry, word, false);
        window::enter(stripe, slice);
        Ok(slice)
    }

    /// The geometry of the word's version, if that is the present one.
    fn geometry(&self, word: Word) -> Result<Geometry, OtherWindow> {
        let geometry = self.read_geometry(word);
        if self.word().version() == word.version() { Ok(geometry) } else { Err(OtherWindow) }
    }
}

/// A count of successes of a window by count that is taken over, so that it never stops counting.
pub(super) fn is_half_full(successes: u64) -> bool {
    successes == Split::COUNT_WINDOW.max() / 2 + 1
}
