//! The whole state machine, pure: an input and the time go in, the changed machine and what happened come out.
//! It knows no atomics, no clock and no user code. Whoever holds the lock around it applies it.
//!
//! ```text
//!            trip (rule, OpenFor)                    open time is over, a call comes
//!   Closed ───────────────────────▶ Open ─────────────────────────────────────────▶ HalfOpen
//!     ▲     or a health check fails  ▲          or a health check succeeds              │ │
//!     │                              │   a probe fails, is slow, or outlives its lease  │ │
//!     │                              └──────────────────────────────────────────────────┘ │
//!     └─────── success_threshold probes or checks of a quiet service succeed, reset ─────────┘
//! ```

use std::time::Duration;

use super::cause::Cause;
use super::check_record::CheckRecord;
use super::limits::Limits;
use super::open_time::{is_over, left, open_time};
use super::state::{Mode, State};
use super::word::{GENERATION_MASK, Parts, Word};

/// Everything that decides, outside the window.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Machine {
    pub(crate) state: State,
    pub(crate) mode: Mode,
    pub(crate) generation: u64,
    /// Counts the windows that have started.
    pub(crate) version: u64,
    /// When the present state was entered.
    pub(crate) since: u64,
    /// Since when the effective state was what it is when the mode was set last.
    pub(crate) shown_since: u64,
    /// Open: when the open time is over.
    pub(crate) until: u64,
    /// Open: the time that a call asked for, where one did.
    pub(crate) asked_for: Option<u64>,
    /// The generation of the last opening: each draws a jitter of its own, and keeps it.
    pub(crate) opened_in: u64,
    /// Openings in a row without a close in between, less the first.
    pub(crate) reopenings: u32,
    /// Half-open: when each probe in flight started, oldest first.
    pub(crate) probes: Vec<u64>,
    /// Half-open: probes that have succeeded.
    pub(crate) successes: u32,
    /// Half-open: since when no call has been admitted.
    pub(crate) idle_since: u64,
    /// Half-open: since when nothing has counted as a successful probe.
    pub(crate) undecided_since: u64,
    /// Since the circuit was closed last, it was told that all probes are ignored.
    pub(crate) is_stall_told: bool,
    /// What health checks have found since the circuit opened.
    pub(crate) checks: CheckRecord,
    /// The lease that probes need which succeeded after theirs had ended.
    pub(crate) learned_lease: u64,
    /// Changes so far that listeners hear of.
    pub(crate) sequence: u64,
    /// The generation in which failures in a row were last counted: the present one, or the closed one before it.
    pub(crate) counted_in: u64,
    /// Sets the jitter of this breaker apart from that of others.
    pub(crate) seed: u64,
}

/// A change of state.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "it is published and heard of by whoever holds the lock"]
pub(crate) struct Transition {
    pub(crate) from: State,
    pub(crate) to: State,
    pub(crate) cause: Cause,
    /// When it took effect; a lapsed lease is found later than it ended.
    pub(crate) at: u64,
    /// Its place in the breaker's history.
    pub(crate) sequence: u64,
}

/// Up to two transitions that one input led to, in order.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "listeners wait for them"]
pub(crate) struct Transitions(pub(super) [Option<Transition>; 2]);

impl Transitions {
    pub(super) const NONE: Self = Self([None; 2]);

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Transition> {
        self.0.iter().flatten()
    }
}

/// What a call that asked for admission gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// An ordinary call of the closed circuit.
    Counted,
    Probe,
    /// Shadow mode: let through, and its outcome decides nothing.
    WouldReject,
    Rejected(Rejected),
}

/// Why a call was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// With the time left.
    Open(u64),
    HalfOpen,
    ForcedOpen,
}

impl Rejected {
    /// Its place among the counters of rejections.
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Open(_) => 0,
            Self::HalfOpen => 1,
            Self::ForcedOpen => 2,
        }
    }
}

/// How a probe ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProbeEnd {
    Success,
    Failure,
    Slow,
    /// Dropped or ignored: gives its permit back and decides nothing.
    Neutral,
    /// Asked to be left alone for so long.
    OpenFor(u64),
}

impl Machine {
    pub(crate) fn new(now: u64, limits: &Limits, seed: u64) -> Self {
        Self {
            state: State::Closed,
            mode: Mode::Automatic,
            generation: 1,
            version: 0,
            since: now,
            shown_since: now,
            until: 0,
            asked_for: None,
            opened_in: 0,
            reopenings: 0,
            // So that a probe allocates nothing; more than this many at once is worth an allocation.
            probes: Vec::with_capacity(limits.half_open_max_calls.min(64) as usize),
            successes: 0,
            idle_since: now,
            undecided_since: now,
            is_stall_told: false,
            checks: CheckRecord::default(),
            learned_lease: 0,
            sequence: 0,
            counted_in: 1,
            seed,
        }
    }

