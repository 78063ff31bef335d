//! The effective state: it includes changes that time alone causes, even if no call has applied them yet.

use super::limits::Limits;
use super::open_time::is_over;
use super::state::{Mode, State};
use super::transition::Machine;

impl Machine {
    /// Returns the state as of `now`: an open circuit past its deadline is half-open.
    pub(crate) fn effective(&self, now: u64) -> State {
        match (self.mode, self.state) {
            (Mode::ForcedOpen, _) => State::Open,
            (_, State::Open) if is_over(self.until, now) => State::HalfOpen,
            (_, state) => state,
        }
    }

    /// Returns the effective state after `settle`, without changing anything.
    pub(crate) fn settled(&self, now: u64, limits: &Limits) -> State {
        if self.lapse(now, limits).is_none() {
            return self.effective(now);
        }
        let mut settled = self.clone();
        let _ = settled.settle(now, limits);
        settled.effective(now)
    }

    /// Whether a probe of this generation still counts, so that calls made inside it are part of it.
    pub(crate) fn is_probing(&self, generation: u64, now: u64, limits: &Limits) -> bool {
        self.state == State::HalfOpen
            && self.word(limits).generation() == generation
            && self.lapse(now, limits).is_none()
    }

    /// Returns when the effective state began.
    pub(crate) fn effective_since(&self, now: u64) -> u64 {
        match (self.mode, self.state) {
            (Mode::ForcedOpen, _) => self.shown_since,
            (_, State::Open) if is_over(self.until, now) => self.until.max(self.shown_since),
            _ => self.since.max(self.shown_since),
        }
    }
}
