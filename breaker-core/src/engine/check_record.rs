//! What health checks have found since the circuit opened.

/// How the health checks of an outage went. A check *passes* once `health_check_successes` of them in a row have succeeded
/// since the circuit opened.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct CheckRecord {
    /// Checks in a row that have succeeded.
    in_a_row: u32,
    /// One has passed.
    has_passed: bool,
    /// One had passed when a probe failed: the checks of this outage have no say any more.
    was_wrong: bool,
    /// Half-open: those that count as successful probes.
    successes: u32,
}

impl CheckRecord {
    /// A check has succeeded, as the last of so many in a row; whether it passes, where so many are `needed`.
    #[cfg(any(feature = "tokio", test))]
    pub(super) fn succeeded(&mut self, in_a_row: u32, needed: u32) -> bool {
        // Neither those before the circuit opened nor those of a check that was replaced.
        self.in_a_row = self.in_a_row.saturating_add(1).min(in_a_row);
        let passes = self.in_a_row >= needed;
        self.has_passed |= passes;
        passes && !self.was_wrong
    }

    /// The check that has just passed counts as a successful probe.
    #[cfg(any(feature = "tokio", test))]
    pub(super) fn count_success(&mut self, needed: u32) {
        // Those of a check that was replaced count no more.
        let passed_in_a_row = self.in_a_row.saturating_sub(needed).saturating_add(1);
        self.successes = self.successes.saturating_add(1).min(passed_in_a_row);
    }

    /// A check has failed. Whether that opens the circuit is decided elsewhere.
    #[cfg(any(feature = "tokio", test))]
    pub(super) fn failed(&mut self) {
        (self.in_a_row, self.successes) = (0, 0);
    }

    pub(super) fn successes(self) -> u32 {
        self.successes
    }

    pub(super) fn forget_successes(&mut self) {
        self.successes = 0;
    }

    pub(super) fn probe_failed(&mut self) {
        self.was_wrong |= self.has_passed;
    }

    pub(super) fn circuit_opened(&mut self) {
        *self = Self { was_wrong: self.was_wrong, ..Self::default() };
    }

    pub(super) fn circuit_closed(&mut self) {
        *self = Self::default();
    }

    /// All of it.
    #[cfg(test)]
    pub(super) fn parts(self) -> (u32, bool, bool, u32) {
        (self.in_a_row, self.has_passed, self.was_wrong, self.successes)
    }
}
