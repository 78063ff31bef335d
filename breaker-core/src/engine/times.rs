//! How long the circuit has been in each state, as its users see it: an open circuit past its open time is half-open.

use super::state::{Mode, State};
use super::transition::Machine;

/// Nanoseconds in each state, up to a moment, and what has been shown since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    closed: u64,
    open: u64,
    half_open: u64,
    /// Up to when the sums are complete.
    until: u64,
    shown: State,
    /// When an open circuit begins to be shown as half-open.
    deadline: u64,
}

impl Times {
    /// Of a circuit that is closed now.
    pub(crate) fn new(now: u64) -> Self {
        Self { closed: 0, open: 0, half_open: 0, until: now, shown: State::Closed, deadline: u64::MAX }
    }

    /// The circuit has moved, perhaps some time ago; an open time ends at `until`.
    pub(crate) fn enter(&mut self, to: State, at: u64, until: u64) {
        let deadline = if to == State::Open { until } else { u64::MAX };
        *self = Self { shown: to, deadline, ..self.at(at) };
    }

    /// What is shown from now on, unless something changes.
    pub(crate) fn show(&mut self, machine: &Machine, now: u64) {
        let forced = machine.mode == Mode::ForcedOpen;
        let deadline = if machine.state == State::Open && !forced { machine.until } else { u64::MAX };
        let shown = if forced { State::Open } else { machine.state };
        *self = Self { shown, deadline, ..self.at(now) };
    }

    /// The sums as of `now`: closed, open, half-open.
    pub(crate) fn sums(&self, now: u64) -> [u64; 3] {
        let Self { closed, open, half_open, .. } = self.at(now);
        [closed, open, half_open]
    }

    fn at(mut self, now: u64) -> Self {
        // Time that is read backwards adds nothing.
        let now = now.max(self.until);
        let turn = self.deadline.clamp(self.until, now);
        let (before, after) = (turn - self.until, now - turn);
        match self.shown {
            State::Closed => self.closed += now - self.until,
            State::Open => {
                self.open += before;
                self.half_open += after;
            }
            State::HalfOpen => self.half_open += now - self.until,
        }
        self.until = now;
        if after > 0 && self.shown == State::Open {
            self.shown = State::HalfOpen;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_moment_belongs_to_the_state_that_is_shown() {
        let mut times = Times::new(10);
        assert_eq!(times.sums(15), [5, 0, 0]);
        times.enter(State::Open, 20, 50);
        assert_eq!((times.sums(50), times.sums(70)), ([10, 30, 0], [10, 30, 20]));
        times.enter(State::HalfOpen, 60, 50);
        times.enter(State::Closed, 75, 50);
        assert_eq!(times.sums(80), [15, 30, 25]);
    }

    #[test]
    fn looking_changes_nothing_and_time_that_goes_back_adds_nothing() {
        let mut times = Times::new(0);
        times.enter(State::Open, 10, 20);
        let looked = times.at(15).at(12).at(30);
        assert_eq!((looked.sums(40), times.sums(40)), ([10, 10, 20], [10, 10, 20]));
        times.enter(State::HalfOpen, 40, 20);
        times.enter(State::Open, 5, 60);
        assert_eq!(times.sums(41), [10, 11, 20]);
    }
}