    /// The state word that callers see.
    pub(crate) fn word(&self, limits: &Limits) -> Word {
        Word::pack(Parts {
            state: self.state,
            mode: self.mode,
            full: self.is_full(limits),
            timed: limits.is_timed(),
            version: self.version,
            generation: self.generation & GENERATION_MASK,
        })
    }

    /// Until when a caller that finds the circuit open, or half-open and full, need not ask again.
    pub(crate) fn quiet_until(&self, limits: &Limits) -> u64 {
        match self.state {
            State::Closed => 0,
            State::Open => self.until,
            State::HalfOpen => self.lease_end(limits).unwrap_or(u64::MAX),
        }
    }

    /// Does what time alone does: a probe that has outlived its lease has failed at that instant.
    pub(crate) fn settle(&mut self, now: u64, limits: &Limits) -> Option<Transition> {
        let end = self.lapse(now, limits)?;
        Some(self.reopen(Cause::ProbeTimedOut, end, None, limits))
    }

    /// When the oldest lease of a half-open circuit ended, if that is over.
    pub(super) fn lapse(&self, now: u64, limits: &Limits) -> Option<u64> {
        if self.state != State::HalfOpen || self.mode == Mode::ForcedOpen {
            return None;
        }
        self.lease_end(limits).filter(|end| is_over(*end, now))
    }

    /// A call asks for admission. Call `settle` first.
    pub(crate) fn admit(&mut self, now: u64, limits: &Limits) -> (Admission, Option<Transition>) {
        if self.mode == Mode::ForcedOpen {
            return (Admission::Rejected(Rejected::ForcedOpen), None);
        }
        let transition = (self.state == State::Open && is_over(self.until, now))
            .then(|| self.enter(State::HalfOpen, Cause::OpenTimeoutElapsed, now));
        let rejected = match self.state {
            State::Closed => return (Admission::Counted, None),
            State::Open => Rejected::Open(left(self.until, now)),
            State::HalfOpen if self.is_full(limits) => Rejected::HalfOpen,
            State::HalfOpen => {
                let at = self.probes.partition_point(|start| *start <= now);
                self.probes.insert(at, now);
                self.idle_since = self.idle_since.max(now);
                return (Admission::Probe, transition);
            }
        };
        if self.mode == Mode::Shadow {
            self.idle_since = self.idle_since.max(now);
            return (Admission::WouldReject, transition);
        }
        (Admission::Rejected(rejected), transition)
    }

    /// A rule has fired, or a call asked to be left alone, in the closed state.
    pub(crate) fn trip(
        &mut self,
        cause: Cause,
        now: u64,
        open_for: Option<u64>,
        limits: &Limits,
    ) -> Option<Transition> {
        let may = self.state == State::Closed && matches!(self.mode, Mode::Automatic | Mode::Shadow);
        may.then(|| self.open(cause, now, open_for, limits))
    }

    /// A probe of this generation has ended. Call `settle` first.
    pub(crate) fn end_probe(&mut self, start: u64, end: ProbeEnd, now: u64, limits: &Limits) -> Option<Transition> {
        let place = self.probes.iter().position(|probe| *probe == start)?;
        self.probes.remove(place);
        match end {
            ProbeEnd::Neutral => None,
            ProbeEnd::Success => {
                self.successes = self.successes.saturating_add(1);
                self.undecided_since = now;
                self.close_if_proven(now, limits)
            }
            ProbeEnd::Failure => Some(self.reopen(Cause::ProbeFailed, now, None, limits)),
            ProbeEnd::Slow => Some(self.reopen(Cause::ProbeSlow, now, None, limits)),
            ProbeEnd::OpenFor(nanos) => {
                let nanos = nanos.min(limits.open_timeout_max);
                let cause = Cause::OpenFor { open_for: Duration::from_nanos(nanos) };
                Some(self.reopen(cause, now, Some(nanos), limits))
            }
        }
    }

    /// The place in the breaker's history of a change other than a transition.
    pub(crate) fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// Sets the mode. What was in flight before is late from now on, and probe permits are fresh.
    pub(crate) fn set_mode(&mut self, mode: Mode, now: u64) -> Option<Transition> {
        if mode == self.mode {
            return None;
        }
        let (shown, since) = (self.effective(now), self.effective_since(now));
        self.mode = mode;
        self.forget_probes();
        // Calls that another mode has rejected were traffic.
        (self.idle_since, self.undecided_since) = (now, now);
        self.generation += 1;
        if self.state == State::Closed {
            self.counted_in = self.generation;
        }
        let closes = mode == Mode::ForcedClosed && self.state != State::Closed;
        let transition = closes.then(|| self.close(Cause::Forced, now));
        self.shown_since = if self.effective(now) == shown { since } else { now };
        transition
    }

