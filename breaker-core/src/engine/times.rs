//! Time in each effective state: an open circuit whose open timeout has passed counts as half-open.

use super::state::{Mode, State};
use super::transition::Machine;

/// Nanoseconds in each state up to a time, and the effective state since then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    closed: u64,
    open: u64,
    half_open: u64,
    /// Time up to which the sums are complete.
    until: u64,
    shown: State,
    /// Time at which an open circuit starts to count as half-open.
    deadline: u64,
}

impl Times {
    /// Starts with a circuit that is closed now.
    pub(crate) fn new(now: u64) -> Self {
        Self { closed: 0, open: 0, half_open: 0, until: now, shown: State::Closed, deadline: u64::MAX }
    }

    /// Applies a transition, which may be some time ago; an open period ends at `until`.
    pub(crate) fn enter(&mut self, to: State, at: u64, until: u64) {
        let deadline = if to == State::Open { until } else { u64::MAX };
        *self = Self { shown: to, deadline, ..self.at(at) };
    }

    /// Sets the effective state from now on, until something changes.
    pub(crate) fn show(&mut self, machine: &Machine, now: u64) {
        let forced = machine.mode == Mode::ForcedOpen;
        let deadline = if machine.state == State::Open && !forced { machine.until } else { u64::MAX };
        let shown = if forced { State::Open } else { machine.state };
        *self = Self { shown, deadline, ..self.at(now) };
    }

    /// Returns the sums as of `now`: closed, open, half-open. Sums never decrease: time that was returned is kept, even
    /// if an earlier change is noticed later.
    pub(crate) fn read(&mut self, now: u64) -> [u64; 3] {
        *self = self.at(now);
        [self.closed, self.open, self.half_open]
    }

    fn at(mut self, now: u64) -> Self {
        // A clock that goes back adds nothing.
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
        assert_eq!(times.read(15), [5, 0, 0]);
        times.enter(State::Open, 20, 50);
        assert_eq!((times.clone().read(50), times.clone().read(70)), ([10, 30, 0], [10, 30, 20]));
        times.enter(State::HalfOpen, 60, 50);
        times.enter(State::Closed, 75, 50);
        assert_eq!(times.read(80), [15, 30, 25]);
    }

    #[test]
    fn no_sum_goes_back_with_time_that_does_or_with_a_change_that_is_found_late() {
        let mut times = Times::new(0);
        times.enter(State::Open, 10, 20);
        assert_eq!([15, 12, 30, 40].map(|now| times.read(now)), [[10, 5, 0], [10, 5, 0], [10, 10, 10], [10, 10, 20]]);
        times.enter(State::HalfOpen, 40, 20);
        times.enter(State::Open, 5, 60);
        assert_eq!(times.read(41), [10, 11, 20]);
    }
}
