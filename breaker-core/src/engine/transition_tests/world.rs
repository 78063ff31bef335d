//! The machine with its environment: the clock, the callers' tickets, and its caller, who acts like `locked` (settles
//! first, and rejects tickets of earlier generations).

use crate::engine::cause::Cause;
use crate::engine::limits::Limits;
use crate::engine::state::{Mode, State};
use crate::engine::transition::{Admission, Machine, ProbeEnd, Transition, Transitions};

/// One input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Input {
    Tick,
    /// The clock goes back: another core, a migrated machine.
    Back,
    /// A reader settles the machine.
    Settle,
    Call,
    /// The probe at this index of the tickets ends.
    End(usize, ProbeEnd),
    /// A probe of an earlier generation ends.
    Late(ProbeEnd),
    /// A rule fires, or a call's outcome is `OpenFor`.
    Trip(Option<u64>),
    Reset,
    /// `half_open_timeout` is set, and unset again.
    SetLease,
    Mode(Mode),
    /// A health check ends: successfully, or not.
    Check(bool),
    /// The health check is replaced by another one.
    Replace,
}

/// Result of an input.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) settled: Option<Transition>,
    /// Sequence number of a change of mode.
    pub(super) mode: Option<u64>,
    /// The open timeout had passed when a check failed.
    pub(super) arrived: Option<Transition>,
    pub(super) moved: Option<Transition>,
    pub(super) admission: Option<Admission>,
}

impl Outcome {
    pub(super) fn transitions(&self) -> impl Iterator<Item = &Transition> {
        self.settled.iter().chain(&self.arrived).chain(&self.moved)
    }
}

/// A probe in flight, as its caller knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) generation: u64,
    pub(super) start: u64,
}

#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) machine: Machine,
    pub(super) now: u64,
    /// How far the clock has gone back from its maximum.
    behind: u64,
    /// Probes in flight of the current generation, oldest first.
    pub(super) tickets: Vec<Ticket>,
    /// A probe that was in flight when its generation ended.
    pub(super) late: Option<Ticket>,
    /// Consecutive successful and failed health checks, as many as matter. If one decides, there are many successful
    /// ones.
    pub(super) good: u32,
    pub(super) bad: u32,
}

/// Cause of trips in these tests.
pub(super) const TRIP: Cause = Cause::ConsecutiveFailures { failures: 1, threshold: 1 };

const ENDS: [ProbeEnd; 6] = [
    ProbeEnd::Success,
    ProbeEnd::Failure,
    ProbeEnd::Slow,
    ProbeEnd::Neutral,
    ProbeEnd::OpenFor(3),
    ProbeEnd::OpenFor(u64::MAX),
];

impl World {
    pub(super) fn new(now: u64, limits: &Limits) -> Self {
        Self { machine: Machine::new(now, limits, 0), now, behind: 0, tickets: Vec::new(), late: None, good: 0, bad: 0 }
    }

    /// Returns all inputs that can happen next.
    pub(super) fn inputs(&self, limits: &Limits) -> impl Iterator<Item = Input> {
        let always = [Input::Tick, Input::Settle, Input::Call, Input::Reset];
        let sets = self.machine.learned_lease > 0 || self.lapse(limits).is_some();
        let set = sets.then_some(Input::SetLease);
        let back = (self.behind == 0).then_some(Input::Back);
        let trips = [None, Some(3), Some(u64::MAX)].map(Input::Trip);
        let modes = [Mode::Automatic, Mode::ForcedOpen, Mode::ForcedClosed, Mode::Shadow].map(Input::Mode);
        let ends = (0..self.tickets.len()).flat_map(|place| ENDS.map(|end| Input::End(place, end)));
        let late = self.late.iter().flat_map(|_| ENDS.map(Input::Late));
        let checks = [false, true].map(Input::Check);
        let replace = (has_rows(limits) && self.good + self.bad > 0).then_some(Input::Replace);
        let few = set.into_iter().chain(replace).chain(back);
        always.into_iter().chain(few).chain(checks).chain(trips).chain(modes).chain(ends).chain(late)
    }

    /// Returns the world after `input`, and the result.
    pub(super) fn after(&self, input: Input, limits: &Limits) -> (Self, Outcome) {
        let mut next = self.clone();
        let mut outcome = Outcome::default();
        let now = self.now;
        match input {
            Input::Tick => {
                next.now = now.saturating_add(1);
                next.behind = 0;
            }
            Input::Back => {
                next.now -= 1;
                next.behind = 1;
            }
            Input::Settle => outcome.settled = next.machine.settle(now, limits),
            Input::Call => next.call(limits, &mut outcome),
            Input::End(place, end) => {
                let ticket = next.tickets.remove(place);
                next.end(ticket, end, limits, &mut outcome);
            }
            Input::Late(end) => {
                let ticket = next.late.take().expect("only an input if there is one");
                next.end(ticket, end, limits, &mut outcome);
            }
            Input::Trip(open_for) => {
                let open_for = open_for.map(|nanos| nanos.min(limits.open_timeout_max));
                outcome.moved = next.machine.trip(TRIP, now, open_for, limits);
            }
            Input::Reset => {
                outcome.settled = next.machine.settle(now, limits);
                outcome.moved = next.machine.reset(now);
            }
            Input::SetLease => {
                outcome.settled = next.machine.settle(now, limits);
                next.machine.obey(&Limits { lease_learns: false, ..*limits });
                next.machine.obey(limits);
            }
            Input::Check(is_well) => next.check(is_well, limits, &mut outcome),
            Input::Replace => (next.good, next.bad) = (0, 0),
            Input::Mode(mode) => {
                outcome.settled = next.machine.settle(now, limits);
                outcome.mode = (next.machine.mode != mode).then(|| next.machine.next_sequence());
                outcome.moved = next.machine.set_mode(mode, now);
            }
        }
        next.sort_tickets(limits);
        (next, outcome)
    }

