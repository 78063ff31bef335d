//! What the engine needs from the breaker around it.

use std::time::Duration;

use super::{CircuitBreaker, changes};
use crate::engine::host::Host;
use crate::engine::memory::Engine;
use crate::engine::stalled::Stalled;
use crate::engine::transition::{Rejected, Transitions};
use crate::event::EventKind;
use crate::log;

impl Host for CircuitBreaker {
    #[inline]
    fn engine(&self) -> &Engine {
        &self.0.engine
    }

    #[inline]
    fn now(&self) -> u64 {
        self.0.clock.now()
    }

    #[inline]
    fn quick_now(&self) -> Option<u64> {
        self.0.clock.quick_now()
    }

    fn compared_now(&self) -> u64 {
        self.0.clock.compared_now()
    }

    #[inline]
    fn has_ended_mode(&self) -> bool {
        self.0.orders.is_for_a_time() && self.has_left_forced_open()
    }

    fn tell(&self, transitions: Transitions) {
        self.0.emit(changes(&transitions));
    }

    fn tell_stalled(&self, stalled: Stalled) {
        let Stalled { lasted, at, sequence } = stalled;
        self.0.emit([(sequence, at, EventKind::RecoveryStalled { lasted: Duration::from_nanos(lasted) })]);
    }

    fn rejected(&self, rejected: Rejected) {
        log::rejected(|| self.0.rejection(rejected));
    }
}
