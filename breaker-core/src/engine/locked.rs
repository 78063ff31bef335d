//! Operations under the lock: opening, probing, checks, modes, resets. Each changes the pure machine and then publishes
//! what callers read; no user code runs here.

use std::time::Duration;

use super::cause::Cause;
use super::limits::Limits;
use super::memory::{Engine, Locked};
use super::policy;
use super::stalled::Stalled;
use super::state::{Mode, State};
use super::ticket::{End, PendingTransition, Ticket};
use super::transition::{Admission, ProbeEnd, Rejected, Transitions};
use super::word::Word;
use crate::sync::lock;

/// What the end of a call has led to.
#[derive(Clone, Copy, Debug)]
#[must_use = "listeners wait for it"]
pub(super) enum Concluded {
    Moved(Transitions),
    /// Nothing has moved, for a long time.
    Stalled(Stalled),
}

impl Engine {
    /// Decides admission when the word alone is not enough.
    pub(super) fn admit_locked(&self, now: u64) -> (Result<Ticket, Rejected>, Transitions) {
        let mut locked = lock(&self.locked);
        let Locked { machine, limits, .. } = &mut *locked;
        let settled = machine.settle(now, limits);
        let (admission, transition) = machine.admit(now, limits);
        let transitions = Transitions([settled, transition]);
        let word = self.publish(&mut locked, transitions, now);
        drop(locked);
        let ticket = match admission {
            Admission::Counted => Ticket { word, start: now },
            Admission::Probe => Ticket { word: word.unmarked().as_probe(), start: now },
            Admission::WouldReject => {
                self.thread_stripe().count(|stripe| &stripe.would_reject);
                Ticket { word: word.unmarked(), start: now }
            }
            Admission::Rejected(rejected) => return (Err(self.reject(rejected)), transitions),
        };
        self.thread_stripe().count(|stripe| &stripe.admitted);
        (Ok(ticket), transitions)
    }

    /// Whether a call would be admitted, when the word alone is not enough.
    pub(super) fn peek_locked(&self, now: u64) -> Result<(), Rejected> {
        let locked = lock(&self.locked);
        let mut machine = locked.machine.clone();
        let _ = machine.settle(now, &locked.limits);
        match machine.admit(now, &locked.limits).0 {
            Admission::Rejected(rejected) => Err(rejected),
            Admission::Counted | Admission::Probe | Admission::WouldReject => Ok(()),
        }
    }

    /// See [`Machine::is_probing`].
    pub(super) fn is_probing(&self, generation: u64, now: u64) -> bool {
        let Locked { machine, limits, .. } = &*lock(&self.locked);
        machine.is_probing(generation, now, limits)
    }

    /// Applies what the end of a call left to be done.
    pub(super) fn conclude(&self, pending: PendingTransition, now: u64) -> Concluded {
        let transitions = match pending {
            PendingTransition::Probe { ticket, end, slow } => return self.end_probe(ticket, end, slow, now),
            // Decided again, now under the lock.
            PendingTransition::Trip { word, counts, in_a_row } => {
                self.trip(word, now, None, |limits| policy::decide(counts, in_a_row, limits))
            }
            PendingTransition::OpenFor { word, nanos } => self.trip(word, now, Some(nanos), |limits| {
                Some(Cause::OpenFor { open_for: Duration::from_nanos(nanos.min(limits.open_timeout_max)) })
            }),
        };
        Concluded::Moved(transitions)
    }

    fn trip(
        &self,
        word: Word,
        now: u64,
        open_for: Option<u64>,
        cause: impl FnOnce(&Limits) -> Option<Cause>,
    ) -> Transitions {
        let mut locked = lock(&self.locked);
        let limits = locked.limits;
        if locked.machine.word(&limits).generation() != word.generation() {
            return Transitions::NONE;
        }
        let Some(cause) = cause(&limits) else {
            // The rules have changed meanwhile, and a level of the new ones may not include this call.
            self.take_room_back();
            return Transitions::NONE;
        };
        let open_for = open_for.map(|nanos| nanos.min(limits.open_timeout_max));
        let transitions = Transitions([locked.machine.trip(cause, now, open_for, &limits), None]);
        self.publish(&mut locked, transitions, now);
        transitions
    }

