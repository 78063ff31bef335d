//! What health checks do to their breaker, and as long as they are on.

use super::CircuitBreaker;
use crate::engine::transition::Transitions;

impl CircuitBreaker {
    pub(crate) fn health_check_failed(&self, in_a_row: u32) -> Transitions {
        self.0.engine.check_failed(self.0.clock.compared_now(), in_a_row)
    }

    pub(crate) fn health_check_succeeded(&self, in_a_row: u32) -> Transitions {
        self.0.engine.check_succeeded(self.0.clock.compared_now(), in_a_row)
    }

    /// A number that is another one each time that health checks are switched on again; nothing while they are off.
    pub(crate) fn check_epoch(&self) -> Option<u64> {
        self.0.in_force().check_epoch()
    }

    /// Does what a health check of this epoch leads to, unless that is over. Nobody can switch checks off meanwhile: what is done
    /// must not take the configuration's lock, nor run code of the user.
    pub(crate) fn in_check_epoch<R>(&self, epoch: u64, then: impl FnOnce() -> R) -> Option<R> {
        let in_force = self.0.in_force();
        (in_force.check_epoch() == Some(epoch)).then(then)
    }
}
