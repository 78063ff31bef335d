//! Records an ended call of the closed circuit in the window and the consecutive failures, and decides whether a rule
//! may fire. The rules are in [`policy`].

use super::limits::Rules;
use super::memory::{Engine, Locked};
use super::policy::{self, Counts};
use super::rule_flags::RuleFlags;
use super::slice::{Geometry, SliceId};
use super::spare::{Basis, First};
use super::split::Split;
use super::state::Mode;
use super::streak::{Number, Unnumbered};
use super::stripe::ThreadStripe;
use super::ticket::{End, PendingTransition};
use super::window::{self, OtherWindow, Sample, SlowCalls};
use super::word::Word;
use super::writer::Writer;
use crate::sync::{Ordering, fence, lock};

/// Input of the rules after a call: the counts of the window, and the consecutive failures.
struct Evidence {
    /// Set if a verdict may spare the next calls their sums.
    basis: Option<Basis>,
    counts: Counts,
    in_a_row: u64,
    /// The word that the evidence belongs to.
    word: Word,
}

impl Engine {
    /// Records the end of a call of the closed circuit. Returns what is left to be done under the lock.
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
        // Where it can't open the circuit, it is judged as any failure, so that the level includes it.
        if let End::OpenFor(nanos) = end
            && word.mode() != Mode::ForcedClosed
        {
            return Some(PendingTransition::OpenFor { word, nanos });
        }
        let Evidence { in_a_row, .. } = evidence;
        self.judge(&evidence).map(|counts| PendingTransition::Trip { word, counts, in_a_row })
    }

    /// Counts consecutive failures and places the call in the window; `None` if no verdict is needed.
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
            // Read again: a replaced window may be of the other kind.
            let flags = self.flags();
            let placed = if flags.are_by_count() {
                self.record_by_count(here, word, sample)
                    .map(|counts| flags.can_trip(sample).then_some(Evidence { basis: None, counts, in_a_row, word }))
            } else {
                self.record_by_time(here, flags, word, sample, now())
            };
            match placed {
                Ok(evidence) => break evidence.map(|evidence| Evidence { in_a_row, ..evidence }),
                Err(OtherWindow) => word = self.word_after(here, word)?,
            }
        };
        // The window's headroom spares the sum, but consecutive failures are judged all the same.
        let is_asked = in_a_row > 0 || matches!(end, End::OpenFor(_));
        window.or_else(|| is_asked.then_some(Evidence { basis: None, counts: Counts::default(), in_a_row, word }))
    }

    /// Returns the consecutive failures across threads after this call, if the rule for them may fire; otherwise 0. The
    /// thread's own run is counted in any case.
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

    /// Returns the run of failures across threads including this one, if it is long enough for the rule; otherwise 0.
    fn lengthen_streak(&self, here: ThreadStripe<'_>, word: Word) -> u64 {
        let threshold = u64::from(Rules::consecutive_failures_of(self.hot.verdict[0].load(Ordering::Relaxed)));
        // If a success came after this failure, it hides the failures before it. Then this failure is counted again,
        // after that success.
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
                // Remembered in this stripe, so that a thread whose calls all fail reads the other stripes only
                // occasionally.
                Some(run) => {
                    Self::end_streak_at(here, failure.before(run));
                    return 0;
                }
                None => {}
            }
        }
    }

    /// Called when the generation has no number left for a failure: starts another generation, whose numbers begin with
    /// the current run. Returns that run, including this failure, if the rule fires; otherwise 0. Calls in flight are
    /// late afterwards.
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

    /// Ends the run of failures across threads after a success of the closed circuit.
    #[inline]
    pub(super) fn end_streak(&self, here: ThreadStripe<'_>, word: Word) {
        if let Some(last_failure) = self.streak.0.last_failure(word.generation()) {
            Self::end_streak_at(here, last_failure);
        }
    }

    /// Notes that a success came after this failure.
    #[inline]
    fn end_streak_at(here: ThreadStripe<'_>, last_failure: Number) {
        match here.writer {
            Writer::Sole => here.stripe.streak_end.store(last_failure),
            Writer::Shared => here.stripe.streak_end.store_latest(last_failure),
        }
    }

    /// Places the call in its slice. Returns evidence if a verdict is needed.
    #[expect(clippy::inline_always, reason = "otherwise a failure takes 36 instructions more")]
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
            headroom.spares_bad_call(slice, calls, bad) || self.shared_room.0.take(slice)
        } else {
            headroom.spares_call(slice, calls)
        };
        if is_spared {
            return Ok(None);
        }
        if headroom.of_slice(slice).is_none()
            && let First::Summed(counts) = self.sum_first(word, slice)
        {
            return Ok(counts.map(|counts| Evidence { basis: None, counts, in_a_row: 0, word }));
        }
        let publications = headroom.publications();
        // SeqCst pairs with the same fence of another call that ends now: if two calls reach a threshold together, at
        // least one sees both. It also pairs with the fence in `take_room_back`.
        fence(Ordering::SeqCst);
        let Geometry { version, .. } = self.read_geometry(word);
        let (present, held, counts) = window::sum(&self.stripes_of(version), slice, self.slow_calls());
        // Loaded after the sum: a call that has counted in a window of another length since then is not in this sum.
        let again = self.word();
        if again.version() == word.version() && !again.has_past() {
            let basis = Basis { slice: present, held, publications, is_behind: present != slice };
            return Ok(Some(Evidence { basis: Some(basis), counts, in_a_row: 0, word }));
        }
        Ok(self.sum_with_past(word, now))
    }

    /// Whether a verdict needs slow calls. Relaxed, as in `record`: a verdict by a mixture is reached again under the
    /// lock.
    pub(super) fn slow_calls(&self) -> SlowCalls {
        let is_none_slow = self.hot.slow_at.load(Ordering::Relaxed) == u64::MAX;
        if is_none_slow { SlowCalls::LeftOut } else { SlowCalls::Counted }
    }

    /// Returns the new word of a call whose window is being replaced, or `None` if the call is now late. Takes counts
    /// of other windows out of the shared stripe if the call counts there.
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

    /// Returns the counts of the window, including those from windows of other lengths.
    #[cold]
    fn sum_with_past(&self, word: Word, now: u64) -> Option<Evidence> {
        let mut locked = lock(&self.locked);
        if self.word().generation() != word.generation() || RuleFlags::of(&locked.limits).are_by_count() {
            return None;
        }
        let slice = self.locked_geometry(locked.machine.word(&locked.limits)).slice_at(now);
        let (slice, held, counts) = self.window_of(&mut locked, slice, SlowCalls::Counted);
        let basis = Basis { slice, held, publications: self.hot.headroom.publications(), is_behind: true };
        Some(Evidence { basis: Some(basis), counts, in_a_row: 0, word: self.word() })
    }

    /// Returns all counts of the time-based window of this slice, or of a newer one that has begun, with the window's
    /// current slice and the counts of that slice alone.
    #[expect(clippy::inline_always, reason = "a slice with few calls pays for each function on the way")]
    #[inline(always)]
    pub(super) fn window_of(&self, locked: &mut Locked, slice: SliceId, slow: SlowCalls) -> (SliceId, Counts, Counts) {
        let geometry = self.locked_geometry(locked.machine.word(&locked.limits));
        let (slice, held, counts) = window::sum(&self.stripes_of(geometry.version), slice, slow);
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

    /// Adds a call to the shared stripe.
    fn record_shared(
        &self,
        here: ThreadStripe<'_>,
        word: Word,
        slice: SliceId,
        sample: Sample,
    ) -> Result<u64, OtherWindow> {
        if word.has_past() {
            // Under the lock, so that of a series of changes only the first one meets calls in progress.
            let _locked = lock(&self.locked);
            return if self.word().version() == word.version() {
                window::record(here, slice, sample)
            } else {
                Err(OtherWindow)
            };
        }
        let bad = window::record(here, slice, sample)?;
        // SeqCst pairs with the fence in `put_geometry`: either that thread finds the call, or this call finds the new
        // word. In the second case, the call may have been added after the stripe was emptied.
        fence(Ordering::SeqCst);
        if self.word().version() != word.version() {
            self.take_out_of_shared(&mut lock(&self.locked));
        }
        Ok(bad)
    }

    /// Takes counts of earlier windows out of the shared stripe.
    pub(super) fn take_out_of_shared(&self, locked: &mut Locked) {
        let Some(shared) = self.stripes.shared() else { return };
        let word = locked.machine.word(&locked.limits);
        locked.past.take_out(shared, self.locked_geometry(word).slice_at(0));
    }

    /// Places a call in a count-based window and returns the counts of the window. Needs no time, so no clocks are
    /// compared; a transition that follows reads its own time.
    pub(super) fn record_by_count(
        &self,
        here: ThreadStripe<'_>,
        word: Word,
        sample: Sample,
    ) -> Result<Counts, OtherWindow> {
        let slice = self.slice_at(0, here, word)?;
        let mut locked = lock(&self.locked);
        // The flags may belong to the previous or the next window.
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
                // This call is still judged; later ones only if they are bad.
                locked.is_judged = true;
                self.publish_word(&locked);
            } else {
                self.publish_room(slice, held, policy::headroom(counts, &rules));
            }
        }
        Ok(counts)
    }

    /// Moves a stripe's successes to the count-based window when its cell is half full, so that the cell never
    /// overflows.
    #[cold]
    pub(super) fn hand_over(&self, here: ThreadStripe<'_>, word: Word, slice: SliceId) {
        let mut locked = lock(&self.locked);
        let is_by_count = RuleFlags::of(&locked.limits).are_by_count();
        if is_by_count && self.word().version() == word.version() {
            locked.by_count.hand_over(window::take_successes(here, slice));
        }
    }

    /// Returns the counts by which a rule fires. If none does, the next calls may be spared their sums.
    fn judge(&self, evidence: &Evidence) -> Option<Counts> {
        let Evidence { basis, counts, in_a_row, word } = *evidence;
        // Relaxed: a verdict by a mixture of old and new rules is reached again under the lock.
        let rules = Rules::from_bits(std::array::from_fn(|i| self.hot.verdict[i].load(Ordering::Relaxed)));
        let fires = |counts: &Counts| policy::verdict(*counts, in_a_row, &rules).is_some();
        let later = || self.spare_sums(word, basis?, counts, &rules).filter(fires);
        let counts = if fires(&counts) { Some(counts) } else { later() };
        // A circuit that is forced closed would take the lock in vain.
        counts.filter(|_| word.mode() != Mode::ForcedClosed)
    }

    /// Returns the slice of `now` in the window of this word, if that window is current.
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

    /// Called when this thread counts in another slice than before, or under another word.
    #[inline(never)]
    fn enter_slice(&self, now: u64, here: ThreadStripe<'_>, word: Word) -> Result<SliceId, OtherWindow> {
        let geometry = self.geometry(word)?;
        let ThreadStripe { stripe, .. } = here;
        let is_of_window = stripe.version() == geometry.version;
        if is_of_window && self.is_in_sums(stripe, geometry.slice_at(now)) {
            let slice = stripe.present.enter(now, geometry, word, true);
            window::enter(stripe, slice);
            return Ok(slice);
        }
        let mut locked = lock(&self.locked);
        if locked.machine.version != geometry.version {
            return Err(OtherWindow);
        }
        if !is_of_window {
            // Its cells hold counts of an earlier window. The lock is held until they belong to this one: otherwise
            // counts that were taken over would be counted in both.
            locked.past.take_over(stripe);
            window::empty(stripe);
            stripe.begin_window(geometry.version);
        }
        let slice = stripe.present.enter(now, geometry, word, is_of_window);
        window::enter(stripe, slice);
        self.join_sums(stripe);
        Ok(slice)
    }

    /// Returns the geometry of the word's version, if that version is current.
    fn geometry(&self, word: Word) -> Result<Geometry, OtherWindow> {
        let geometry = self.read_geometry(word);
        if self.word().version() == word.version() { Ok(geometry) } else { Err(OtherWindow) }
    }
}

/// Whether a stripe's successes in a count-based window must be moved to the window, so that the cell never overflows.
pub(super) fn is_half_full(successes: u64) -> bool {
    successes == Split::COUNT_WINDOW.max() / 2 + 1
}

#[cfg(all(test, not(loom)))]
#[path = "evidence_tests.rs"]
mod tests;
