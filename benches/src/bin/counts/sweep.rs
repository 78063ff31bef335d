//! The sweep counts a call under each kind of configuration, so that none costs several times as much as similar ones.
//! `cargo xtask sweep` runs each case under callgrind and compares them.
//!
//! A case is a breaker in a certain state, and calls to it: from one thread or 64, at a certain pace, with a share of
//! bad calls. A single thread plays all of them: it changes slots before each call, which is not counted.

mod cases;

use std::hint::black_box;

use breaker_core::{CircuitBreaker, ConfigBuilder};

use crate::rounds::{change_thread, counted_round, pass, round_over};
pub(crate) use cases::all;

/// Ticks of a slice: a window of 16 s has 16 slices of one second.
const SLICE: u64 = 4_000_000_000;
/// Threads that have a slot of their own.
const THREADS: usize = 64;
/// Calls that are counted one by one after the set-up; the most expensive one is listed.
const SINGLE: u64 = 256;
/// Duration of a call in ticks: 500 ns, or 2 us for a slow one.
const QUICK: u64 = 2_000;
const SLOW: u64 = 8_000;

/// One configuration, with its calls.
pub(crate) struct Case {
    /// Cases of one kind are compared with each other. They record the same of a call, and have the same share of bad
    /// calls.
    pub(crate) kind: String,
    pub(crate) name: String,
    config: ConfigBuilder,
    stripes: Stripes,
    pace: Pace,
    bad: Bad,
    /// During the set-up one call in this many fails, if it is not the share of `bad`.
    before: Option<u64>,
}

/// Which threads call.
#[derive(Clone, Copy, PartialEq)]
enum Stripes {
    /// One thread, the only one that has ever called.
    One,
    /// One thread of 64 that have called.
    OneOf64,
    /// 64 threads in turn.
    All,
}

/// How many calls of each thread a slice holds, and what the window holds at the start.
#[derive(Clone, Copy, PartialEq)]
enum Pace {
    /// An empty window, whose slice does not end.
    Empty,
    /// Like `Empty`, but the slice already holds 100 calls of each calling thread.
    Begun,
    /// A full window, whose slice does not end.
    Full,
    /// A full window, and this many calls of each calling thread per slice.
    Turning(u64),
}

/// Which calls are bad.
#[derive(Clone, Copy, PartialEq)]
enum Bad {
    None,
    /// One call in this many fails.
    Fails(u64),
    /// One call in this many is slow.
    Slow(u64),
}

impl Stripes {
    /// Returns the number of threads that call.
    fn callers(self) -> u64 {
        if self == Self::All { THREADS as u64 } else { 1 }
    }
}

impl Case {
    /// Returns the number of calls that are counted together: 1,000, or 200 of each of the 64 threads.
    pub(crate) fn calls(&self) -> u64 {
        if self.stripes == Stripes::All { 200 * THREADS as u64 } else { 1_000 }
    }

    /// Counts the calls together, then a few calls one by one from the same starting state.
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
            counted_round(calls, &mut |n| self.call(&breaker, round + n - 1, self.bad, pause));
            round_over();
        }
        assert_eq!(breaker.metrics().transitions.total(), 0, "the circuit must stay closed");
    }

    /// Makes the stripes and fills the window.
    fn set_up(&self, breaker: &CircuitBreaker) {
        // A new slice begins.
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
        // The first slice of an empty window does not end.
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
        // Bad calls are spread evenly over the threads, at different positions.
        let is_bad = |one_in: u64| (n / callers + n % callers) % one_in == one_in - 1;
        How {
            fails: matches!(bad, Bad::Fails(one_in) if is_bad(one_in)),
            takes: if matches!(bad, Bad::Slow(one_in) if is_bad(one_in)) { SLOW } else { QUICK },
        }
    }
}

/// How a call runs and ends.
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
