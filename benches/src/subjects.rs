//! The subjects of the measurements: this project, the peers, and the limits.

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

pub(crate) use list::{
    BARE, COUNTER_READS, DEFAULTS, HUNDRED, HUNDRED_TIMED, PEERS, RATE, TIMED, UNTIMED, WAITING, WAITING_TIMED,
    everything,
};

/// What the circuit does during the measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The circuit stays closed: its rules are in force, but their limits are never reached.
    Closed,
    /// The circuit was opened by failures, for an hour.
    Rejected,
    /// The circuit was opened by a failure, its open timeout is over, and successes don't close it: each call is a
    /// probe.
    Probing,
    /// One failure opens the circuit, its open timeout is over at once, and one success closes it.
    Cycling,
    /// The circuit stays closed, with the configuration that the crate has by itself.
    Defaults,
    /// The circuit stays closed, because the calls don't reach the minimum that the rule waits for.
    Waiting,
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
    /// Unique within a scenario.
    pub(crate) name: String,
    /// Variants of one crate share a label; the short table and the plot show the fastest of them.
    pub(crate) label: &'static str,
    pub(crate) family: Family,
    /// Whether it measures how long each call takes.
    pub(crate) times: bool,
    /// Whether its rule covers a span of time.
    pub(crate) time_window: bool,
    /// Whether it reads a clock that moves only every few milliseconds.
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

/// A breaker of any crate, so that one loop measures them all. The loop is compiled for each of them.
pub(crate) trait Guarded<S: Stream>: Send + Sync + 'static {
    /// What a thread holds while it calls: a reference, or a service of its own.
    type Local<'a>;

    fn local(&self) -> Self::Local<'_>;

    /// Makes call `n` through the breaker.
    fn call(local: &mut Self::Local<'_>, n: u64) -> CallResult;

    /// Whether the circuit is closed, if the crate reports it.
    fn closed(&self) -> Option<bool> {
        None
    }
}

/// A subject with its type erased. It is called once per batch, never per call.
pub(crate) trait Subject: Send + Sync {
    /// Makes the calls 1 to `calls`, in turn through all of its breakers.
    fn run(&self, calls: u64) -> Tally;

    /// Makes call 0, which fails, through each of its breakers.
    fn fail(&self);

    /// Whether all circuits are closed, as far as they report it.
    fn closed(&self) -> bool;
}

struct Services<S, B> {
    breakers: Vec<B>,
    stream: PhantomData<fn() -> S>,
}

/// The measured loop. It is a function of its own, so that nothing else uses registers.
#[inline(never)]
fn through_one<S: Stream, B: Guarded<S>>(breaker: &B, calls: u64) -> Tally {
    let mut tally = Tally::default();
    let mut local = breaker.local();
    for n in 1..=calls {
        tally.count(&B::call(&mut local, n));
    }
    tally
}

/// Like `through_one`, but through several breakers in turn.
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

/// Returns a subject of `services` breakers.
pub(crate) fn subject<S: Stream, B: Guarded<S>>(services: usize, make: impl Fn() -> B) -> Arc<dyn Subject> {
    let breakers = std::iter::repeat_with(make).take(services).collect();
    Arc::new(Services { breakers, stream: PhantomData::<fn() -> S> })
}
