//! Rules that must hold for every step: the world before, the input, and the world after. Each rule has a name.

use super::check_rules::closed;
use super::world::{Input, Outcome, TRIP, World, longest_lease};
use crate::engine::cause::Cause;
use crate::engine::limits::Limits;
use crate::engine::state::{Mode, State};
use crate::engine::transition::{Admission, Machine, ProbeEnd, Rejected};

#[derive(Debug)]
pub(super) struct Step<'a> {
    pub(super) limits: &'a Limits,
    pub(super) before: &'a World,
    pub(super) input: Input,
    pub(super) outcome: &'a Outcome,
    pub(super) after: &'a World,
}

/// A deadline; `None` never comes (M2: a time beyond the clock's range is never reached).
pub(super) fn deadline(from: u64, by: u64) -> Option<u64> {
    from.checked_add(by).filter(|at| *at != u64::MAX)
}

/// Returns the open time after this many reopenings, in integers.
pub(super) fn open_time(reopenings: u32, limits: &Limits) -> u64 {
    let doubles = limits.open_timeout_multiplier > 1.0;
    let factor = if doubles { 2_u64.saturating_pow(reopenings) } else { 1 };
    limits.open_timeout.saturating_mul(factor).min(limits.open_timeout_max)
}

impl World {
    /// Returns when the oldest lease ended, if it has ended.
    pub(super) fn lapse(&self, limits: &Limits) -> Option<u64> {
        let oldest = self.tickets.first()?;
        deadline(oldest.start, self.lease(limits)).filter(|end| *end <= self.now)
    }

    /// Returns how long a probe may take: the learned lease, within its limits.
    pub(super) fn lease(&self, limits: &Limits) -> u64 {
        self.machine.learned_lease.clamp(limits.half_open_timeout, longest_lease(limits))
    }

    fn is_forced_open(&self) -> bool {
        self.machine.mode == Mode::ForcedOpen
    }
}

