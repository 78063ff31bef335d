//! What the engine asks of the breaker around it. The models of loom stand in for it, too.

use super::memory::Engine;
use super::stalled::Stalled;
use super::transition::{Rejected, Transitions};

/// The breaker that an engine belongs to: it has the time, and tells what has happened. None of this is called under the
/// lock or inside a retry loop.
///
/// The doors take a host alone, not an engine beside it: one pointer stays in a register where two would not.
pub(crate) trait Host {
    fn engine(&self) -> &Engine;

    /// Nanoseconds on the breaker's clock.
    fn now(&self) -> u64;

    /// The same for what is decided under the lock: by a clock that has been checked, which may take longer.
    fn compared_now(&self) -> u64;

    /// A call has found the circuit forced open: whether it is so no longer, because that was for a time.
    fn has_ended_mode(&self) -> bool;

    /// The circuit has moved. Called after it has, and before the call that moved it returns.
    fn tell(&self, transitions: Transitions);

    /// The circuit doesn't move, because all its probes are ignored.
    fn tell_stalled(&self, stalled: Stalled);

    /// A call was rejected.
    fn rejected(&self, rejected: Rejected);
}
