//! Health checks. Each check of the model is new.

use breaker_core::{Cause, Mode, State};

use super::{MS, Model, Spec};

/// What checks have found since the circuit was last closed.
#[derive(Debug, Default)]
pub(super) struct Checks {
    has_passed: bool,
    /// C2: a probe failed after a check had passed.
    was_wrong: bool,
    /// C4: the present check counts as a probe. Earlier checks were replaced.
    pub(super) counts: bool,
}

impl Checks {
    pub(super) fn probe_failed(&mut self) {
        self.was_wrong |= self.has_passed;
    }

    pub(super) fn opened(&mut self) {
        self.has_passed = false;
    }
}

impl Model {
    pub(in super::super) fn check(&mut self, is_good: bool) {
        let has_lapsed = self.settle();
        if is_good {
            self.good_check();
        } else if !has_lapsed {
            self.bad_check();
        }
    }

    fn good_check(&mut self) {
        if self.state == State::Closed || self.mode == Mode::ForcedOpen {
            return;
        }
        self.checks.has_passed = true;
        if self.checks.was_wrong {
            return;
        }
        let is_over = self.now >= self.until;
        if self.state == State::Open {
            if self.asked_for.is_none() || is_over {
                self.enter(State::HalfOpen, Cause::HealthCheckPassed);
                self.traffic = self.now;
            }
        } else if self.probes.is_empty() && self.now >= self.traffic + Spec::INTERVAL * MS {
            self.checks.counts = true;
            self.close_if_proven();
        }
    }

    fn bad_check(&mut self) {
        self.checks.counts = false;
        if !matches!(self.mode, Mode::Automatic | Mode::Shadow) {
            return;
        }
        if self.state == State::Open && self.now >= self.until {
            self.enter(State::HalfOpen, Cause::OpenTimeoutElapsed);
        }
        if self.state != State::Open {
            self.open(Cause::HealthCheckFailed, self.now, None);
        }
    }
}