impl Step<'_> {
    #[track_caller]
    pub(super) fn rule(&self, holds: bool, name: &str) {
        assert!(holds, "{name}: {self:#?}");
    }

    pub(super) fn check(&self) {
        self.transitions_are_those_of_the_diagram();
        self.events_are_gapless();
        self.generations_grow();
        self.probes_are_what_callers_hold();
        self.admissions();
        self.successes_are_those_of_this_round();
        self.leases();
        self.open_times();
        self.modes();
        self.what_checks_have_found();
        self.idle_time();
        self.time_in_state();
        self.nothing_else_changes();
    }

    /// H4: the lease that had ended when this input looked.
    pub(super) fn lapse(&self) -> Option<u64> {
        let looks = match self.input {
            Input::Tick | Input::Back | Input::Trip(_) | Input::Replace => false,
            // It may teach.
            Input::Late(end) => end == ProbeEnd::Success,
            _ => true,
        };
        looks.then(|| self.before.lapse(self.limits)).flatten()
    }

    /// Returns the state before the input, after the changes by time alone, and the end of the open time.
    pub(super) fn arrived(&self) -> (State, Option<u64>) {
        let machine = &self.before.machine;
        match self.lapse() {
            Some(end) => (State::Open, deadline(end, open_time(machine.reopenings + 1, self.limits))),
            None => (machine.state, Some(machine.until).filter(|until| *until != u64::MAX)),
        }
    }

    /// H2, H4, H5: returns the change of state caused by the input, according to the diagram.
    fn expected(&self) -> Option<(State, State, Cause)> {
        let (machine, now) = (&self.before.machine, self.before.now);
        let (state, until) = self.arrived();
        let decides = matches!(machine.mode, Mode::Automatic | Mode::Shadow);
        let (to, cause) = match self.input {
            Input::Call
                if state == State::Open && !self.before.is_forced_open() && until.is_some_and(|at| now >= at) =>
            {
                (State::HalfOpen, Cause::OpenTimeoutElapsed)
            }
            // After the open timeout, the check counts as a probe: H5.
            Input::Check(false) if self.lapse().is_none() && self.fails_checks(state, until, decides) => {
                let from = if state == State::Open { State::HalfOpen } else { state };
                return Some((from, State::Open, Cause::HealthCheckFailed));
            }
            Input::Check(true) => self.expected_of_good_check(state, until)?,
            Input::Trip(_) if state == State::Closed && decides => (State::Open, TRIP),
            Input::Reset if state != State::Closed => (State::Closed, Cause::Reset),
            Input::Mode(Mode::ForcedClosed) if state != State::Closed => (State::Closed, Cause::Forced),
            Input::End(_, end) if self.lapse().is_none() => self.expected_of_probe(end)?,
            _ => return None,
        };
        Some((state, to, cause))
    }

    fn fails_checks(&self, state: State, until: Option<u64>, decides: bool) -> bool {
        let enough = self.after.bad >= self.limits.health_check_failures;
        decides && enough && (state != State::Open || until.is_some_and(|at| self.before.now >= at))
    }

    fn expected_of_probe(&self, end: ProbeEnd) -> Option<(State, Cause)> {
        let (probes, checks) = (self.before.machine.successes + 1, self.before.machine.checks.successes());
        match end {
            ProbeEnd::Neutral => None,
            ProbeEnd::Success => (probes + checks == self.limits.success_threshold).then(|| closed(probes, checks)),
            ProbeEnd::Failure => Some((State::Open, Cause::ProbeFailed)),
            ProbeEnd::Slow => Some((State::Open, Cause::ProbeSlow)),
            ProbeEnd::OpenFor(nanos) => {
                let nanos = nanos.min(self.limits.open_timeout_max);
                Some((State::Open, Cause::OpenFor { open_for: std::time::Duration::from_nanos(nanos) }))
            }
        }
    }

    fn transitions_are_those_of_the_diagram(&self) {
        let settled = self.outcome.settled.map(|t| (t.from, t.to, t.cause, t.at));
        let lapsed = self.lapse().map(|end| (State::HalfOpen, State::Open, Cause::ProbeTimedOut, end));
        self.rule(settled == lapsed, "H4 a probe fails when its lease ends, and not before");
        let arrives =
            self.input == Input::Check(false) && self.arrived().0 == State::Open && self.outcome.moved.is_some();
        let arrived = self.outcome.arrived.map(|t| (t.from, t.to, t.cause, t.at));
        let expected = (State::Open, State::HalfOpen, Cause::OpenTimeoutElapsed, self.before.now);
        self.rule(arrived == arrives.then_some(expected), "H5 a check after the open timeout is a probe");
        let moved = self.outcome.moved.map(|t| (t.from, t.to, t.cause));
        let name = match self.input {
            Input::End(_, ProbeEnd::Neutral) => "H3 a dropped or ignored probe decides nothing",
            Input::End(..) => "H2 success_threshold successes close, one failure opens, a late result does nothing",
            Input::Call => "H5 at the deadline the open state admits, and not before",
            Input::Late(_) => "L1 a late result changes nothing",
            Input::SetLease => "H4 setting a lease doesn't extend one that has ended",
            Input::Tick | Input::Back | Input::Settle => "time and a look do nothing else",
            Input::Check(false) => "health_check_failures failed checks open",
            Input::Check(true) => {
                "C1, C2, C4 which successful check makes an open circuit half-open, or closes a half-open one"
            }
            Input::Replace => "C5 a check that is replaced decides nothing",
            Input::Trip(_) | Input::Reset | Input::Mode(_) => "only permitted inputs open or close the circuit",
        };
        self.rule(moved == self.expected(), name);
        self.rule(self.outcome.moved.is_none_or(|t| t.at == self.before.now), "a change takes effect when it happens");
        let last = self.outcome.transitions().last();
        let (state, since) = last.map_or((self.before.machine.state, self.before.machine.since), |t| (t.to, t.at));
        let is = (self.after.machine.state, self.after.machine.since);
        self.rule(is == (state, since), "no change of state without a transition");
    }

    /// A mode that changes the effective state restarts its time; any other mode doesn't.
    fn time_in_state(&self) {
        if !matches!(self.input, Input::Mode(_)) {
            return;
        }
        let (mut was, is, now) = (self.before.machine.clone(), &self.after.machine, self.after.now);
        let _ = was.settle(now, self.limits);
        let unchanged = was.effective(now) == is.effective(now);
        let expected = if unchanged { was.effective_since(now) } else { now };
        let since = is.effective_since(now);
        // A clock that went back has not yet reached the start of the state.
        self.rule(since == expected || since > now, "the time in the effective state counts from its change");
    }

    fn events_are_gapless(&self) {
        let Outcome { settled, mode, arrived, moved, .. } = self.outcome;
        let numbers = [settled.map(|t| t.sequence), *mode, arrived.map(|t| t.sequence), moved.map(|t| t.sequence)];
        let mut last = self.before.machine.sequence;
        for number in numbers.into_iter().flatten() {
            last += 1;
            self.rule(number == last, "one change is one event, without a gap");
        }
        self.rule(self.after.machine.sequence == last, "no sequence number without an event");
    }

    fn generations_grow(&self) {
        let (before, after) = (self.before.machine.generation, self.after.machine.generation);
        let changes =
            self.outcome.transitions().next().is_some() || self.outcome.mode.is_some() || self.input == Input::Reset;
        self.rule(if changes { after > before } else { after == before }, "L1 each change starts a new generation");
        let machine = &self.after.machine;
        let counted = if machine.state == State::Closed { after } else { self.before.machine.counted_in };
        self.rule(machine.counted_in == counted, "T6 opening keeps consecutive failures, closing restarts them");
    }

    fn probes_are_what_callers_hold(&self) {
        let (before, after) = (self.before, self.after);
        let held = after.tickets.iter().map(|ticket| ticket.start);
        self.rule(held.eq(after.machine.probes.iter().copied()), "L1 a permit is of the current generation, or late");
        let most = self.limits.half_open_max_calls as usize;
        self.rule(after.tickets.len() <= most, "H1 never more than half_open_max_calls probes");
        if after.machine.generation == before.machine.generation {
            let (more, fewer) = match self.input {
                Input::Call => (usize::from(self.outcome.admission == Some(Admission::Probe)), 0),
                Input::End(..) => (0, 1),
                _ => (0, 0),
            };
            let same = after.tickets.len() + fewer == before.tickets.len() + more;
            self.rule(same, "H3 the end of a probe returns its permit, and nothing else does");
        } else {
            let fresh = usize::from(self.outcome.admission == Some(Admission::Probe));
            self.rule(after.tickets.len() == fresh, "all permits are free after a change");
        }
    }

    fn admissions(&self) {
        let Some(admission) = self.outcome.admission else { return };
        let (world, now) = (self.before, self.before.now);
        let (state, until) = self.arrived();
        let full = world.tickets.len() >= self.limits.half_open_max_calls as usize;
        let would = match state {
            _ if world.is_forced_open() => Admission::Rejected(Rejected::ForcedOpen),
            State::Closed => Admission::Counted,
            State::Open => match until {
                Some(until) if now >= until => Admission::Probe,
                Some(until) => Admission::Rejected(Rejected::Open(until - now)),
                None => Admission::Rejected(Rejected::Open(u64::MAX)),
            },
            State::HalfOpen if full => Admission::Rejected(Rejected::HalfOpen),
            State::HalfOpen => Admission::Probe,
        };
        match (world.machine.mode, would) {
            (Mode::Shadow, Admission::Rejected(_)) => {
                self.rule(admission == Admission::WouldReject, "Shadow rejects nothing");
            }
            _ => self.rule(admission == would, "H1, H5, modes: which calls are admitted, and how others are rejected"),
        }
    }

    fn successes_are_those_of_this_round(&self) {
        let (before, after) = (&self.before.machine, &self.after.machine);
        let expected = match self.input {
            _ if after.generation != before.generation => 0,
            Input::End(_, ProbeEnd::Success) => before.successes + 1,
            _ => before.successes,
        };
        self.rule(after.successes == expected, "H2, H3 only successes of this round of probes count");
    }

    /// H4: a success after its lease makes later leases twice as long as it took.
    fn leases(&self) {
        let (before, after) = (self.before, self.after);
        let ended = match self.input {
            Input::End(place, ProbeEnd::Success) => Some(before.tickets[place]),
            Input::Late(ProbeEnd::Success) => before.late,
            _ => None,
        };
        let took = ended.map(|ticket| before.now.saturating_sub(ticket.start));
        let expected = match (self.input, took) {
            (Input::Reset | Input::SetLease, _) => 0,
            (_, Some(took)) if self.limits.lease_learns && took >= before.lease(self.limits) => 2 * took,
            _ => before.machine.learned_lease,
        };
        let name = "H4 only a success after its lease teaches; a reset and the key undo that";
        self.rule(after.machine.learned_lease == expected, name);
        let bounds = self.limits.half_open_timeout..=longest_lease(self.limits);
        self.rule(bounds.contains(&after.machine.lease(self.limits)), "H4 a learned lease is within its limits");
    }

    fn open_times(&self) {
        let (mut reopenings, mut until) = (self.before.machine.reopenings, self.before.machine.until);
        for transition in self.outcome.transitions() {
            match (transition.from, transition.to) {
                (_, State::HalfOpen) => {}
                (State::Closed, _) | (_, State::Closed) => reopenings = 0,
                _ => reopenings += 1,
            }
            if transition.to == State::Open {
                let asked = match self.input {
                    Input::End(_, ProbeEnd::OpenFor(nanos)) | Input::Trip(Some(nanos)) if self.lapse().is_none() => {
                        Some(nanos.min(self.limits.open_timeout_max))
                    }
                    _ => None,
                };
                let time = asked.unwrap_or_else(|| open_time(reopenings, self.limits));
                until = deadline(transition.at, time).unwrap_or(u64::MAX);
            }
        }
        self.rule(self.after.machine.reopenings == reopenings, "back-off grows with reopenings, and a close resets it");
        self.rule(
            self.after.machine.until == until,
            "the open time fits the reopening, is limited (M2) and never restarts",
        );
    }

    fn modes(&self) {
        let mode = match self.input {
            Input::Mode(mode) => mode,
            _ => self.before.machine.mode,
        };
        self.rule(self.after.machine.mode == mode, "a mode is sticky");
        self.rule(self.outcome.mode.is_some() == (mode != self.before.machine.mode), "any mode change is an event");
        let closed = self.after.machine.state == State::Closed;
        self.rule(mode != Mode::ForcedClosed || closed, "ForcedClosed is never open");
    }

    fn nothing_else_changes(&self) {
        let changes = self.outcome.transitions().next().is_some() || self.outcome.mode.is_some();
        let idle = matches!(
            self.input,
            Input::Tick
                | Input::Back
                | Input::Settle
                | Input::Late(_)
                | Input::Trip(_)
                | Input::SetLease
                | Input::Replace
        );
        if idle && !changes {
            // Learning has its own rule.
            let learned_lease = self.after.machine.learned_lease;
            let before = Machine { learned_lease, ..self.before.machine.clone() };
            self.rule(self.after.machine == before, "L1 a late result, a look and time alone change nothing");
        }
    }
}
