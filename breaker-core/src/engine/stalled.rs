//! A half-open circuit that learns nothing: for a long time its probes have been ignored. Pure, as the machine is.

use super::limits::Limits;
use super::state::State;
use super::transition::Machine;

/// Nothing was decided for so many leases.
const LEASES: u64 = 10;

/// The circuit is half-open, and only ignored probes have ended for this long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "listeners wait for it"]
pub(crate) struct Stalled {
    /// Nanoseconds.
    pub(crate) lasted: u64,
    pub(crate) at: u64,
    /// Its place in the breaker's history.
    pub(crate) sequence: u64,
}

impl Machine {
    /// A probe of this generation was ignored; its permit is given back already. Told once until the circuit closes.
    pub(super) fn probe_ignored(&mut self, now: u64, limits: &Limits) -> Option<Stalled> {
        let lasted = now.saturating_sub(self.undecided_since);
        let is_stalled = self.state == State::HalfOpen && lasted >= self.patience(limits);
        if !is_stalled || std::mem::replace(&mut self.is_stall_told, true) {
            return None;
        }
        Some(Stalled { lasted, at: now, sequence: self.next_sequence() })
    }

    fn patience(&self, limits: &Limits) -> u64 {
        let lease = match limits.half_open_timeout {
            // Probes have no lease.
            u64::MAX => limits.open_timeout,
            _ => self.lease(limits),
        };
        lease.saturating_mul(LEASES)
    }
}
