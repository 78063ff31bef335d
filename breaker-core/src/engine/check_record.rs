//! Results of health checks since the circuit opened.

/// Results of the health checks of an outage. A check *passes* when `health_check_successes` checks in a row have
/// succeeded since the circuit opened.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct CheckRecord {
    /// Consecutive successful checks.
    in_a_row: u32,
    /// Whether a check has passed.
    has_passed: bool,
    /// Whether a probe has failed after a check had passed. Then the checks of this outage have no effect any more.
    was_wrong: bool,
    /// Half-open: checks that count as successful probes.
    successes: u32,
}

impl CheckRecord {
    /// Counts a successful check; `in_a_row` counts consecutive successes up to it. Returns whether it passes, given
    /// how many are `needed`.
    #[cfg(any(feature = "tokio", test))]
    pub(super) fn succeeded(&mut self, in_a_row: u32, needed: u32) -> bool {
        // Excludes successes before the circuit opened, and those of a check that was replaced.
        self.in_a_row = self.in_a_row.saturating_add(1).min(in_a_row);
        let passes = self.in_a_row >= needed;
        self.has_passed |= passes;
        passes && !self.was_wrong
    }

    /// Counts the check that has just passed as a successful probe.
    #[cfg(any(feature = "tokio", test))]
    pub(super) fn count_success(&mut self, needed: u32) {
        // Excludes checks of a health check that was replaced.
        let passed_in_a_row = self.in_a_row.saturating_sub(needed).saturating_add(1);
        self.successes = self.successes.saturating_add(1).min(passed_in_a_row);
    }

    /// Counts a failed check. The caller decides whether it opens the circuit.
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

    /// Returns all fields.
    #[cfg(test)]
    pub(super) fn parts(self) -> (u32, bool, bool, u32) {
        (self.in_a_row, self.has_passed, self.was_wrong, self.successes)
    }
}
