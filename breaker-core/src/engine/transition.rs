//! The state machine as a pure type: each input takes the time and returns what happened. It knows no atomics, no clock
//! and no user code. The caller holds the lock and publishes the result.
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

/// All state that decides, except the window.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Machine {
    pub(crate) state: State,
    pub(crate) mode: Mode,
    pub(crate) generation: u64,
    /// Number of windows that have started.
    pub(crate) version: u64,
    /// Time at which the current state was entered.
    pub(crate) since: u64,
    /// Since when the effective state was what it was at the last change of the mode.
    pub(crate) shown_since: u64,
    /// Open: end of the open period.
    pub(crate) until: u64,
    /// Open: open time requested by a call, if any.
    pub(crate) asked_for: Option<u64>,
    /// Generation of the last opening: each opening draws its own jitter and keeps it.
    pub(crate) opened_in: u64,
    /// Openings without a close in between, not counting the first.
    pub(crate) reopenings: u32,
    /// Half-open: start times of the probes in flight, oldest first.
    pub(crate) probes: Vec<u64>,
    /// Half-open: number of successful probes.
    pub(crate) successes: u32,
    /// Half-open: time of the last admitted call.
    pub(crate) idle_since: u64,
    /// Results of health checks since the circuit opened.
    pub(crate) checks: CheckRecord,
    /// The lease needed by probes that succeeded after their lease had ended.
    pub(crate) learned_lease: u64,
    /// Number of changes so far that listeners receive.
    pub(crate) sequence: u64,
    /// Generation in which consecutive failures were last counted: the current one, or the last closed one.
    pub(crate) counted_in: u64,
    /// Makes the jitter of this breaker differ from that of others.
    pub(crate) seed: u64,
}

/// A change of state.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "the holder of the lock must publish it and notify listeners"]
pub(crate) struct Transition {
    pub(crate) from: State,
    pub(crate) to: State,
    pub(crate) cause: Cause,
    /// Time at which it took effect; the end of a lease is noticed later.
    pub(crate) at: u64,
    /// Its sequence number among the breaker's events.
    pub(crate) sequence: u64,
}

/// Up to two transitions caused by one input, in order.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "listeners must be notified of them"]
pub(crate) struct Transitions(pub(super) [Option<Transition>; 2]);

impl Transitions {
    pub(super) const NONE: Self = Self([None; 2]);

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Transition> {
        self.0.iter().flatten()
    }
}

/// Result of a request for admission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// An ordinary call of the closed circuit.
    Counted,
    Probe,
    /// Shadow mode: admitted, but its outcome affects no rule.
    WouldReject,
    Rejected(Rejected),
}

/// Why a call was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// With the time left, in nanoseconds.
    Open(u64),
    HalfOpen,
    ForcedOpen,
}

impl Rejected {
    /// Index among the counters of rejections.
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Open(_) => 0,
            Self::HalfOpen => 1,
            Self::ForcedOpen => 2,
        }
    }
}

