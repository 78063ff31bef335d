//! Explores all reachable states of small configurations: breadth first, until no input leads to a new state.

use std::collections::HashSet;

use super::reads;
use super::rules::Step;
use super::world::{Input, Outcome, World};
use super::{LIMITS, Limits};
use crate::engine::cause::Cause;
use crate::engine::transition::{Admission, Rejected};

/// The results of an exploration.
#[derive(Debug, Default)]
struct Seen {
    configurations: u32,
    states: usize,
    steps: u64,
    /// The length of the longest of the shortest histories.
    deepest: u32,
    /// The same in the configuration where it is shortest.
    shallowest: Option<u32>,
    things: HashSet<&'static str>,
}

impl Seen {
    /// Explores all states from a new breaker at `start`. The exploration is complete when no state is new.
    fn explore(&mut self, start: u64, limits: &Limits) {
        let first = World::new(start, limits);
        let mut known = HashSet::from([first.key(limits)]);
        let mut level = vec![first];
        let mut depth = 0;
        while !level.is_empty() {
            let mut next = Vec::new();
            for world in &level {
                for input in world.inputs(limits) {
                    let (after, outcome) = world.after(input, limits);
                    Step { limits, before: world, input, outcome: &outcome, after: &after }.check();
                    self.note(&outcome);
                    self.note_lease(world, input, &after);
                    self.steps += 1;
                    if known.insert(after.key(limits)) {
                        next.push(after);
                    }
                }
            }
            for world in &level {
                reads::check(world, limits);
            }
            level = next;
            depth += u32::from(!level.is_empty());
        }
        self.configurations += 1;
        self.states += known.len();
        self.deepest = self.deepest.max(depth);
        self.shallowest = Some(self.shallowest.map_or(depth, |least| least.min(depth)));
    }

    fn note_lease(&mut self, before: &World, input: Input, after: &World) {
        let [before, after] = [before, after].map(|world| world.machine.learned_lease);
        if before != after {
            self.things.insert(match input {
                Input::End(..) => "a probe teaches",
                Input::Late(_) => "a late probe teaches",
                _ => "what was learned is forgotten",
            });
        }
    }

    fn note(&mut self, outcome: &Outcome) {
        let causes = outcome.transitions().map(|transition| match transition.cause {
            Cause::ConsecutiveFailures { .. } => "trip",
            Cause::OpenFor { .. } => "open for",
            Cause::OpenTimeoutElapsed => "open time over",
            Cause::ProbesSucceeded { .. } => "closed",
            Cause::ProbeFailed => "probe failed",
            Cause::ProbeSlow => "probe slow",
            Cause::ProbeTimedOut => "probe timed out",
            Cause::HealthCheckFailed => "check failed",
            Cause::HealthCheckPassed => "check passed",
            Cause::HealthChecksSucceeded { probes: 0, .. } => "closed by checks",
            Cause::HealthChecksSucceeded { .. } => "closed by checks and probes",
            Cause::Reset => "reset",
            Cause::Forced => "forced",
            _ => "unknown",
        });
        let admission = outcome.admission.map(|admission| match admission {
            Admission::Counted => "counted",
            Admission::Probe => "probe",
            Admission::WouldReject => "would reject",
            Admission::Rejected(Rejected::Open(_)) => "rejected: open",
            Admission::Rejected(Rejected::HalfOpen) => "rejected: half-open",
            Admission::Rejected(Rejected::ForcedOpen) => "rejected: forced open",
        });
        let both = (outcome.settled.is_some() && outcome.moved.is_some()).then_some("two transitions at once");
        self.things.extend(causes.chain(admission).chain(both));
    }
}

