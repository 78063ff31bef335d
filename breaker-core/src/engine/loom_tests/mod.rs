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
mod lengths;
mod probes;
mod slots;
mod threshold;
mod turnover;

use std::sync::Arc;

use super::host::Host;
use super::limits::tests::NONE;
use super::limits::{Limits, WindowLength};
use super::memory::Engine;
use super::slot::Slot;
use super::snapshot::Snapshot;
use super::stalled::Stalled;
use super::state::State;
use super::ticket::{End, Ticket};
use super::transition::{Rejected, Transitions};
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

/// A breaker whose clock stands at this time; nobody listens.
struct At<'a>(&'a Engine, u64);

impl Host for At<'_> {
    fn engine(&self) -> &Engine {
        self.0
    }

    fn now(&self) -> u64 {
        self.1
    }

    fn compared_now(&self) -> u64 {
        self.1
    }

    fn has_ended_mode(&self) -> bool {
        false
    }

    fn tell(&self, _: Transitions) {}

    fn tell_stalled(&self, _: Stalled) {}

    fn rejected(&self, _: Rejected) {}
}

fn begin(engine: &Engine, now: u64) -> Result<Ticket, Rejected> {
    Engine::begin_anywhere(&At(engine, now))
}

fn admitted(engine: &Engine, now: u64) -> Ticket {
    begin(engine, now).expect("the model has it admitted")
}

fn end(engine: &Engine, ticket: Ticket, end: End, now: u64) {
    Engine::end(&At(engine, now), ticket, end);
}

fn call(engine: &Engine, how: End, now: u64) {
    end(engine, admitted(engine, now), how, now);
}

/// What there is when all is done, with every call accounted for.
fn outcome(engine: &Engine, now: u64, in_flight: u64) -> Snapshot {
    let _ = engine.settle(now);
    let seen = engine.snapshot(now);
    assert_eq!(seen.in_flight, in_flight, "each call that was admitted has ended once: {seen:?}");
    let Snapshot { transitions: [tripped, probing, closed, reopened, reset], .. } = seen;
    let open = u64::from(seen.machine.state == State::Open);
    let half_open = u64::from(seen.machine.state == State::HalfOpen);
    assert_eq!(tripped + reopened, probing + reset + open, "each opening is followed by one thing: {seen:?}");
    assert_eq!(probing, closed + reopened + half_open, "so is each probing: {seen:?}");
    seen
}
