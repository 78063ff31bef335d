//! What the holder of the lock writes for callers to read: the word, the rules, the window's geometry. Reconfiguration is
//! nothing but that.

use super::limits::{Limits, WindowLength};
use super::memory::{Engine, Locked};
use super::rule_flags::RuleFlags;
use super::slot::Slot;
use super::state::State;
use super::transition::{Transition, Transitions};
use super::window::{self, Geometry};
use super::word::{Quick, Word};
use crate::sync::{Ordering, lock};

impl Engine {
    /// The first thing that an engine does.
    pub(super) fn publish_first(&self, now: u64) {
        let mut locked = lock(&self.locked);
        let limits = locked.limits;
        self.publish_limits(&limits);
        if let WindowLength::Calls(calls) = limits.window {
            locked.by_count.restart(calls, 0);
        }
        self.publish(&mut locked, Transitions::NONE, now);
    }

    /// Takes new limits and keeps state, counters and what of the window still fits; its place in history.
    pub(crate) fn reconfigure(&self, limits: Limits, now: u64) -> u64 {
        let mut locked = lock(&self.locked);
        let old = std::mem::replace(&mut locked.limits, limits);
        if old.consecutive_failures.is_none() && limits.consecutive_failures.is_some() {
            self.begin_streak(locked.machine.counted_in);
        }
        if old.window != limits.window {
            self.change_window(&mut locked, old.window, now);
        }
        locked.is_judged = false;
        self.publish_limits(&limits);
        let sequence = locked.machine.next_sequence();
        self.publish(&mut locked, Transitions::NONE, now);
        sequence
    }

    /// Writes what callers read: the word after all that it brings along.
    pub(super) fn publish(&self, locked: &mut Locked, transitions: Transitions, now: u64) -> Word {
        for transition in transitions.iter() {
            locked.transitions[transition_index(transition)] += 1;
            if transition.to == State::Closed {
                self.start_window(locked, now);
            }
        }
        // What holds for one word is never read beside another: beside the new one, this or its own; beside the old one,
        // its own or this, or a newer one that brings the new word along.
        self.hot.quiet_until.store(0, Ordering::Relaxed);
        let word = self.publish_word(locked);
        // Release pairs with the Acquire in `admit`.
        self.hot.quiet_until.store(locked.machine.quiet_until(&locked.limits), Ordering::Release);
        word
    }

    pub(super) fn publish_word(&self, locked: &Locked) -> Word {
        let word = locked.machine.word(&locked.limits).with_quick(quick(locked));
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
        let before = self.locked_geometry(locked.machine.word(&locked.limits)).slice_at(now);
        let geometry = Geometry::of(length, now, before);
        self.put_geometry(locked, geometry);
        if let WindowLength::Calls(calls) = length {
            locked.by_count.restart(calls, window::successes(self.live_stripes(), geometry.slice_at(now)));
        }
        locked.is_judged = false;
    }

    /// Another window takes over what still fits: slices by their time, or the newest calls.
    fn change_window(&self, locked: &mut Locked, before: WindowLength, now: u64) {
        let old = self.locked_geometry(locked.machine.word(&locked.limits));
        let slice = old.slice_at(now);
        match (before, locked.limits.window) {
            (WindowLength::Time(were), WindowLength::Time(length)) => {
                let new = Geometry::starting(length, now, slice);
                let shared = self.stripe(Slot::SHARED);
                let held: Vec<_> = window::slices(self.live_stripes(), slice).collect();
                for (slice, counts) in held.into_iter().filter(|(_, counts)| counts.requests > 0) {
                    window::carry(shared, new.slice_at(old.safe_start_of(slice, were)), counts);
                }
                self.put_geometry(locked, new);
            }
            (WindowLength::Calls(_), WindowLength::Calls(calls)) => {
                locked.by_count.resize(calls, window::successes(self.live_stripes(), slice));
            }
            _ => self.start_window(locked, now),
        }
    }

    /// A new version of the window. Callers see it with the next `publish`; until then they read the other geometry.
    fn put_geometry(&self, locked: &mut Locked, geometry: Geometry) {
        locked.machine.version = locked.machine.version.wrapping_add(1);
        let [scale, offset] = &self.hot.geometry[usize::from(locked.machine.version & 1)];
        scale.store(geometry.scale, Ordering::Release);
        offset.store(geometry.offset, Ordering::Release);
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
        placed: places && (!is_by_count || !can_trip || locked.is_judged),
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