/// Thresholds and permits up to 3, with and without back-off, around these open times and leases.
fn configurations(open_timeout: u64, open_timeout_max: u64, leases: &[u64]) -> Vec<Limits> {
    let mut all = Vec::new();
    for &half_open_timeout in leases {
        for open_timeout_multiplier in [1.0, 2.0] {
            for (success_threshold, half_open_max_calls) in (1..=3).flat_map(|s| (1..=3).map(move |calls| (s, calls))) {
                all.push(Limits {
                    open_timeout,
                    open_timeout_multiplier,
                    open_timeout_max,
                    success_threshold,
                    half_open_max_calls,
                    half_open_timeout,
                    ..LIMITS
                });
            }
        }
    }
    all
}

/// Like `configurations`, with a lease that learns, for up to 2 permits and successes.
fn learning(open_timeout: u64, open_timeout_max: u64, lease: u64) -> Vec<Limits> {
    let all = configurations(open_timeout, open_timeout_max, &[lease]).into_iter();
    let few = all.filter(|limits| limits.success_threshold.max(limits.half_open_max_calls) <= 2);
    few.map(|limits| Limits { lease_learns: true, ..limits }).collect()
}

fn explore(start: u64, configurations: &[Limits]) -> Seen {
    let mut seen = Seen::default();
    for limits in configurations {
        seen.explore(start, limits);
    }
    println!("{seen:?}");
    assert!(seen.shallowest.is_some_and(|least| least >= 8), "shorter than expected: {seen:?}");
    seen
}

const EVERYTHING: [&str; 20] = [
    "trip",
    "open for",
    "open time over",
    "closed",
    "probe failed",
    "probe slow",
    "probe timed out",
    "check failed",
    "check passed",
    "closed by checks",
    "closed by checks and probes",
    "reset",
    "forced",
    "counted",
    "probe",
    "would reject",
    "rejected: open",
    "rejected: half-open",
    "rejected: forced open",
    "two transitions at once",
];

#[test]
fn every_history_keeps_the_rules_where_a_lease_is_shorter_than_the_open_time() {
    assert_eq!(explore(1_000, &configurations(2, 4, &[1])).things, EVERYTHING.into());
}

#[test]
fn every_history_keeps_the_rules_where_a_lease_is_as_long_as_the_open_time() {
    assert_eq!(explore(1_000, &configurations(2, 4, &[2])).things, EVERYTHING.into());
}

#[test]
fn every_history_keeps_the_rules_where_a_lease_is_longer_than_the_open_time() {
    assert_eq!(explore(1_000, &configurations(2, 4, &[3])).things, EVERYTHING.into());
}

#[test]
fn every_history_keeps_the_rules_where_a_lease_learns() {
    let taught = ["a probe teaches", "a late probe teaches", "what was learned is forgotten"];
    let everything: HashSet<_> = EVERYTHING.into_iter().chain(taught).collect();
    assert_eq!(explore(1_000, &learning(2, 4, 2)).things, everything);
    assert_eq!(explore(1_000, &learning(1, 5, 1)).things, everything);
}

/// Checks that need several consecutive results, some of which are replaced.
#[test]
fn every_history_keeps_the_rules_where_it_takes_several_checks() {
    for (health_check_failures, health_check_successes) in [(2, 1), (1, 2), (2, 3)] {
        let all = configurations(2, 4, &[2]).into_iter();
        let few = all.filter(|limits| (limits.success_threshold, limits.half_open_max_calls) == (2, 1)).take(1);
        let few: Vec<_> =
            few.map(|limits| Limits { health_check_failures, health_check_successes, ..limits }).collect();
        explore(1_000, &few);
    }
}

/// M2: times beyond the clock's range are never reached, and nothing overflows.
#[test]
fn every_history_keeps_the_rules_where_times_have_no_end() {
    for (open, most, lease) in
        [(u64::MAX, u64::MAX, 2), (2, 4, u64::MAX), (2, u64::MAX, 3), (u64::MAX, u64::MAX, u64::MAX)]
    {
        explore(1_000, &configurations(open, most, &[lease])[11..14]);
    }
}

/// M2: the clock reaches the end of its range.
#[test]
fn every_history_keeps_the_rules_at_the_end_of_time() {
    explore(u64::MAX - 7, &configurations(2, 4, &[3])[9..15]);
}
