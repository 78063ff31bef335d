//! What the engine needs from the breaker around it. The loom models implement it, too.

use super::memory::Engine;
use super::stalled::Stalled;
use super::transition::{Rejected, Transitions};

/// The breaker that owns an engine: it supplies the time and reports what happens. No method is called under the lock
/// or inside a retry loop.
///
/// Entry points take only a host, not an engine as well: one pointer stays in a register where two would not.
pub(crate) trait Host {
    fn engine(&self) -> &Engine;

    /// Returns nanoseconds on the breaker's clock.
    fn now(&self) -> u64;

    /// Like `now`, for the short paths, which call no function: `None` if it would take one.
    fn quick_now(&self) -> Option<u64>;

    /// Like `now`, for decisions under the lock: by a clock that has been compared with the system's, which may take
    /// longer.
    fn compared_now(&self) -> u64;

    /// Called when a call finds the circuit forced open. Returns whether the mode had a time limit and has ended.
    fn has_ended_mode(&self) -> bool;

    /// Reports changes of state, before the call that caused them returns.
    fn tell(&self, transitions: Transitions);

    /// Reports that the circuit doesn't move because all its probes are ignored.
    fn tell_stalled(&self, stalled: Stalled);

    /// Reports a rejected call.
    fn rejected(&self, rejected: Rejected);
}
