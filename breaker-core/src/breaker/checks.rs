//! The effects of health checks on their breaker, which only apply while checks are enabled.

use super::CircuitBreaker;
use crate::engine::transition::Transitions;

impl CircuitBreaker {
    pub(crate) fn health_check_failed(&self, in_a_row: u32) -> Transitions {
        self.0.engine.check_failed(self.0.clock.compared_now(), in_a_row)
    }

    pub(crate) fn health_check_succeeded(&self, in_a_row: u32) -> Transitions {
        self.0.engine.check_succeeded(self.0.clock.compared_now(), in_a_row)
    }

    /// Returns a number that changes each time health checks are enabled again; `None` while they are disabled.
    pub(crate) fn check_epoch(&self) -> Option<u64> {
        self.0.in_force().check_epoch()
    }

    /// Runs `then` unless this epoch is over. It runs under the configuration's lock, so that checks can't be disabled
    /// meanwhile: it must not take that lock, nor run user code.
    pub(crate) fn in_check_epoch<R>(&self, epoch: u64, then: impl FnOnce() -> R) -> Option<R> {
        let in_force = self.0.in_force();
        (in_force.check_epoch() == Some(epoch)).then(then)
    }
}
