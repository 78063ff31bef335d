//! What the end of a health check does to the machine, pure as that is. Call `settle` first.

use super::cause::Cause;
use super::limits::Limits;
use super::open_time::is_over;
use super::state::{Mode, State};
use super::transition::{Machine, Transition, Transitions};

impl Machine {
    /// A check has failed, as the last of so many in a row. Once that are enough, it opens the circuit, and is as good as a
    /// failed probe of a half-open one. To be called only if `settle` has changed nothing.
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

    /// A check has succeeded, as the last of so many in a row. Once that are enough, an open circuit need not wait any longer
    /// to probe; and where no call comes to be a probe, the check is one.
    pub(crate) fn check_succeeded(&mut self, now: u64, in_a_row: u32, limits: &Limits) -> Option<Transition> {
        let is_ours = self.state != State::Closed && self.mode != Mode::ForcedOpen;
        if !is_ours || !self.checks.succeeded(in_a_row, limits.health_check_successes) {
            return None;
        }
        if self.state == State::Open {
            // The service itself has said how long to stay away.
            let may = self.asked_for.is_none() || is_over(self.until, now);
            return may.then(|| self.enter(State::HalfOpen, Cause::HealthCheckPassed, now));
        }
        if !self.is_idle(now, limits) {
            return None;
        }
        self.checks.count_success(limits.health_check_successes);
        self.undecided_since = now;
        self.close_if_proven(now, limits)
    }

    /// Whether a half-open circuit has had no traffic for a whole interval. A probe in flight is traffic.
    fn is_idle(&self, now: u64, limits: &Limits) -> bool {
        self.probes.is_empty() && is_over(self.idle_since.saturating_add(limits.health_check_interval), now)
    }
}
