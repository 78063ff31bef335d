//! The machine with everything that can happen to it: the clock, the callers' tickets, and the caller of the machine, who
//! does what `locked` does (settles first, and rejects a ticket of an earlier generation).

use crate::engine::cause::Cause;
use crate::engine::limits::Limits;
use crate::engine::state::{Mode, State};
use crate::engine::transition::{Admission, Machine, ProbeEnd, Transition, Transitions};

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Input {
    Tick,
    /// The clock is read backwards: another core, a migrated machine.
    Back,
    /// Somebody looks.
    Settle,
    Call,
    /// The probe with this place among the tickets ends.
    End(usize, ProbeEnd),
    /// A probe of an earlier generation ends.
    Late(ProbeEnd),
    /// A rule fires, or a call's outcome is `OpenFor`.
    Trip(Option<u64>),
    Reset,
    /// `half_open_timeout` is set, and taken off again.
    SetLease,
    Mode(Mode),
    /// A health check ends: well, or not.
    Check(bool),
    /// Another check takes the place of the one that there was.
    Replace,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) settled: Option<Transition>,
    /// The place in history of a change of mode.
    pub(super) mode: Option<u64>,
    /// The open time was over when a failed check came.
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
    /// By how much the clock has been further.
    behind: u64,
    /// Probes in flight of the present generation, oldest first.
    pub(super) tickets: Vec<Ticket>,
    /// One that was in flight when its generation ended.
    pub(super) late: Option<Ticket>,
    /// Health checks in a row that have succeeded, and that have failed; as many as matter. Where one decides, those that
    /// succeeded are many.
    pub(super) good: u32,
    pub(super) bad: u32,
}

/// Why a circuit trips, here.
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

    /// Whatever can happen next.
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

    /// What everything is after `input`, and what came of it.
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
                let ticket = next.late.take().expect("only an input where there is one");
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
        // The end of another late one takes no lock.
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

    /// Tickets of a generation that is over are late; one of them is enough.
    fn sort_tickets(&mut self, limits: &Limits) {
        let generation = self.machine.word(limits).generation();
        let late = self.tickets.iter().copied().rfind(|ticket| ticket.generation != generation);
        self.late = late.or(self.late);
        self.tickets.retain(|ticket| ticket.generation == generation);
        self.tickets.sort_by_key(|ticket| ticket.start);
    }

    /// What makes two worlds the same to all that may come: times relative to now, generations to the present one. Times
    /// that are too far from now to matter are alike.
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
        // Deadlines meet the end of time: there, how far it is belongs to the state.
        key.put((u64::MAX - self.now).min(60));
        key.put(self.behind);
        key.put(u64::from(self.late.is_some()));
        key.put(u64::from(machine.successes));
        // More doublings than these reach no further.
        key.put(u64::from(machine.reopenings.min(2)));
        let (in_a_row, has_passed, was_wrong, successes) = machine.checks.parts();
        if has_rows(limits) {
            key.put(u64::from(self.good * 4 + self.bad));
            key.put(u64::from(in_a_row));
        }
        key.put(u64::from(successes));
        key.put(u64::from(has_passed) * 2 + u64::from(was_wrong));
        if machine.state == State::HalfOpen {
            // Longer than an interval is alike.
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
            // Whatever takes longer teaches the longest lease.
            key.put(self.late.map_or(0, |late| (self.now - (late.start - 2)).min(longest + 2)));
        }
        let far = match longest {
            // Without a lease nobody asks how long a probe has run.
            u64::MAX => 2,
            // Its lease and the open time after that are over.
            lease => lease + limits.open_timeout_max.min(40) + 2,
        };
        for start in &machine.probes {
            key.put((self.now - (start - 2)).min(far));
        }
        key.0
    }
}

/// The lease that no probe outlives, whatever was learned.
pub(super) fn longest_lease(limits: &Limits) -> u64 {
    let grown = if limits.lease_learns { limits.open_timeout_max } else { 0 };
    limits.half_open_timeout.max(grown)
}

/// Whether it takes several checks in a row for something.
fn has_rows(limits: &Limits) -> bool {
    limits.health_check_successes > 1 || limits.health_check_failures > 1
}

/// More good checks in a row than these are alike.
fn most_that_matter(limits: &Limits) -> u32 {
    limits.health_check_successes + limits.success_threshold
}

/// Small numbers side by side.
struct Packed(u128);

impl Packed {
    fn put(&mut self, number: u64) {
        assert!(number < 64, "{number} has no place in a key");
        self.0 = self.0 << 6 | u128::from(number);
    }
}
