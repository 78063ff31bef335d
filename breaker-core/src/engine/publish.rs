//! Publishing under the lock: the word, the rules and the window's geometry, which callers read. Reconfiguration
//! publishes these too.

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
    /// Publishes the state of a new engine.
    pub(super) fn publish_first(&self, now: u64) {
        let mut locked = lock(&self.locked);
        let limits = locked.limits;
        self.publish_limits(&limits);
        if let WindowLength::Calls(calls) = limits.window {
            locked.by_count.restart(calls);
        }
        self.publish(&mut locked, Transitions::NONE, now);
    }

    /// Sets new limits. Keeps the state, the counters, and the part of the window that still fits. Returns the
    /// transitions that time had caused before, and the sequence number of the reconfiguration after them.
    pub(crate) fn reconfigure(&self, limits: Limits, now: u64) -> (Transitions, u64) {
        let mut locked = lock(&self.locked);
        let old = std::mem::replace(&mut locked.limits, limits);
        // Uses the old limits: a lease that has ended stays ended.
        let settled = Transitions([locked.machine.settle(now, &old), None]);
        locked.is_judged = false;
        // Callers count consecutive failures as soon as they see the rule, with the next word. The count must start at
        // zero.
        if old.consecutive_failures.is_none() {
            self.streak.0.begin(locked.machine.counted_in);
        }
        // Before a window that may be of the other kind: callers that see its word must also see its kind.
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

    /// Publishes what callers read: the word after everything that it makes visible.
    pub(super) fn publish(&self, locked: &mut Locked, transitions: Transitions, now: u64) -> Word {
        for transition in transitions.iter() {
            locked.transitions[transition_index(transition)] += 1;
            locked.times.enter(transition.to, transition.at, locked.machine.until);
            if transition.to == State::Closed {
                self.start_window(locked, now);
            }
        }
        locked.times.show(&locked.machine, now);
        // The value for one word is never used with another. With the new word, a caller reads this 0 or the new value.
        // With the old word, it reads the old value, this 0, or the new value, which makes the new word visible.
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
        self.take_back();
        self.hot.slow_at.store(limits.slow_call_duration.unwrap_or(u64::MAX), Ordering::Relaxed);
        self.hot.flags.store(RuleFlags::of(limits).bits(), Ordering::Relaxed);
    }

    /// Starts an empty window under a new version.
    pub(super) fn start_window(&self, locked: &mut Locked, now: u64) {
        let length = locked.limits.window;
        locked.past.clear();
        locked.is_judged = false;
        self.put_geometry(locked, length, now);
        if let WindowLength::Calls(calls) = length {
            locked.by_count.restart(calls);
        }
    }

    /// Changes the length of the window and keeps what still fits: slices by their time, or the newest calls.
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

    /// Starts and publishes a new version of the window. Callers that still count under the old one detect that.
    fn put_geometry(&self, locked: &mut Locked, length: WindowLength, now: u64) {
        locked.machine.version += 1;
        let Geometry { scale, offset, version } = Geometry::starting(length, now, locked.machine.version);
        let slot = &self.hot.geometry[usize::from(version & 1 != 0)];
        for (cell, value) in slot.iter().zip([scale, offset, version]) {
            // Release pairs with the Acquire in `read_geometry`.
            cell.store(value, Ordering::Release);
        }
        self.take_back();
        self.publish_word(locked);
        // SeqCst pairs with the fence in `record_shared`.
        fence(Ordering::SeqCst);
        self.take_out_of_shared(locked);
    }
}

/// Returns the short paths that a success of the closed circuit may take.
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
