//! The sweep: what a call costs under every kind of configuration, so that none costs several times as much as its like.
//! `cargo xtask sweep` runs each case under callgrind and compares.
//!
//! A case is a breaker in a certain state, and calls that come to it: from one thread or 64, at a certain pace, of which a
//! share is bad. Threads are played by one: it changes slots before each call, uncounted.

mod cases;

use std::hint::black_box;

use breaker_core::{CircuitBreaker, ConfigBuilder};

use crate::rounds::{change_thread, counted_round, pass, round_over};
pub(crate) use cases::all;

/// Ticks of a slice: a window of 16 s has 16 of a second.
const SLICE: u64 = 4_000_000_000;
/// Slots of their own that threads have.
const THREADS: usize = 64;
/// Calls that are counted one by one, after the case has been set up; the dearest of them is listed.
const SINGLE: u64 = 256;
/// How long a call takes, in ticks: 500 ns, and 2 us where it is slow.
const QUICK: u64 = 2_000;
const SLOW: u64 = 8_000;

/// One configuration, with the calls that come to it.
pub(crate) struct Case {
    /// What is compared with each other: what is recorded of a call, and how many of them are bad.
    pub(crate) kind: String,
    pub(crate) name: String,
    /// How many times the cheapest of its kind it may cost, if there is a limit.
    pub(crate) limit: Option<f64>,
    config: ConfigBuilder,
    stripes: Stripes,
    pace: Pace,
    bad: Bad,
    /// Ends of calls before any is counted: a bad one in so many.
    before: Option<u64>,
}

/// Whose calls come.
#[derive(Clone, Copy, PartialEq)]
enum Stripes {
    /// One thread, which is the only one that has ever called.
    One,
    /// One of 64 that have.
    OneOf64,
    /// 64 in turn.
    All,
}

/// How many calls of each thread a slice holds, and what the window holds at first.
#[derive(Clone, Copy, PartialEq)]
enum Pace {
    /// An empty window, and no slice ends.
    Empty,
    /// The same, of whose slice 100 calls of each thread that calls have come.
    Begun,
    /// A full window, and no slice ends.
    Full,
    /// A full window, and so many calls of each thread that call in a slice.
    Turning(u64),
}

/// Which calls are bad.
#[derive(Clone, Copy, PartialEq)]
enum Bad {
    None,
    /// One in so many fails.
    Fails(u64),
    /// One in so many is slow.
    Slow(u64),
}

impl Stripes {
    /// How many threads call.
    fn callers(self) -> u64 {
        if self == Self::All { THREADS as u64 } else { 1 }
    }
}

impl Case {
    /// Calls that are counted together: a thousand, or 200 of each of the threads.
    pub(crate) fn calls(&self) -> u64 {
        if self.stripes == Stripes::All { 200 * THREADS as u64 } else { 1_000 }
    }

    /// Counts the calls together, and then, from the same state on, a few one by one.
    pub(crate) fn run(&self) {
        self.round(1, self.calls());
        self.round(SINGLE, 1);
    }

    fn round(&self, rounds: u64, calls: u64) {
        let breaker = CircuitBreaker::new("sweep", self.config.build().expect("each case's configuration is in range"));
        self.set_up(&breaker);
        let pause = match self.pace {
            Pace::Empty | Pace::Begun | Pace::Full => 0,
            Pace::Turning(calls) => SLICE / (calls * self.stripes.callers()) - QUICK,
        };
        for round in 0..rounds {
            counted_round(calls, &|n| self.call(&breaker, round + n - 1, self.bad, pause));
            round_over();
        }
        assert_eq!(breaker.metrics().transitions.total(), 0, "it was to stay closed");
    }

    /// Makes the stripes, and fills the window.
    fn set_up(&self, breaker: &CircuitBreaker) {
        // A slice begins.
        pass(64 * SLICE);
        if self.stripes != Stripes::One {
            (0..THREADS).rev().for_each(|slot| {
                change_thread(slot);
                drop(breaker.try_acquire());
            });
        }
        change_thread(0);
        let (slices, calls) = match self.pace {
            Pace::Empty => return,
            Pace::Begun => (1, 100),
            Pace::Full => (16, 100),
            Pace::Turning(calls) => (16, calls),
        };
        let a_slice = calls * self.stripes.callers();
        let bad = self.before.map_or(self.bad, Bad::Fails);
        // The first slice of an empty window doesn't end.
        let pause = if slices == 1 { 0 } else { SLICE / a_slice - QUICK };
        for n in 0..slices * a_slice {
            self.plain_call(breaker, n, bad);
            pass(pause);
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what is counted is the breaker, not a call of this")]
    fn call(&self, breaker: &CircuitBreaker, n: u64, bad: Bad, pause: u64) {
        let how = uncounted_step(self, n, bad, pause);
        let _ = black_box(breaker.call(|| work(how)));
    }

    fn plain_call(&self, breaker: &CircuitBreaker, n: u64, bad: Bad) {
        let how = self.step(n, bad, 0);
        let _ = breaker.call(|| {
            pass(how.takes);
            if how.fails { Err(()) } else { Ok(()) }
        });
    }

    fn step(&self, n: u64, bad: Bad, pause: u64) -> How {
        pass(pause);
        let callers = self.stripes.callers();
        change_thread(usize::try_from(n % callers).unwrap_or_default());
        // Spread evenly over the threads, which are not in step.
        let is_bad = |one_in: u64| (n / callers + n % callers) % one_in == one_in - 1;
        How {
            fails: matches!(bad, Bad::Fails(one_in) if is_bad(one_in)),
            takes: if matches!(bad, Bad::Slow(one_in) if is_bad(one_in)) { SLOW } else { QUICK },
        }
    }
}

/// What a call does.
#[derive(Clone, Copy)]
struct How {
    fails: bool,
    takes: u64,
}

#[inline(never)]
fn uncounted_step(case: &Case, n: u64, bad: Bad, pause: u64) -> How {
    case.step(n, bad, pause)
}

#[inline(never)]
fn work(how: How) -> Result<(), ()> {
    uncounted_time(how.takes);
    if how.fails { Err(()) } else { Ok(()) }
}

#[inline(never)]
fn uncounted_time(ticks: u64) {
    pass(ticks);
}
