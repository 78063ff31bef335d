//! Models of the engine's protocols. loom runs each through the interleavings of its threads, and through the values
//! that the orderings let a load return. `cargo xtask loom` runs them.
//!
//! A model states what must hold in every order; ARCHITECTURE.md lists the models with the orderings that they
//! exercise. loom has limits: it treats a `SeqCst` load or store as no more than `AcqRel` (the engine has only fences),
//! a load never returns a value that is stored later, and a cell remembers its last seven values. Its search is also
//! incomplete: it remembers only the last access of a cell, so a thread's own load before its store hides the race with
//! an earlier read by another thread. So a model's first thread only starts the others and waits, and a model counts
//! only after it has been seen to fail with its ordering weakened. Each model states its bound on preemptions (of a
//! thread that could have continued); `ALL` means no bound.

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
use super::stripe::ThreadStripe;
use super::ticket::{End, Ticket};
use super::transition::{Rejected, Transitions};
use crate::sync::{Builder, thread};

/// A window of 200 ns and an open timeout of 30 ns. Calls aren't timed, so a call touches few cells.
const LIMITS: Limits = Limits { response_times: false, window: WindowLength::Time(200), ..NONE };

/// No bound on preemptions.
const ALL: usize = usize::MAX;

fn explore(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = (preemptions != ALL).then_some(preemptions);
    builder.max_branches = 10_000;
    builder.check(model);
}

/// Returns an engine with stripes for this many threads; the model's main thread has the first.
fn engine(limits: Limits, stripes: usize) -> Arc<Engine> {
    Slot::of_model(0).assign();
    let engine = Engine::new(0, limits, 0);
    for index in 0..stripes {
        engine.stripe(Slot::of_model(index));
    }
    Arc::new(engine)
}

/// Lets the stripe of this index enter a slice, before its thread starts.
fn enter(engine: &Engine, slot: usize, now: u64) {
    let here = ThreadStripe::own(engine.stripe(Slot::of_model(slot)));
    engine.slice_at(now, here, engine.word()).expect("one window");
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
    thread.join().expect("loom ends the model if a thread panics")
}

/// A breaker whose clock is fixed at this time, without listeners.
struct At<'a>(&'a Engine, u64);

impl Host for At<'_> {
    fn engine(&self) -> &Engine {
        self.0
    }

    fn now(&self) -> u64 {
        self.1
    }

    fn quick_now(&self) -> Option<u64> {
        Some(self.1)
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
    begin(engine, now).expect("the model expects an admission")
}

fn end(engine: &Engine, ticket: Ticket, end: End, now: u64) {
    Engine::end(&At(engine, now), ticket, end);
}

fn call(engine: &Engine, how: End, now: u64) {
    end(engine, admitted(engine, now), how, now);
}

/// Returns the final snapshot, after checking that every call is accounted for.
fn outcome(engine: &Engine, now: u64, in_flight: u64) -> Snapshot {
    let _ = engine.settle(now);
    let seen = engine.snapshot(now);
    assert_eq!(seen.in_flight, in_flight, "each admitted call has ended once: {seen:?}");
    let Snapshot { transitions: [tripped, probing, closed, reopened, reset], .. } = seen;
    let open = u64::from(seen.machine.state == State::Open);
    let half_open = u64::from(seen.machine.state == State::HalfOpen);
    assert_eq!(tripped + reopened, probing + reset + open, "each opening is followed by one change: {seen:?}");
    assert_eq!(probing, closed + reopened + half_open, "each half-open period is followed by one change: {seen:?}");
    seen
}