/// End of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProbeEnd {
    Success,
    Failure,
    Slow,
    /// Dropped or ignored: returns its permit and decides nothing.
    Neutral,
    /// Asked for an open time of this many nanoseconds.
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
            // Preallocated, so that a probe doesn't allocate; a limit above 64 may.
            probes: Vec::with_capacity(limits.half_open_max_calls.min(64) as usize),
            successes: 0,
            idle_since: now,
            checks: CheckRecord::default(),
            learned_lease: 0,
            sequence: 0,
            counted_in: 1,
            seed,
        }
    }

    /// Packs the state word that callers see.
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

    /// Until this time, a call that finds the circuit open, or half-open and full, is rejected without asking the
    /// machine.
    pub(crate) fn quiet_until(&self, limits: &Limits) -> u64 {
        match self.state {
            State::Closed => 0,
            State::Open => self.until,
            State::HalfOpen => self.lease_end(limits).unwrap_or(u64::MAX),
        }
    }

    /// Applies what time alone changes: a probe that has outlived its lease failed when the lease ended.
    pub(crate) fn settle(&mut self, now: u64, limits: &Limits) -> Option<Transition> {
        let end = self.lapse(now, limits)?;
        Some(self.reopen(Cause::ProbeTimedOut, end, None, limits))
    }

    /// Returns when the oldest lease of a half-open circuit ended, if it has ended.
    pub(super) fn lapse(&self, now: u64, limits: &Limits) -> Option<u64> {
        if self.state != State::HalfOpen || self.mode == Mode::ForcedOpen {
            return None;
        }
        self.lease_end(limits).filter(|end| is_over(*end, now))
    }

    /// Handles a request for admission. Call `settle` first.
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

    /// Opens a closed circuit after a rule has fired or a call has asked for it.
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

    /// Ends a probe of this generation. Call `settle` first.
    pub(crate) fn end_probe(&mut self, start: u64, end: ProbeEnd, now: u64, limits: &Limits) -> Option<Transition> {
        let place = self.probes.iter().position(|probe| *probe == start)?;
        self.probes.remove(place);
        match end {
            ProbeEnd::Neutral => None,
            ProbeEnd::Success => {
                self.successes = self.successes.saturating_add(1);
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

    /// Returns the sequence number for an event other than a transition.
    pub(crate) fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// Sets the mode. Calls in flight become late, and all probe permits are free again.
    pub(crate) fn set_mode(&mut self, mode: Mode, now: u64) -> Option<Transition> {
        if mode == self.mode {
            return None;
        }
        let (shown, since) = (self.effective(now), self.effective_since(now));
        self.mode = mode;
        self.forget_probes();
        // Calls rejected by another mode were traffic, too.
        self.idle_since = now;
        self.generation += 1;
        if self.state == State::Closed {
            self.counted_in = self.generation;
        }
        let closes = mode == Mode::ForcedClosed && self.state != State::Closed;
        let transition = closes.then(|| self.close(Cause::Forced, now));
        self.shown_since = if self.effective(now) == shown { since } else { now };
        transition
    }

    /// Applies other limits, also to an open period in progress, as if they had been set when it began.
    pub(crate) fn obey(&mut self, limits: &Limits) {
        if self.state == State::Open {
            self.until = self.deadline(limits);
        }
        if !limits.lease_learns {
            self.learned_lease = 0;
        }
    }

    /// Learns from a successful probe: if it took longer than its lease, later leases are twice as long as it took.
    pub(crate) fn learn(&mut self, took: u64, limits: &Limits) {
        if limits.lease_learns && took >= self.lease(limits) {
            self.learned_lease = took.saturating_mul(2);
        }
    }

    /// Returns how long a probe may take.
    pub(crate) fn lease(&self, limits: &Limits) -> u64 {
        let most = limits.open_timeout_max.max(limits.half_open_timeout);
        limits.half_open_timeout.max(self.learned_lease.min(most))
    }

    /// Closes the circuit and starts an empty window, in any state. Keeps the mode.
    pub(crate) fn reset(&mut self, now: u64) -> Option<Transition> {
        self.learned_lease = 0;
        if self.state != State::Closed {
            return Some(self.close(Cause::Reset, now));
        }
        // The state doesn't change, so no sequence number is taken: listeners would wait for an event that never comes.
        self.renew();
        None
    }

    /// Starts another generation of the closed circuit.
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

    /// Closes the circuit after enough successes.
    pub(super) fn close_if_proven(&mut self, now: u64, limits: &Limits) -> Option<Transition> {
        let (probes, checks) = (self.successes, self.checks.successes());
        let cause = match checks {
            0 => Cause::ProbesSucceeded { successes: u64::from(probes) },
            _ => Cause::HealthChecksSucceeded { checks: u64::from(checks), probes: u64::from(probes) },
        };
        (probes.saturating_add(checks) >= limits.success_threshold).then(|| self.close(cause, now))
    }

    fn close(&mut self, cause: Cause, now: u64) -> Transition {
        self.reopenings = 0;
        self.checks.circuit_closed();
        self.enter(State::Closed, cause, now)
    }

    /// Opens the circuit after a failed probe, regardless of health checks.
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

    /// Returns the end of an open period that began with the current state.
    fn deadline(&self, limits: &Limits) -> u64 {
        let open_for = match self.asked_for {
            Some(nanos) => nanos.min(limits.open_timeout_max),
            None => open_time(self.reopenings, self.seed ^ self.opened_in, limits),
        };
        self.since.saturating_add(open_for)
    }

    pub(super) fn enter(&mut self, to: State, cause: Cause, at: u64) -> Transition {
        let from = std::mem::replace(&mut self.state, to);
        (self.since, self.idle_since) = (at, at);
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
