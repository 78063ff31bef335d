//! The machine's rules one by one, each by a short history. `explore` covers all histories.

use super::*;
use crate::engine::limits::tests::NONE;

#[path = "transition_tests/check_rules.rs"]
mod check_rules;
#[path = "transition_tests/explore.rs"]
mod explore;
#[path = "transition_tests/reads.rs"]
mod reads;
#[path = "transition_tests/rules.rs"]
mod rules;
#[path = "transition_tests/world.rs"]
mod world;

const LIMITS: Limits = Limits { failure_threshold: Some(1), ..NONE };

fn tripped(now: u64, limits: &Limits) -> Machine {
    let mut machine = Machine::new(0, limits, 0);
    let transition = machine.trip(Cause::ProbeFailed, now, None, limits).expect("a closed circuit trips");
    assert_eq!((transition.from, transition.to), (State::Closed, State::Open));
    machine
}

fn probe(machine: &mut Machine, now: u64, limits: &Limits) -> (Option<Transition>, Admission) {
    let settled = machine.settle(now, limits);
    let (admission, transition) = machine.admit(now, limits);
    (settled.or(transition), admission)
}

#[test]
fn the_open_time_admits_at_its_end_and_not_before() {
    let mut machine = tripped(100, &LIMITS);
    assert_eq!(machine.admit(129, &LIMITS).0, Admission::Rejected(Rejected::Open(1)));
    assert_eq!(machine.effective(130), State::HalfOpen);
    assert_eq!(machine.admit(130, &LIMITS).0, Admission::Probe);
}

#[test]
fn a_hung_probe_reopens_the_circuit_at_the_instant_its_lease_ended() {
    let limits = Limits { open_timeout: 5, half_open_timeout: 10, half_open_max_calls: 1, ..LIMITS };
    let mut machine = tripped(0, &limits);
    assert_eq!(probe(&mut machine, 5, &limits).1, Admission::Probe);
    assert_eq!(probe(&mut machine, 14, &limits).1, Admission::Rejected(Rejected::HalfOpen));
    let lapsed = machine.settle(17, &limits).expect("the lease ended at 15");
    assert_eq!((lapsed.at, lapsed.cause), (15, Cause::ProbeTimedOut));
    assert_eq!(machine.until, 20);
    assert_eq!(machine.end_probe(5, ProbeEnd::Success, 18, &limits), None);
}

#[test]
fn back_off_grows_with_reopenings_and_starts_over_after_a_close() {
    let limits = Limits { open_timeout: 100, open_timeout_multiplier: 1.5, success_threshold: 1, ..LIMITS };
    let mut machine = tripped(0, &limits);
    machine.admit(100, &limits);
    machine.end_probe(100, ProbeEnd::Failure, 100, &limits);
    assert_eq!(machine.until, 250);
    machine.admit(250, &limits);
    machine.end_probe(250, ProbeEnd::Success, 250, &limits);
    assert_eq!(machine.state, State::Closed);
    machine.trip(Cause::ProbeFailed, 300, None, &limits);
    assert_eq!(machine.until, 400);
}

#[test]
fn jitter_is_drawn_anew_for_each_opening() {
    let limits = Limits { open_timeout: 1 << 40, open_timeout_max: 1 << 40, open_timeout_jitter: 1.0, ..LIMITS };
    for seed in [0, u64::MAX] {
        let mut machine = Machine::new(0, &limits, seed);
        let mut times: Vec<u64> = (0..4)
            .map(|_| {
                machine.reset(0);
                let _ = machine.trip(Cause::ProbeFailed, 0, None, &limits).expect("a closed circuit trips");
                machine.until
            })
            .collect();
        times.sort_unstable();
        times.dedup();
        assert_eq!(times.len(), 4, "{times:?}");
    }
}
