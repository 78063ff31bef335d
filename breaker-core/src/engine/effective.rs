//! The state as it reads: what time alone has changed by now shows before anyone has done it.

use super::limits::Limits;
use super::open_time::is_over;
use super::state::{Mode, State};
use super::transition::Machine;

impl Machine {
    /// The state as of `now`: an open circuit past its deadline reads half-open.
    pub(crate) fn effective(&self, now: u64) -> State {
        match (self.mode, self.state) {
            (Mode::ForcedOpen, _) => State::Open,
            (_, State::Open) if is_over(self.until, now) => State::HalfOpen,
            (_, state) => state,
        }
    }

    /// The effective state as it would be after `settle`, without doing that.
    pub(crate) fn settled(&self, now: u64, limits: &Limits) -> State {
        if self.lapse(now, limits).is_none() {
            return self.effective(now);
        }
        let mut settled = self.clone();
        let _ = settled.settle(now, limits);
        settled.effective(now)
    }

    /// Whether a probe of this generation still decides something, so that what it calls is a part of it (H7).
    pub(crate) fn is_probing(&self, generation: u64, now: u64, limits: &Limits) -> bool {
        self.state == State::HalfOpen
            && self.word(limits).generation() == generation
            && self.lapse(now, limits).is_none()
    }

    /// When the effective state began.
    pub(crate) fn effective_since(&self, now: u64) -> u64 {
        match (self.mode, self.state) {
            (Mode::ForcedOpen, _) => self.shown_since,
            (_, State::Open) if is_over(self.until, now) => self.until.max(self.shown_since),
            _ => self.since.max(self.shown_since),
        }
    }
}
