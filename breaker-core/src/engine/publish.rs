//! What the holder of the lock writes for callers to read: the word, the rules, the window's geometry. Reconfiguration is
//! nothing but that.

use super::limits::{Limits, WindowLength};
use super::memory::{Engine, Locked};
use super::rule_flags::RuleFlags;
use super::slice::Geometry;
use super::state::State;
use super::transition::{Transition, Transitions};
use super::window;
use super::word::{Quick, Word};
use crate::sync::{Ordering, fence, lock};

impl Engine {
    /// The first thing that an engine does.
    pub(super) fn publish_first(&self, now: u64) {
        let mut locked = lock(&self.locked);
        let limits = locked.limits;
        self.publish_limits(&limits);
        if let WindowLength::Calls(calls) = limits.window {
            locked.by_count.restart(calls);
        }
        self.publish(&mut locked, Transitions::NONE, now);
    }

    /// Takes new limits and keeps state, counters and what of the window still fits: what time alone had done before, and the
    /// change's place in history after that.
    pub(crate) fn reconfigure(&self, limits: Limits, now: u64) -> (Transitions, u64) {
        let mut locked = lock(&self.locked);
        let old = std::mem::replace(&mut locked.limits, limits);
        // By the old limits: a lease that is over stays over.
        let settled = Transitions([locked.machine.settle(now, &old), None]);
        locked.is_judged = false;
        // Callers count the streak once they see the rule, with the next word: from nothing.
        if old.consecutive_failures.is_none() {
            self.streak.0.begin(locked.machine.counted_in);
        }
        // Before a window that may be of the other kind: by the word of that, callers see what kind it is.
        self.publish_limits(&limits);
        if !limits.can_be_judged_by_window_of(&old) {
            self.start_window(&mut locked, now);
        } else if old.window != limits.window {
            self.change_window(&mut locked, old.window, now);
        }
        locked.machine.obey(&limits);
        let sequence = locked.machine.next_sequence();
        self.publish(&mut locked, settled, now);
        (settled, sequence)
    }

    /// Writes what callers read: the word after all that it brings along.
    pub(super) fn publish(&self, locked: &mut Locked, transitions: Transitions, now: u64) -> Word {
        for transition in transitions.iter() {
            locked.transitions[transition_index(transition)] += 1;
            locked.times.enter(transition.to, transition.at, locked.machine.until);
            if transition.to == State::Closed {
                self.start_window(locked, now);
            }
        }
        locked.times.show(&locked.machine, now);
        // What holds for one word is never read beside another: beside the new one, this or its own; beside the old one,
        // its own or this, or a newer one that brings the new word along.
        self.hot.quiet_until.store(0, Ordering::Relaxed);
        let word = self.publish_word(locked);
        // Release pairs with the Acquire in `admit`.
        self.hot.quiet_until.store(locked.machine.quiet_until(&locked.limits), Ordering::Release);
        word
    }

    pub(super) fn publish_word(&self, locked: &Locked) -> Word {
        let word = locked.machine.word(&locked.limits).with_quick(quick(locked)).with_past(!locked.past.is_empty());
        // Release pairs with the Acquire in `Engine::word`.
        self.hot.word.store(word.bits(), Ordering::Release);
        word
    }

    fn publish_limits(&self, limits: &Limits) {
        for (cell, bits) in self.hot.verdict.iter().zip(limits.rules().to_bits()) {
            cell.store(bits, Ordering::Relaxed);
        }
        self.hot.headroom.take_back();
        self.hot.slow_at.store(limits.slow_call_duration.unwrap_or(u64::MAX), Ordering::Relaxed);
        self.hot.flags.store(RuleFlags::of(limits).bits(), Ordering::Relaxed);
    }

    /// An empty window under a new version.
    pub(super) fn start_window(&self, locked: &mut Locked, now: u64) {
        let length = locked.limits.window;
        locked.past.clear();
        locked.is_judged = false;
        self.put_geometry(locked, length, now);
        if let WindowLength::Calls(calls) = length {
            locked.by_count.restart(calls);
        }
    }

    /// A window of another length takes over what still fits: slices by their time, or the newest calls.
    fn change_window(&self, locked: &mut Locked, before: WindowLength, now: u64) {
        let word = locked.machine.word(&locked.limits);
        let old = self.locked_geometry(word);
        match (before, locked.limits.window) {
            (WindowLength::Time(_), length @ WindowLength::Time(_)) => {
                locked.past.end_era(old, now, self.live_stripes());
                self.put_geometry(locked, length, now);
            }
            (WindowLength::Calls(_), WindowLength::Calls(calls)) => {
                let successes = window::successes(&self.stripes_of(old.version), old.slice_at(now));
                locked.by_count.resize(calls, successes);
            }
            _ => self.start_window(locked, now),
        }
    }

    /// A new version of the window, published at once: who still counts under the old one finds that out.
    fn put_geometry(&self, locked: &mut Locked, length: WindowLength, now: u64) {
        locked.machine.version += 1;
        let Geometry { scale, offset, version } = Geometry::starting(length, now, locked.machine.version);
        let slot = &self.hot.geometry[usize::from(version & 1 != 0)];
        for (cell, value) in slot.iter().zip([scale, offset, version]) {
            // Release pairs with the Acquire in `read_geometry`.
            cell.store(value, Ordering::Release);
        }
        self.hot.headroom.take_back();
        self.publish_word(locked);
        // SeqCst pairs with the fence in `record_shared`.
        fence(Ordering::SeqCst);
        self.take_out_of_shared(locked);
    }
}

/// The ways that are open to a success of the closed circuit.
fn quick(locked: &Locked) -> Quick {
    let limits = &locked.limits;
    let rules = limits.rules();
    let (places, can_trip) = (limits.places_successes(), rules.success_can_trip());
    let is_by_count = matches!(limits.window, WindowLength::Calls(_));
    Quick {
        plain: !places,
        placed: places,
        asks: can_trip && !(is_by_count && locked.is_judged),
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
