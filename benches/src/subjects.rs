//! What is measured: this project, the peers, and the limits beside them.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::work::{CallResult, Stream, Tally};

pub(crate) mod attribute;
mod breaker;
mod circuitbreaker_rs;
mod failsafe;
mod limits;
mod list;
mod nobreak;
pub(crate) mod ours;
mod recloser;
mod seatbelt;
mod tower_resilience;

pub(crate) use list::{BARE, COUNTER_READS, HUNDRED, HUNDRED_TIMED, PEERS, RATE, TIMED, UNTIMED, everything};

/// What the circuit does during the measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It stays closed: its rules are in force, with limits out of reach.
    Closed,
    /// It has been opened by failures, for an hour.
    Rejected,
    /// It has been opened by a failure, its open time is over, and successes don't close it: every call is a probe.
    Probing,
    /// One failure opens it, its open time is over at once, and one success closes it.
    Cycling,
}

/// Whose figures these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Limit,
    Ours,
    Peer,
}

/// What is known about a subject before it is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct About {
    /// Unique in a scenario.
    pub(crate) name: String,
    /// Variants of one crate have one label; the short table and the plot show the fastest of them.
    pub(crate) label: &'static str,
    pub(crate) family: Family,
    /// It measures how long each call takes.
    pub(crate) times: bool,
    /// Its rule looks back on a span of time.
    pub(crate) time_window: bool,
    /// The clock that it reads moves every few milliseconds only.
    pub(crate) coarse: bool,
}

impl About {
    pub(crate) fn new(name: impl Into<String>, label: &'static str, family: Family) -> Self {
        Self { name: name.into(), label, family, times: false, time_window: false, coarse: false }
    }

    pub(crate) fn timing(mut self) -> Self {
        self.times = true;
        self
    }

    pub(crate) fn coarse(mut self) -> Self {
        self.coarse = true;
        self
    }

    pub(crate) fn over_time(mut self) -> Self {
        self.time_window = true;
        self
    }
}

/// A breaker of some crate, so that one loop can measure all; the loop is compiled for each.
pub(crate) trait Guarded<S: Stream>: Send + Sync + 'static {
    /// What a thread holds while it calls: a reference, or a service of its own.
    type Local<'a>;

    fn local(&self) -> Self::Local<'_>;

    /// Does call `n` under the breaker.
    fn call(local: &mut Self::Local<'_>, n: u64) -> CallResult;

    /// Whether the circuit is closed, if the crate tells.
    fn closed(&self) -> Option<bool> {
        None
    }
}

/// A subject whose type is forgotten: asked once per batch, never per call.
pub(crate) trait Subject: Send + Sync {
    /// Does the calls 1 to `calls`, in turn through all of its breakers.
    fn run(&self, calls: u64) -> Tally;

    /// Does call 0, which fails, through each of them.
    fn fail(&self);

    /// Whether all are closed, as far as they tell.
    fn closed(&self) -> bool;
}

struct Services<S, B> {
    breakers: Vec<B>,
    stream: PhantomData<fn() -> S>,
}

/// The measured loop: alone in its function, so that nothing else takes registers.
#[inline(never)]
fn through_one<S: Stream, B: Guarded<S>>(breaker: &B, calls: u64) -> Tally {
    let mut tally = Tally::default();
    let mut local = breaker.local();
    for n in 1..=calls {
        tally.count(&B::call(&mut local, n));
    }
    tally
}

/// The same, through several in turn.
#[inline(never)]
fn through_many<S: Stream, B: Guarded<S>>(breakers: &[B], calls: u64) -> Tally {
    let mut tally = Tally::default();
    let mut locals: Vec<_> = breakers.iter().map(B::local).collect();
    let mut n = 0;
    while n < calls {
        for local in locals.iter_mut().take(usize::try_from(calls - n).unwrap_or(usize::MAX)) {
            n += 1;
            tally.count(&B::call(local, n));
        }
    }
    tally
}

impl<S: Stream, B: Guarded<S>> Subject for Services<S, B> {
    fn run(&self, calls: u64) -> Tally {
        match &self.breakers[..] {
            [only] => through_one(only, calls),
            many => through_many(many, calls),
        }
    }

    fn fail(&self) {
        for breaker in &self.breakers {
            B::call(&mut breaker.local(), 0);
        }
    }

    fn closed(&self) -> bool {
        self.breakers.iter().all(|breaker| breaker.closed().unwrap_or(true))
    }
}

/// A subject of `services` breakers.
pub(crate) fn subject<S: Stream, B: Guarded<S>>(services: usize, make: impl Fn() -> B) -> Arc<dyn Subject> {
    let breakers = std::iter::repeat_with(make).take(services).collect();
    Arc::new(Services { breakers, stream: PhantomData::<fn() -> S> })
}
