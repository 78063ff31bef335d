//! What the engine needs from the breaker around it.

use std::time::Duration;

use super::{Inner, changes};
use crate::engine::host::Host;
use crate::engine::memory::Engine;
use crate::engine::stalled::Stalled;
use crate::engine::transition::{Rejected, Transitions};
use crate::event::EventKind;
use crate::log;

impl Host for Inner {
    #[inline]
    fn engine(&self) -> &Engine {
        &self.engine
    }

    #[inline]
    fn now(&self) -> u64 {
        self.clock.now()
    }

    #[inline]
    fn quick_now(&self) -> Option<u64> {
        self.clock.quick_now()
    }

    fn compared_now(&self) -> u64 {
        self.clock.compared_now()
    }

    #[inline]
    fn has_ended_mode(&self) -> bool {
        self.orders.is_for_a_time() && self.has_left_forced_open()
    }

    fn tell(&self, transitions: Transitions) {
        self.emit(changes(&transitions));
    }

    fn tell_stalled(&self, stalled: Stalled) {
        let Stalled { lasted, at, sequence } = stalled;
        self.emit([(sequence, at, EventKind::RecoveryStalled { lasted: Duration::from_nanos(lasted) })]);
    }

    fn rejected(&self, rejected: Rejected) {
        log::rejected(|| self.rejection(rejected));
    }
}
