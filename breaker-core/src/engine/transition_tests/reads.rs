//! Properties of every single state: its readings, and that the circuit can close again.

use super::rules::{deadline, open_time};
use super::world::{Input, World, longest_lease};
use crate::engine::limits::Limits;
use crate::engine::state::{Mode, State};
use crate::engine::transition::{Admission, ProbeEnd};

#[track_caller]
fn rule(world: &World, holds: bool, name: &str) {
    assert!(holds, "{name}: {world:#?}");
}

pub(super) fn check(world: &World, limits: &Limits) {
    effective_state(world, limits);
    published_words(world, limits);
    nested_calls(world, limits);
    recovers(world, limits);
    closes_for_slow_calls(world, limits);
    closes_when_idle(world, limits);
}

fn effective_state(world: &World, limits: &Limits) {
    let machine = &world.machine;
    let is_over = machine.until != u64::MAX && world.now >= machine.until;
    let (state, since) = match machine.state {
        _ if machine.mode == Mode::ForcedOpen => (State::Open, machine.shown_since),
        State::Open if is_over => (State::HalfOpen, machine.until.max(machine.shown_since)),
        state => (state, machine.since.max(machine.shown_since)),
    };
    let seen = (machine.effective(world.now), machine.effective_since(world.now));
    rule(world, seen == (state, since), "H6 an open circuit past its deadline reads as half-open");
    let lapse = world.lapse(limits).filter(|_| machine.mode != Mode::ForcedOpen);
    let reads = match lapse.map(|end| deadline(end, open_time(machine.reopenings + 1, limits))) {
        None => state,
        Some(until) if until.is_some_and(|until| world.now >= until) => State::HalfOpen,
        Some(_) => State::Open,
    };
    rule(world, machine.settled(world.now, limits) == reads, "H4, H6 reads alone show that a lease has ended");
}

/// A nested call is part of its probe exactly as long as the probe's end would change something.
fn nested_calls(world: &World, limits: &Limits) {
    let is_probing = |generation| world.machine.is_probing(generation, world.now, limits);
    let decides = |place| {
        let (after, outcome) = world.after(Input::End(place, ProbeEnd::Failure), limits);
        outcome.settled.is_none() && after.machine != world.machine
    };
    for (place, ticket) in world.tickets.iter().enumerate() {
        rule(world, is_probing(ticket.generation) == decides(place), "H7 calls inside a live probe are part of it");
    }
    let is_late = world.late.is_none_or(|ticket| !is_probing(ticket.generation));
    rule(world, is_late, "H7 within a late probe a call is an ordinary one");
}

/// Decisions of callers without the lock equal those of the machine.
fn published_words(world: &World, limits: &Limits) {
    let machine = &world.machine;
    let word = machine.word(limits);
    rule(world, (word.state(), word.mode()) == (machine.state, machine.mode), "the word has the state and the mode");
    let is_full = machine.state == State::HalfOpen && world.tickets.len() == limits.half_open_max_calls as usize;
    rule(world, word.is_full() == is_full, "H1 the word shows when all probe permits are in use");
    let answer = world.after(Input::Call, limits).1.admission.expect("a call is answered");
    rule(world, word.admits() == (answer == Admission::Counted), "the word admits exactly what is counted");
    let quiet = world.now < machine.quiet_until(limits) && machine.mode == Mode::Automatic;
    let rejected = quiet && (machine.state == State::Open || is_full);
    let agrees = !rejected || matches!(answer, Admission::Rejected(_));
    rule(world, agrees, "H4, H5 a call rejected without the lock would be rejected with it");
}

/// The circuit never gets stuck: in any state, even if all probes in flight hang, waiting and successful calls close
/// it. Only an infinite open time requires a reset.
fn recovers(world: &World, limits: &Limits) {
    let (mut machine, mut now) = (world.machine.clone(), world.now);
    machine.set_mode(Mode::Automatic, now);
    // The leases of hanging probes, the open time after that, probes.
    for _ in 0..3 {
        let waits = machine.state == State::Open || !machine.probes.is_empty();
        match machine.quiet_until(limits) {
            u64::MAX if waits => drop(machine.reset(now)),
            quiet_until if waits => now = now.max(quiet_until),
            _ => {}
        }
        machine.settle(now, limits);
        for _ in 0..limits.success_threshold {
            if machine.admit(now, limits).0 == Admission::Probe {
                machine.end_probe(now, ProbeEnd::Success, now, limits);
            }
        }
    }
    assert_eq!(machine.state, State::Closed, "the circuit is stuck: {world:#?} leads to {machine:#?}");
}

/// H4: if all calls succeed but take longer than the default lease, the circuit closes when the lease learns.
fn closes_for_slow_calls(world: &World, limits: &Limits) {
    let takes = longest_lease(limits) - 1;
    if !limits.lease_learns || takes < limits.half_open_timeout {
        return;
    }
    let (mut machine, mut now) = (world.machine.clone(), world.now);
    machine.set_mode(Mode::Automatic, now);
    // While probes in flight hang, one that teaches, and those that close the circuit.
    for _ in 0..2 * limits.half_open_max_calls + 1 + limits.success_threshold {
        machine.settle(now, limits);
        if machine.state == State::Open {
            now = now.max(machine.until);
        }
        let generation = machine.generation + u64::from(machine.state == State::Open);
        if machine.admit(now, limits).0 == Admission::Probe {
            let start = now;
            now += takes;
            machine.settle(now, limits);
            machine.learn(takes, limits);
            if machine.generation == generation {
                machine.end_probe(start, ProbeEnd::Success, now, limits);
            }
        } else {
            now += takes;
        }
    }
    assert_eq!(machine.state, State::Closed, "H4 slow calls: {world:#?} leads to {machine:#?}");
}

/// C4: without traffic, successful checks close the circuit, unless they were wrong before. This happens neither before
/// the end of a requested open time, nor if that is infinite.
fn closes_when_idle(world: &World, limits: &Limits) {
    let (mut machine, mut now) = (world.machine.clone(), world.now);
    machine.set_mode(Mode::Automatic, now);
    if !machine.probes.is_empty() {
        return;
    }
    let was_wrong = machine.checks.parts().2;
    let until = if machine.state == State::Open { machine.until } else { now };
    let last = until.max(now).checked_add(limits.health_check_interval * u64::from(limits.success_threshold + 1) + 1);
    let Some(last) = last.filter(|last| *last < u64::MAX) else { return };
    // Many checks before these.
    while now <= last {
        let _ = machine.check_succeeded(now, u32::MAX, limits);
        now += 1;
    }
    // The first ones only make the check pass.
    for _ in 1..limits.health_check_successes {
        let _ = machine.check_succeeded(now, u32::MAX, limits);
    }
    let closed = machine.state == State::Closed;
    let right = if was_wrong { world.machine.state == State::Closed || !closed } else { closed };
    assert!(right, "C2, C4 a quiet service closes: {world:#?} leads to {machine:#?}");
}
