//! What happens under the lock: opening, probing, modes, resets, reconfiguration. Each changes the pure machine and
//! then publishes what callers read; no user code runs here.

use std::time::Duration;

use super::cell::{Due, End, Engine, HEADROOM_COUNT, HEADROOM_SLICE, NOTHING, Rare, Ticket, Transitions, rule};
use super::policy::{self, Cause, Counts, Limits, Rules, WindowLength};
use super::stripe::{Here, Slot};
use super::transition::{Admission, ProbeEnd, Refusal, Transition};
use super::window::{self, Geometry, Mark, SliceId};
use super::word::{Mode, Quick, State, Word};
use crate::sync::{Ordering, fence, lock};

impl Engine {
    /// The first thing that an engine does.
    pub(super) fn begin(&self, now: u64) {
        let mut rare = lock(&self.rare);
        let limits = rare.limits;
        self.publish_limits(&limits);
        if let WindowLength::Calls(calls) = limits.window {
            rare.by_count.restart(calls, 0);
        }
        self.publish(&mut rare, &NOTHING, now);
    }

    /// Decides about a caller whom the word alone can't answer.
    pub(crate) fn admit_rarely(&self, now: u64) -> (Result<Ticket, Refusal>, Transitions) {
        let mut rare = lock(&self.rare);
        let Rare { machine, limits, .. } = &mut *rare;
        let settled = machine.settle(now, limits);
        let (admission, transition) = machine.admit(now, limits);
        let transitions = [settled, transition];
        let word = self.publish(&mut rare, &transitions, now);
        drop(rare);
        let ticket = match admission {
            Admission::Counted => Ticket { word, start: now },
            Admission::Probe => Ticket { word: word.as_probe(), start: now },
            Admission::WouldReject => {
                self.here().count(|stripe| &stripe.would_reject);
                Ticket { word, start: now }
            }
            Admission::Refused(refusal) => return (Err(self.refuse(refusal)), transitions),
        };
        self.here().count(|stripe| &stripe.admitted);
        (Ok(ticket), transitions)
    }

    /// Does what the end of a call left to be done.
    pub(crate) fn conclude(&self, due: Due) -> Transitions {
        match due {
            Due::Probe { ticket, end, slow, now } => self.end_probe(ticket, end, slow, now),
            // Asked again, now that nothing moves.
            Due::Trip { word, counts, in_a_row, now } => {
                self.trip(word, now, None, |limits| policy::verdict(counts, in_a_row, &limits.rules()))
            }
            Due::OpenFor { word, nanos, now } => self.trip(word, now, Some(nanos), |limits| {
                Some(Cause::OpenFor { open_for: Duration::from_nanos(nanos.min(limits.open_timeout_max)) })
            }),
        }
    }

    fn trip(
        &self,
        word: Word,
        now: u64,
        open_for: Option<u64>,
        cause: impl FnOnce(&Limits) -> Option<Cause>,
    ) -> Transitions {
        let mut rare = lock(&self.rare);
        let limits = rare.limits;
        if rare.machine.word(&limits).generation() != word.generation() {
            return NOTHING;
        }
        let Some(cause) = cause(&limits) else { return NOTHING };
        let open_for = open_for.map(|nanos| nanos.min(limits.open_timeout_max));
        let transitions = [rare.machine.trip(cause, now, open_for, &limits), None];
        self.publish(&mut rare, &transitions, now);
        transitions
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
        let value = (slice.0 & HEADROOM_SLICE) << 24 | room.min(HEADROOM_COUNT);
        if self.hot.headroom.load(Ordering::Relaxed) == value {
            return;
        }
        let rare = lock(&self.rare);
        // Under the lock, so that room under old rules can't outlive a reconfiguration.
        let current = self.word() == word && rare.limits.rules() == *rules;
        if current {
            self.hot.headroom.store(value, Ordering::Relaxed);
            // SeqCst pairs with the fence in `new_stripe`.
            fence(Ordering::SeqCst);
            if self.live_stripes().count() as u64 > stripes {
                self.hot.headroom.store(0, Ordering::Relaxed);
            }
        }
    }

    fn end_probe(&self, ticket: Ticket, end: End, slow: bool, now: u64) -> Transitions {
        let mut rare = lock(&self.rare);
        let Rare { machine, limits, .. } = &mut *rare;
        if machine.word(limits).generation() != ticket.word.generation() {
            drop(rare);
            self.here().count(|stripe| &stripe.late);
            return NOTHING;
        }
        let settled = machine.settle(now, limits);
        let slow = slow && limits.slow_is_a_rule();
        let end = match end {
            End::OpenFor(nanos) => ProbeEnd::OpenFor(nanos),
            End::Failure | End::TimedOut => ProbeEnd::Failure,
            End::Success | End::Abandoned if slow => ProbeEnd::Slow,
            End::Success => ProbeEnd::Success,
            End::Ignored | End::Abandoned => ProbeEnd::Neutral,
        };
        let ended = if settled.is_none() { machine.end_probe(ticket.start, end, now, limits) } else { None };
        let transitions = [settled, ended];
        self.publish(&mut rare, &transitions, now);
        drop(rare);
        if settled.is_some() {
            self.here().count(|stripe| &stripe.late);
        }
        transitions
    }

