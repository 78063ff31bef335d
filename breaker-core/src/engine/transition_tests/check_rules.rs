//! Rules of health checks (C1 to C5).

use super::rules::{Step, deadline};
use super::world::Input;
use crate::engine::cause::Cause;
use crate::engine::state::{Mode, State};
use crate::engine::transition::Admission;

/// Returns the cause of a close after this many successes.
pub(super) fn closed(probes: u32, checks: u32) -> (State, Cause) {
    let (probes, checks) = (u64::from(probes), u64::from(checks));
    let by_probes = Cause::ProbesSucceeded { successes: probes };
    (State::Closed, if checks == 0 { by_probes } else { Cause::HealthChecksSucceeded { checks, probes } })
}

impl Step<'_> {
    /// Results of checks before the input: consecutive successes, whether a check has passed, whether it was wrong, and
    /// successes that count as probes.
    fn found(&self) -> (u32, bool, bool, u32) {
        let (in_a_row, has_passed, was_wrong, successes) = self.before.machine.checks.parts();
        match self.lapse() {
            // A probe has failed.
            Some(_) => (0, false, was_wrong || has_passed, 0),
            None => (in_a_row, has_passed, was_wrong, successes),
        }
    }

    /// Returns whether a successful check has an effect, in the state before the input, and the consecutive successes.
    fn good_check(&self, state: State) -> Option<(bool, u32)> {
        let is_ours = state != State::Closed && self.before.machine.mode != Mode::ForcedOpen;
        if self.input != Input::Check(true) || !is_ours {
            return None;
        }
        let in_a_row = (self.found().0 + 1).min(self.after.good);
        Some((in_a_row >= self.limits.health_check_successes, in_a_row))
    }

    /// Returns how many successful checks count as probes now: C4 if no call has come for an interval.
    fn counted(&self, state: State) -> Option<u32> {
        let (passes, in_a_row) = self.good_check(state)?;
        let (_, _, was_wrong, successes) = self.found();
        let (world, interval) = (self.before, self.limits.health_check_interval);
        let idle = deadline(world.machine.idle_since, interval).is_some_and(|at| world.now >= at);
        let counts = state == State::HalfOpen && passes && !was_wrong && idle && world.tickets.is_empty();
        counts.then(|| (successes + 1).min(in_a_row - self.limits.health_check_successes + 1))
    }

    pub(super) fn expected_of_good_check(&self, state: State, until: Option<u64>) -> Option<(State, Cause)> {
        let (passes, _) = self.good_check(state)?;
        let (_, _, was_wrong, _) = self.found();
        if let Some(checks) = self.counted(state) {
            let probes = self.before.machine.successes;
            return (probes + checks >= self.limits.success_threshold).then(|| closed(probes, checks));
        }
        // C1: an open time requested by a call is kept to its end.
        let asked = self.before.machine.asked_for.is_some() && self.lapse().is_none();
        let may = !asked || until.is_some_and(|until| self.before.now >= until);
        (state == State::Open && passes && !was_wrong && may).then_some((State::HalfOpen, Cause::HealthCheckPassed))
    }

    /// C2: a check is wrong if a probe fails after it has passed, until the circuit closes.
    pub(super) fn what_checks_have_found(&self) {
        let state = self.arrived().0;
        let (mut in_a_row, mut has_passed, mut was_wrong, mut successes) = self.found();
        if let Some((passes, now_in_a_row)) = self.good_check(state) {
            (in_a_row, has_passed) = (now_in_a_row, has_passed || passes);
            successes = self.counted(state).unwrap_or(successes);
        }
        if self.input == Input::Check(false) && self.lapse().is_none() {
            (in_a_row, successes) = (0, 0);
        }
        if let Some(moved) = self.outcome.moved {
            let probe_failed = matches!(self.input, Input::End(..)) && moved.to == State::Open;
            successes = 0;
            match moved.to {
                State::Open => {
                    was_wrong |= has_passed && probe_failed;
                    (in_a_row, has_passed) = (0, false);
                }
                State::Closed => (in_a_row, has_passed, was_wrong) = (0, false, false),
                State::HalfOpen => {}
            }
        }
        if self.outcome.mode.is_some() {
            successes = 0;
        }
        let is = self.after.machine.checks.parts();
        self.rule(is == (in_a_row, has_passed, was_wrong, successes), "C2, C4 the record of checks");
        let closed = self.after.machine.state == State::Closed;
        self.rule(!closed || is == (0, false, false, 0), "C2 closing resets the record of checks");
    }

    /// C4: what counts as traffic.
    pub(super) fn idle_time(&self) {
        let (mut since, now) = (self.before.machine.idle_since, self.before.now);
        for transition in self.outcome.transitions() {
            since = transition.at;
        }
        if self.outcome.mode.is_some() {
            since = self.outcome.moved.map_or(now, |moved| moved.at);
        }
        let let_in = matches!(self.outcome.admission, Some(Admission::Probe | Admission::WouldReject));
        if let_in {
            since = since.max(now);
        }
        self.rule(self.after.machine.idle_since == since, "C4 a half-open circuit is idle since its last admission");
    }
}
