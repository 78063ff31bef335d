//! What happens under the lock: opening, probing, modes, resets, reconfiguration. Each changes the pure machine and
//! then publishes what callers read; no user code runs here.

use std::time::Duration;

use super::cell::{
    Due, End, Engine, HEADROOM_COUNT, HEADROOM_SLICE, NOTHING, Rare, Ticket, Transitions, class_of, rule,
};
use super::policy::{self, Cause, Counts, Limits, Rules, WindowLength};
use super::stripe::Slot;
use super::transition::{Admission, ProbeEnd, Refusal, Transition};
use super::window::{self, Geometry, SliceId};
use super::word::{Mode, State, Word};
use crate::sync::{Ordering, fence, lock};

impl Engine {
    /// Decides about a caller whom the word alone can't answer.
    pub(crate) fn admit_rarely(&self, now: u64) -> (Result<Ticket, Refusal>, Transitions) {
        let mut rare = lock(&self.rare);
        let Rare { machine, limits, .. } = &mut *rare;
        let settled = machine.settle(now, limits);
        let (admission, transition) = machine.admit(now, limits);
        let word = machine.word(limits);
        let transitions = [settled, transition];
        self.publish(&mut rare, &transitions, now);
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
        let current = rare.machine.word(&rare.limits).bits() == word.bits() && rare.limits.rules() == *rules;
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
        if machine.generation != ticket.word.generation() {
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
        let word = Word::from_bits(self.hot.word.load(Ordering::Acquire));
        if word.state() != State::HalfOpen {
            return NOTHING;
        }
        let mut rare = lock(&self.rare);
        let Rare { machine, limits, .. } = &mut *rare;
        let transitions = [machine.settle(now, limits), None];
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
        self.publish_limits(&limits);
        let sequence = rare.machine.next_sequence();
        self.publish(&mut rare, &NOTHING, now);
        sequence
    }

    /// Writes what callers read. The word comes last.
    fn publish(&self, rare: &mut Rare, transitions: &Transitions, now: u64) {
        for transition in transitions.iter().flatten() {
            rare.transitions[transition_index(transition)] += 1;
            if transition.to == State::Closed {
                self.start_window(rare, now);
            }
        }
        let quiet_until = rare.machine.quiet_until(&rare.limits);
        self.hot.quiet_until.store(quiet_until, Ordering::Relaxed);
        let word = rare.machine.word(&rare.limits).bits();
        // Release pairs with the Acquire loads of the word.
        self.hot.word.store(word, Ordering::Release);
    }

    /// Sends every call to the lock until the next `publish`, so that no result slips from one window into another.
    /// A result that ends in this moment counts everywhere but in the window.
    fn hold_calls(&self) {
        self.hot.quiet_until.store(0, Ordering::Relaxed);
        let word = Word::from_bits(self.hot.word.load(Ordering::Relaxed));
        self.hot.word.store(word.held().bits(), Ordering::Release);
    }

    /// An empty window under a new version.
    fn start_window(&self, rare: &mut Rare, now: u64) {
        let length = rare.limits.window;
        let word = rare.machine.word(&rare.limits);
        let before = self.locked_geometry(word).slice_at(now);
        self.hold_calls();
        rare.machine.version = rare.machine.version.wrapping_add(1);
        self.put_geometry(rare.machine.version, Geometry::starting(time_of(length), now, before));
        if let WindowLength::Calls(calls) = length {
            self.ring_for(calls).restart(calls);
        }
    }

    /// Another window takes over what still fits: slices by their time, or the newest calls by their order.
    fn change_window(&self, rare: &mut Rare, before: WindowLength, now: u64) {
        let old = self.locked_geometry(rare.machine.word(&rare.limits));
        let slice = old.slice_at(now);
        self.hold_calls();
        match (before, rare.limits.window) {
            (WindowLength::Time(were), WindowLength::Time(length)) => {
                rare.machine.version = rare.machine.version.wrapping_add(1);
                let new = Geometry::starting(length, now, slice);
                let shared = self.stripe(Slot::SHARED);
                let held: Vec<_> = window::slices(self.live_stripes(), slice).collect();
                for (slice, counts) in held.into_iter().filter(|(_, counts)| counts.requests > 0) {
                    window::carry(shared, new.slice_at(old.safe_start_of(slice, were)), counts);
                }
                self.put_geometry(rare.machine.version, new);
            }
            (WindowLength::Calls(were), WindowLength::Calls(calls)) => {
                let marks = self.ring_for(were).newest(were.min(calls));
                rare.machine.version = rare.machine.version.wrapping_add(1);
                self.put_geometry(rare.machine.version, old);
                let ring = self.ring_for(calls);
                ring.restart(calls);
                for mark in marks {
                    ring.record(mark, || true);
                }
            }
            _ => self.start_window(rare, now),
        }
    }

    pub(super) fn publish_limits(&self, limits: &Limits) {
        let flag = |on: bool, bit: u64| if on { bit } else { 0 };
        let ring = match limits.window {
            WindowLength::Calls(calls) => 1 + class_of(calls) as u64,
            WindowLength::Time(_) => 0,
        };
        let rules = limits.rules();
        let no_streak = rules.consecutive_failures.is_none();
        let flags = flag(rules.success_can_trip(), rule::SUCCESS_CAN_TRIP)
            | flag(limits.places_successes(), rule::PLACES_SUCCESSES)
            | flag(rules.consecutive_failures.is_some(), rule::STREAK)
            | flag(rules.window_can_trip(), rule::WINDOW)
            | flag(no_streak && !limits.is_timed() && !limits.places_successes(), rule::PLAIN_SUCCESS)
            | flag(no_streak && limits.is_timed() && limits.places_successes() && ring == 0, rule::TIMED_SUCCESS)
            | ring << rule::RING;
        for (cell, bits) in self.hot.verdict.iter().zip(rules.to_bits()) {
            cell.store(bits, Ordering::Relaxed);
        }
        self.hot.headroom.store(0, Ordering::Relaxed);
        self.hot.ring_bounds.store(policy::full_window_bounds(limits.window, &rules), Ordering::Relaxed);
        self.hot.slow_at.store(limits.slow_call_duration.unwrap_or(u64::MAX), Ordering::Relaxed);
        self.hot.rules.store(flags, Ordering::Relaxed);
    }

    fn put_geometry(&self, version: u16, geometry: Geometry) {
        let [scale, offset] = &self.hot.geometry[usize::from(version & 1)];
        scale.store(geometry.scale, Ordering::Release);
        offset.store(geometry.offset, Ordering::Release);
    }
}

/// The length of the slices' window; a window by count keeps slices unused.
pub(super) fn time_of(length: WindowLength) -> u64 {
    match length {
        WindowLength::Time(nanos) => nanos,
        WindowLength::Calls(_) => u64::MAX,
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