    /// What time alone has done by now.
    pub(crate) fn settle(&self, now: u64) -> Transitions {
        if self.word().state() != State::HalfOpen {
            return NOTHING;
        }
        let mut rare = lock(&self.rare);
        let Rare { machine, limits, .. } = &mut *rare;
        let transitions = [machine.settle(now, limits), None];
        self.publish(&mut rare, &transitions, now);
        transitions
    }

    /// A health check has failed.
    #[cfg(feature = "tokio")]
    pub(crate) fn check_failed(&self, now: u64) -> Transitions {
        let mut rare = lock(&self.rare);
        let Rare { machine, limits, .. } = &mut *rare;
        let settled = machine.settle(now, limits);
        // A lease that has just lapsed has opened the circuit already.
        let transitions = if settled.is_some() { [settled, None] } else { machine.check_failed(now, limits) };
        self.publish(&mut rare, &transitions, now);
        transitions
    }

    /// A health check has succeeded.
    #[cfg(feature = "tokio")]
    pub(crate) fn check_passed(&self, now: u64) -> Transitions {
        let mut rare = lock(&self.rare);
        let Rare { machine, limits, .. } = &mut *rare;
        let settled = machine.settle(now, limits);
        let transitions = [settled, machine.check_passed(now)];
        self.publish(&mut rare, &transitions, now);
        transitions
    }

    /// Changes the mode: what the change replaced and its place in history, and the transition that came with it.
    pub(crate) fn set_mode(&self, mode: Mode, now: u64) -> (Option<(Mode, u64)>, Transitions) {
        let mut rare = lock(&self.rare);
        let Rare { machine, limits, .. } = &mut *rare;
        let settled = machine.settle(now, limits);
        let changed = (machine.mode != mode).then(|| (machine.mode, machine.next_sequence()));
        let transitions = [settled, machine.set_mode(mode, now)];
        rare.is_judged = false;
        self.publish(&mut rare, &transitions, now);
        (changed, transitions)
    }

    /// Closes the circuit with an empty window.
    pub(crate) fn reset(&self, now: u64) -> Transitions {
        let mut rare = lock(&self.rare);
        let Rare { machine, limits, .. } = &mut *rare;
        let transitions = [machine.settle(now, limits), machine.reset(now)];
        if transitions[1].is_none() {
            self.start_window(&mut rare, now);
        }
        self.publish(&mut rare, &transitions, now);
        transitions
    }

    /// A place in history for something that happens outside the engine.
    pub(crate) fn next_sequence(&self) -> u64 {
        lock(&self.rare).machine.next_sequence()
    }

    /// Takes new limits and keeps state, counters and what of the window still fits; its place in history.
    pub(crate) fn reconfigure(&self, limits: Limits, now: u64) -> u64 {
        let mut rare = lock(&self.rare);
        let old = std::mem::replace(&mut rare.limits, limits);
        if old.consecutive_failures.is_none() && limits.consecutive_failures.is_some() {
            self.begin_streak(rare.machine.counted_in);
        }
        if old.window != limits.window {
            self.change_window(&mut rare, old.window, now);
        }
        rare.is_judged = false;
        self.publish_limits(&limits);
        let sequence = rare.machine.next_sequence();
        self.publish(&mut rare, &NOTHING, now);
        sequence
    }

    /// Writes what callers read: the word after all that it brings along.
    fn publish(&self, rare: &mut Rare, transitions: &Transitions, now: u64) -> Word {
        for transition in transitions.iter().flatten() {
            rare.transitions[transition_index(transition)] += 1;
            if transition.to == State::Closed {
                self.start_window(rare, now);
            }
        }
        // What holds for one word is never read beside another: beside the new one, this or its own; beside the old one,
        // its own or this, or a newer one that brings the new word along.
        self.hot.quiet_until.store(0, Ordering::Relaxed);
        let word = self.publish_word(rare);
        // Release pairs with the Acquire in `admit`.
        self.hot.quiet_until.store(rare.machine.quiet_until(&rare.limits), Ordering::Release);
        word
    }

    fn publish_word(&self, rare: &Rare) -> Word {
        let word = rare.machine.word(&rare.limits).with_quick(quick(rare));
        // Release pairs with the Acquire in `Engine::word`.
        self.hot.word.store(word.bits(), Ordering::Release);
        word
    }

    /// An empty window under a new version.
    fn start_window(&self, rare: &mut Rare, now: u64) {
        let length = rare.limits.window;
        let before = self.locked_geometry(rare.machine.word(&rare.limits)).slice_at(now);
        let geometry = Geometry::of(length, now, before);
        self.put_geometry(rare, geometry);
        if let WindowLength::Calls(calls) = length {
            rare.by_count.restart(calls, window::successes(self.live_stripes(), geometry.slice_at(now)));
        }
        rare.is_judged = false;
    }