    /// Other limits hold from now on, for an open time that runs, too: as if they had been there when it began.
    pub(crate) fn obey(&mut self, limits: &Limits) {
        if self.state == State::Open {
            self.until = self.deadline(limits);
        }
        if !limits.lease_learns {
            self.learned_lease = 0;
        }
    }

    /// A probe has succeeded, too late if it took longer than its lease: the next ones get twice as long as it took.
    pub(crate) fn learn(&mut self, took: u64, limits: &Limits) {
        if limits.lease_learns && took >= self.lease(limits) {
            self.learned_lease = took.saturating_mul(2);
        }
    }

    /// How long a probe may take.
    pub(crate) fn lease(&self, limits: &Limits) -> u64 {
        let most = limits.open_timeout_max.max(limits.half_open_timeout);
        limits.half_open_timeout.max(self.learned_lease.min(most))
    }

    /// Closes the circuit and starts an empty window, whatever the state was. The mode stays.
    pub(crate) fn reset(&mut self, now: u64) -> Option<Transition> {
        self.learned_lease = 0;
        if self.state != State::Closed {
            return Some(self.close(Cause::Reset, now));
        }
        // No change of state, so no place in history: listeners would wait for an event that never comes.
        self.renew();
        None
    }

    /// The closed circuit goes on in another generation.
    pub(super) fn renew(&mut self) {
        self.generation += 1;
        self.counted_in = self.generation;
    }

    fn is_full(&self, limits: &Limits) -> bool {
        self.state == State::HalfOpen && self.probes.len() >= limits.half_open_max_calls as usize
    }

    fn lease_end(&self, limits: &Limits) -> Option<u64> {
        self.probes.first().map(|start| start.saturating_add(self.lease(limits)))
    }

    /// Closes the circuit once enough has succeeded.
    pub(super) fn close_if_proven(&mut self, now: u64, limits: &Limits) -> Option<Transition> {
        let (probes, checks) = (self.successes, self.checks.successes());
        let cause = match checks {
            0 => Cause::ProbesSucceeded { successes: u64::from(probes) },
            _ => Cause::HealthChecksSucceeded { checks: u64::from(checks), probes: u64::from(probes) },
        };
        (probes.saturating_add(checks) >= limits.success_threshold).then(|| self.close(cause, now))
    }

    fn close(&mut self, cause: Cause, now: u64) -> Transition {
        (self.reopenings, self.is_stall_told) = (0, false);
        self.checks.circuit_closed();
        self.enter(State::Closed, cause, now)
    }

    /// A probe has failed, whatever health checks say.
    fn reopen(&mut self, cause: Cause, now: u64, open_for: Option<u64>, limits: &Limits) -> Transition {
        self.checks.probe_failed();
        self.open(cause, now, open_for, limits)
    }

    pub(super) fn open(&mut self, cause: Cause, now: u64, open_for: Option<u64>, limits: &Limits) -> Transition {
        self.checks.circuit_opened();
        self.reopenings = if self.state == State::Closed { 0 } else { self.reopenings.saturating_add(1) };
        let transition = self.enter(State::Open, cause, now);
        (self.asked_for, self.opened_in) = (open_for, self.generation);
        self.until = self.deadline(limits);
        transition
    }

    /// When an open time that began with the present state is over.
    fn deadline(&self, limits: &Limits) -> u64 {
        let open_for = match self.asked_for {
            Some(nanos) => nanos.min(limits.open_timeout_max),
            None => open_time(self.reopenings, self.seed ^ self.opened_in, limits),
        };
        self.since.saturating_add(open_for)
    }

    pub(super) fn enter(&mut self, to: State, cause: Cause, at: u64) -> Transition {
        let from = std::mem::replace(&mut self.state, to);
        (self.since, self.idle_since, self.undecided_since) = (at, at, at);
        self.generation += 1;
        if to == State::Closed {
            self.counted_in = self.generation;
        }
        self.forget_probes();
        let sequence = self.next_sequence();
        Transition { from, to, cause, at, sequence }
    }

    fn forget_probes(&mut self) {
        self.probes.clear();
        self.successes = 0;
        self.checks.forget_successes();
    }
}

#[cfg(test)]
#[path = "transition_tests.rs"]
mod tests;