    fn end_probe(&self, ticket: Ticket, end: End, slow: bool, now: u64) -> Concluded {
        let mut locked = lock(&self.locked);
        let Locked { machine, limits, .. } = &mut *locked;
        let slow = slow && limits.slow_is_a_rule();
        let is_late = machine.word(limits).generation() != ticket.word.generation();
        // Before learning, so that the lease of a probe that has ended stays ended.
        let settled = machine.settle(now, limits);
        if end == End::Success && !slow {
            machine.learn(now.saturating_sub(ticket.start), limits);
        }
        if is_late {
            let transitions = Transitions([settled, None]);
            self.publish(&mut locked, transitions, now);
            drop(locked);
            self.thread_stripe().count(|stripe| &stripe.late);
            return Concluded::Moved(transitions);
        }
        let (is_cut_off, is_ignored) = (end == End::TimedOut, end == End::Ignored);
        let end = match end {
            End::OpenFor(nanos) => ProbeEnd::OpenFor(nanos),
            End::Failure | End::TimedOut => ProbeEnd::Failure,
            End::Success | End::Abandoned if slow => ProbeEnd::Slow,
            End::Success => ProbeEnd::Success,
            End::Ignored | End::Abandoned => ProbeEnd::Neutral,
        };
        let ended = if settled.is_none() { machine.end_probe(ticket.start, end, now, limits) } else { None };
        let stalled = if is_ignored && settled.is_none() { machine.probe_ignored(now, limits) } else { None };
        let transitions = Transitions([settled, ended]);
        self.publish(&mut locked, transitions, now);
        drop(locked);
        // A probe that was cut off has noticed the end of its lease itself.
        if settled.is_some() && !is_cut_off {
            self.thread_stripe().count(|stripe| &stripe.late);
        }
        stalled.map_or(Concluded::Moved(transitions), Concluded::Stalled)
    }

    /// Applies the transitions that time alone has caused by now.
    pub(crate) fn settle(&self, now: u64) -> Transitions {
        if self.word().state() != State::HalfOpen {
            return Transitions::NONE;
        }
        let mut locked = lock(&self.locked);
        let Locked { machine, limits, .. } = &mut *locked;
        let transitions = Transitions([machine.settle(now, limits), None]);
        self.publish(&mut locked, transitions, now);
        transitions
    }

    /// Handles a failed health check; `in_a_row` counts the consecutive failures up to it.
    #[cfg(feature = "tokio")]
    pub(crate) fn check_failed(&self, now: u64, in_a_row: u32) -> Transitions {
        let mut locked = lock(&self.locked);
        let Locked { machine, limits, .. } = &mut *locked;
        let settled = machine.settle(now, limits);
        // A lease that has just ended has already opened the circuit.
        let transitions =
            if settled.is_some() { Transitions([settled, None]) } else { machine.check_failed(now, in_a_row, limits) };
        self.publish(&mut locked, transitions, now);
        transitions
    }

    /// Handles a successful health check; `in_a_row` counts the consecutive successes up to it.
    #[cfg(feature = "tokio")]
    pub(crate) fn check_succeeded(&self, now: u64, in_a_row: u32) -> Transitions {
        let mut locked = lock(&self.locked);
        let Locked { machine, limits, .. } = &mut *locked;
        let settled = machine.settle(now, limits);
        let transitions = Transitions([settled, machine.check_succeeded(now, in_a_row, limits)]);
        self.publish(&mut locked, transitions, now);
        transitions
    }

    /// Sets the mode. Returns the previous mode and the sequence number of the change, and the transitions that it
    /// caused.
    #[must_use = "listeners must be notified of it"]
    pub(crate) fn set_mode(&self, mode: Mode, now: u64) -> (Option<(Mode, u64)>, Transitions) {
        let mut locked = lock(&self.locked);
        let Locked { machine, limits, .. } = &mut *locked;
        let settled = machine.settle(now, limits);
        let changed = (machine.mode != mode).then(|| (machine.mode, machine.next_sequence()));
        let transitions = Transitions([settled, machine.set_mode(mode, now)]);
        locked.is_judged = false;
        self.publish(&mut locked, transitions, now);
        (changed, transitions)
    }

    /// Closes the circuit and starts an empty window.
    pub(crate) fn reset(&self, now: u64) -> Transitions {
        let mut locked = lock(&self.locked);
        let Locked { machine, limits, .. } = &mut *locked;
        let (settled, reset) = (machine.settle(now, limits), machine.reset(now));
        if reset.is_none() {
            self.start_window(&mut locked, now);
        }
        let transitions = Transitions([settled, reset]);
        self.publish(&mut locked, transitions, now);
        transitions
    }

    /// Returns how long a probe may take now, in nanoseconds.
    pub(crate) fn lease(&self) -> u64 {
        let locked = lock(&self.locked);
        locked.machine.lease(&locked.limits)
    }

    /// Returns the sequence number for an event outside the engine.
    pub(crate) fn next_sequence(&self) -> u64 {
        lock(&self.locked).machine.next_sequence()
    }
}

#[cfg(all(test, not(loom)))]
#[path = "locked_tests.rs"]
mod tests;