    /// Another window takes over what still fits: slices by their time, or the newest calls.
    fn change_window(&self, rare: &mut Rare, before: WindowLength, now: u64) {
        let old = self.locked_geometry(rare.machine.word(&rare.limits));
        let slice = old.slice_at(now);
        match (before, rare.limits.window) {
            (WindowLength::Time(were), WindowLength::Time(length)) => {
                let new = Geometry::starting(length, now, slice);
                let shared = self.stripe(Slot::SHARED);
                let held: Vec<_> = window::slices(self.live_stripes(), slice).collect();
                for (slice, counts) in held.into_iter().filter(|(_, counts)| counts.requests > 0) {
                    window::carry(shared, new.slice_at(old.safe_start_of(slice, were)), counts);
                }
                self.put_geometry(rare, new);
            }
            (WindowLength::Calls(_), WindowLength::Calls(calls)) => {
                rare.by_count.resize(calls, window::successes(self.live_stripes(), slice));
            }
            _ => self.start_window(rare, now),
        }
    }

    /// Places a call in a window by count; what the window holds then. `None` if the result is late by now, or its
    /// window has been replaced.
    pub(super) fn record_by_count(&self, here: Here<'_>, word: Word, mark: Mark) -> Option<Counts> {
        let mut rare = lock(&self.rare);
        let current = self.word();
        if current.generation() != word.generation() {
            here.count(|stripe| &stripe.late);
            return None;
        }
        if current.version() != word.version() {
            return None;
        }
        let slice = self.locked_geometry(word).slice_at(0);
        let is_bad = mark.failure || mark.slow;
        if !is_bad && window::record_success(here, slice) {
            rare.by_count.hand_over(window::take_successes(here, slice));
        }
        let successes = window::successes(self.live_stripes(), slice);
        let counts = if is_bad { rare.by_count.place(mark, successes) } else { rare.by_count.counts(successes) };
        if !rare.is_judged && counts.requests >= rare.limits.rules().minimum() {
            // This call is judged yet; of the next ones only those that are bad.
            rare.is_judged = true;
            self.publish_word(&rare);
        }
        Some(counts)
    }

    /// A stripe's count of successes is half full: the window takes it over, so that it never stops counting.
    #[cold]
    pub(super) fn hand_over(&self, here: Here<'_>, word: Word, slice: SliceId) {
        let mut rare = lock(&self.rare);
        let is_by_count = matches!(rare.limits.window, WindowLength::Calls(_));
        if is_by_count && self.word().version() == word.version() {
            rare.by_count.hand_over(window::take_successes(here, slice));
        }
    }

    pub(super) fn publish_limits(&self, limits: &Limits) {
        let flag = |on: bool, bit: u64| if on { bit } else { 0 };
        let rules = limits.rules();
        let flags = flag(rules.success_can_trip(), rule::SUCCESS_CAN_TRIP)
            | flag(limits.places_successes(), rule::PLACES_SUCCESSES)
            | flag(rules.consecutive_failures.is_some(), rule::STREAK)
            | flag(rules.window_can_trip(), rule::WINDOW)
            | flag(matches!(limits.window, WindowLength::Calls(_)), rule::BY_COUNT);
        for (cell, bits) in self.hot.verdict.iter().zip(rules.to_bits()) {
            cell.store(bits, Ordering::Relaxed);
        }
        self.hot.headroom.store(0, Ordering::Relaxed);
        self.hot.slow_at.store(limits.slow_call_duration.unwrap_or(u64::MAX), Ordering::Relaxed);
        self.hot.rules.store(flags, Ordering::Relaxed);
    }

    /// A new version of the window. Callers see it with the next `publish`; until then they read the other geometry.
    fn put_geometry(&self, rare: &mut Rare, geometry: Geometry) {
        rare.machine.version = rare.machine.version.wrapping_add(1);
        let [scale, offset] = &self.hot.geometry[usize::from(rare.machine.version & 1)];
        scale.store(geometry.scale, Ordering::Release);
        offset.store(geometry.offset, Ordering::Release);
    }
}

/// The ways that are open to a success of the closed circuit.
fn quick(rare: &Rare) -> Quick {
    let limits = &rare.limits;
    let rules = limits.rules();
    let (places, can_trip) = (limits.places_successes(), rules.success_can_trip());
    let is_by_count = matches!(limits.window, WindowLength::Calls(_));
    Quick {
        plain: !places,
        placed: places && (!is_by_count || !can_trip || rare.is_judged),
        asks: can_trip && !is_by_count,
        streak: rules.consecutive_failures.is_some(),
    }
}

fn transition_index(transition: &Transition) -> usize {
    match (transition.from, transition.to) {
        (State::Closed, _) => 0,
        (State::Open, State::HalfOpen) => 1,
        (State::HalfOpen, State::Closed) => 2,
        (State::HalfOpen, _) => 3,
        (State::Open, _) => 4,
    }
}

#[cfg(all(test, not(loom)))]
#[path = "rare_tests.rs"]
mod tests;