    fn call(&mut self, limits: &Limits, outcome: &mut Outcome) {
        outcome.settled = self.machine.settle(self.now, limits);
        let (admission, moved) = self.machine.admit(self.now, limits);
        outcome.moved = moved;
        outcome.admission = Some(admission);
        if admission == Admission::Probe {
            let generation = self.machine.word(limits).generation();
            self.tickets.push(Ticket { generation, start: self.now });
        }
    }

    fn end(&mut self, ticket: Ticket, end: ProbeEnd, limits: &Limits, outcome: &mut Outcome) {
        let is_late = self.machine.word(limits).generation() != ticket.generation;
        // The end of another late ticket takes no lock.
        if is_late && end != ProbeEnd::Success {
            return;
        }
        outcome.settled = self.machine.settle(self.now, limits);
        if end == ProbeEnd::Success {
            self.machine.learn(self.now.saturating_sub(ticket.start), limits);
        }
        if !is_late && outcome.settled.is_none() {
            outcome.moved = self.machine.end_probe(ticket.start, end, self.now, limits);
        }
    }

    fn check(&mut self, is_well: bool, limits: &Limits, outcome: &mut Outcome) {
        outcome.settled = self.machine.settle(self.now, limits);
        if is_well {
            (self.good, self.bad) =
                (if has_rows(limits) { (self.good + 1).min(most_that_matter(limits)) } else { u32::MAX }, 0);
            outcome.moved = self.machine.check_succeeded(self.now, self.good, limits);
        } else {
            (self.good, self.bad) = (0, (self.bad + 1).min(limits.health_check_failures));
            if outcome.settled.is_none() {
                Transitions([outcome.arrived, outcome.moved]) = self.machine.check_failed(self.now, self.bad, limits);
            }
        }
    }

    /// Tickets of an ended generation are late; one of them is enough.
    fn sort_tickets(&mut self, limits: &Limits) {
        let generation = self.machine.word(limits).generation();
        let late = self.tickets.iter().copied().rfind(|ticket| ticket.generation != generation);
        self.late = late.or(self.late);
        self.tickets.retain(|ticket| ticket.generation == generation);
        self.tickets.sort_by_key(|ticket| ticket.start);
    }

    /// Returns a key that is equal for worlds with the same future: times relative to now, generations relative to the
    /// current one. Times too far from now to matter are equal.
    pub(super) fn key(&self, limits: &Limits) -> u128 {
        let machine = &self.machine;
        let mut key = Packed(0);
        key.put(match machine.state {
            State::Closed => 0,
            State::Open => 1,
            State::HalfOpen => 2,
        });
        key.put(match machine.mode {
            Mode::Automatic => 0,
            Mode::ForcedOpen => 1,
            Mode::ForcedClosed => 2,
            Mode::Shadow => 3,
        });
        // Near the end of the clock's range, deadlines saturate, so the distance to it is part of the state.
        key.put((u64::MAX - self.now).min(60));
        key.put(self.behind);
        key.put(u64::from(self.late.is_some()));
        key.put(u64::from(machine.successes));
        // More doublings have no effect.
        key.put(u64::from(machine.reopenings.min(2)));
        let (in_a_row, has_passed, was_wrong, successes) = machine.checks.parts();
        if has_rows(limits) {
            key.put(u64::from(self.good * 4 + self.bad));
            key.put(u64::from(in_a_row));
        }
        key.put(u64::from(successes));
        key.put(u64::from(has_passed) * 2 + u64::from(was_wrong));
        if machine.state == State::HalfOpen {
            // All times above an interval are equal.
            key.put((self.now - (machine.idle_since - 2)).min(limits.health_check_interval.min(40) + 3));
        }
        if machine.state == State::Open {
            key.put(u64::from(machine.asked_for.is_some()));
            key.put(match machine.until {
                u64::MAX => 63,
                until => until.saturating_sub(self.now - 2).min(62),
            });
        }
        let longest = longest_lease(limits);
        if limits.lease_learns {
            key.put(machine.learned_lease.min(longest));
            // All longer times teach the longest lease.
            key.put(self.late.map_or(0, |late| (self.now - (late.start - 2)).min(longest + 2)));
        }
        let far = match longest {
            // Without a lease, the age of a probe doesn't matter.
            u64::MAX => 2,
            // Its lease and the open time after that have ended.
            lease => lease + limits.open_timeout_max.min(40) + 2,
        };
        for start in &machine.probes {
            key.put((self.now - (start - 2)).min(far));
        }
        key.0
    }
}

/// Returns a lease that no probe outlives, regardless of what was learned.
pub(super) fn longest_lease(limits: &Limits) -> u64 {
    let grown = if limits.lease_learns { limits.open_timeout_max } else { 0 };
    limits.half_open_timeout.max(grown)
}

/// Whether something takes several consecutive checks.
fn has_rows(limits: &Limits) -> bool {
    limits.health_check_successes > 1 || limits.health_check_failures > 1
}

/// More consecutive successful checks are equal.
fn most_that_matter(limits: &Limits) -> u32 {
    limits.health_check_successes + limits.success_threshold
}

/// Packs small numbers into one.
struct Packed(u128);

impl Packed {
    fn put(&mut self, number: u64) {
        assert!(number < 64, "{number} doesn't fit into a key");
        self.0 = self.0 << 6 | u128::from(number);
    }
}
