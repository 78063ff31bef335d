//! Effects of health checks on the machine, as pure methods. Call `settle` first.

use super::cause::Cause;
use super::limits::Limits;
use super::open_time::is_over;
use super::state::{Mode, State};
use super::transition::{Machine, Transition, Transitions};

impl Machine {
    /// Handles a failed check; `in_a_row` counts consecutive failures up to it. If they are enough, the circuit opens;
    /// in half-open, this has the effect of a failed probe. Only call this if `settle` has changed nothing.
    pub(crate) fn check_failed(&mut self, now: u64, in_a_row: u32, limits: &Limits) -> Transitions {
        self.checks.failed();
        let decides = matches!(self.mode, Mode::Automatic | Mode::Shadow);
        if !decides || in_a_row < limits.health_check_failures {
            return Transitions::NONE;
        }
        let arrived = (self.state == State::Open && is_over(self.until, now))
            .then(|| self.enter(State::HalfOpen, Cause::OpenTimeoutElapsed, now));
        let opened = (self.state != State::Open).then(|| self.open(Cause::HealthCheckFailed, now, None, limits));
        Transitions([arrived, opened])
    }

    /// Handles a successful check; `in_a_row` counts consecutive successes up to it. If they are enough, an open
    /// circuit becomes half-open early. If a half-open circuit has no calls, the check counts as a successful probe.
    pub(crate) fn check_succeeded(&mut self, now: u64, in_a_row: u32, limits: &Limits) -> Option<Transition> {
        let is_ours = self.state != State::Closed && self.mode != Mode::ForcedOpen;
        if !is_ours || !self.checks.succeeded(in_a_row, limits.health_check_successes) {
            return None;
        }
        if self.state == State::Open {
            // A call has requested this open time, so health checks don't shorten it.
            let may = self.asked_for.is_none() || is_over(self.until, now);
            return may.then(|| self.enter(State::HalfOpen, Cause::HealthCheckPassed, now));
        }
        if !self.is_idle(now, limits) {
            return None;
        }
        self.checks.count_success(limits.health_check_successes);
        self.close_if_proven(now, limits)
    }

    /// Whether a half-open circuit has had no traffic for a whole interval. A probe in flight counts as traffic.
    fn is_idle(&self, now: u64, limits: &Limits) -> bool {
        self.probes.is_empty() && is_over(self.idle_since.saturating_add(limits.health_check_interval), now)
    }
}
