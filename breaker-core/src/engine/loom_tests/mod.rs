//! Models of the engine's protocols: loom runs each through the interleavings of its threads, and through the values that
//! the orderings let a load return. `cargo xtask loom` runs them.
//!
//! A model says what must hold whoever is first; ARCHITECTURE.md lists them with the orderings that they exercise. What
//! loom can't do bounds them: a `SeqCst` load or store would count as no more than `AcqRel` (the engine has only fences),
//! a load never returns a value that is stored later, and a cell remembers its last seven values. Its search is not
//! complete either: of a cell, it remembers the last access alone, so a thread's own load before its store hides the race
//! with what another thread has read before. So a model's first thread only starts the others and waits, and a model counts
//! once it was seen to fail with its ordering weakened. The bound on preemptions (of a thread that could have gone on) is
//! said with each model; `ALL` is none.

mod admission;
mod changes;
mod closing;
mod counters;
mod headroom;
mod probes;
mod slots;
mod threshold;
mod turnover;

use std::sync::Arc;

use super::cell::{End, Engine, Reply, Ticket};
use super::policy::tests::NONE;
use super::policy::{Limits, WindowLength};
use super::snapshot::Snapshot;
use super::stripe::{Here, Slot};
use super::transition::Refusal;
use super::word::State;
use crate::sync::{Builder, thread};

/// A window of 200 ns, open for 30 ns; calls aren't timed, so that a call touches few cells.
const LIMITS: Limits = Limits { response_times: false, window: WindowLength::Time(200), ..NONE };

/// No bound on preemptions.
const ALL: usize = usize::MAX;

fn explore(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = (preemptions != ALL).then_some(preemptions);
    builder.max_branches = 10_000;
    builder.check(model);
}

/// An engine whose stripes for so many threads are there; the model's main thread has the first.
fn engine(limits: Limits, stripes: usize) -> Arc<Engine> {
    Slot::of_model(0).assign();
    let engine = Engine::new(0, limits, 0);
    for index in 0..stripes {
        engine.stripe(Slot::of_model(index));
    }
    Arc::new(engine)
}

/// Starts a thread that has the slot of this index.
fn start<T: 'static>(
    engine: &Arc<Engine>,
    slot: usize,
    body: impl FnOnce(&Engine) -> T + 'static,
) -> thread::JoinHandle<T> {
    let engine = Arc::clone(engine);
    thread::spawn(move || {
        Slot::of_model(slot).assign();
        body(&engine)
    })
}

fn join<T>(thread: thread::JoinHandle<T>) -> T {
    thread.join().expect("loom ends the model where a thread panics")
}

/// Asks for admission as `CircuitBreaker` does.
fn ask(engine: &Engine, now: u64) -> Result<Ticket, Refusal> {
    if let Some((_, ticket)) = engine.admit_plain() {
        return Ok(ticket);
    }
    match engine.admit(|| now) {
        Reply::Admitted(ticket) => Ok(ticket),
        Reply::Refused(refusal) => Err(refusal),
        Reply::Undecided(now) => engine.admit_rarely(now).0,
    }
}

fn admitted(engine: &Engine, now: u64) -> Ticket {
    ask(engine, now).expect("the model has it admitted")
}

/// Ends a call as `CircuitBreaker` does.
fn finish(engine: &Engine, ticket: Ticket, end: End, now: u64) {
    let timed_at = ticket.started().map(|_| now);
    if end == End::Success
        && let Some(own) = engine.own()
        && (ticket.is_plain() && engine.record_plain_success(own, ticket)
            || engine.record_placed_success(Here::own(own), ticket, timed_at, || now))
    {
        return;
    }
    if let Some(due) = engine.record(engine.here(), ticket, end, timed_at, || now) {
        engine.conclude(due);
    }
}

fn call(engine: &Engine, end: End, now: u64) {
    finish(engine, admitted(engine, now), end, now);
}

/// What there is when all is done, with every call accounted for.
fn outcome(engine: &Engine, now: u64, in_flight: u64) -> Snapshot {
    engine.settle(now);
    let seen = engine.snapshot(now);
    assert_eq!(seen.in_flight, in_flight, "each call that was admitted has ended once: {seen:?}");
    let Snapshot { transitions: [tripped, probing, closed, reopened, reset], .. } = seen;
    let open = u64::from(seen.machine.state == State::Open);
    let half_open = u64::from(seen.machine.state == State::HalfOpen);
    assert_eq!(tripped + reopened, probing + reset + open, "each opening is followed by one thing: {seen:?}");
    assert_eq!(probing, closed + reopened + half_open, "so is each probing: {seen:?}");
    seen
}
