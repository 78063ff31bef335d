//! Rounds of calls, and the function names that callgrind relies on: it counts inside [`counted_round`], except in
//! functions named `uncounted_…`, and writes the count of each round at [`round_over`].
//!
//! The program controls the clock (`breaker_core::ticks`), so a round takes the same number of instructions on each
//! machine, idle or busy. xtask uses the smallest round: any excess of another round comes from work that is done once
//! in many calls (a new slice of the window), not from the path.

use std::hint::black_box;

/// Rounds that do all one-time work, such as allocations.
pub(crate) const WARM_UP: u64 = 3;
const ROUNDS: u64 = 9;
/// The time between two readings of the clock: 2,000 ticks are 500 ns, in the middle of a bucket of the histogram.
const PAUSE: u64 = 2_000;

/// Runs a path in rounds of this many calls. Warm-up rounds are counted like the others; xtask leaves them out.
pub(crate) fn rounds(calls: u64, mut call: impl FnMut(u64)) {
    for _ in 0..WARM_UP + ROUNDS {
        counted_round(calls, &mut call);
        round_over();
    }
}

/// Called in a single place for each closure, so that both are compiled into one function without a call in between.
#[inline(never)]
pub(crate) fn counted_round(calls: u64, call: &mut impl FnMut(u64)) {
    for n in 1..=calls {
        call(n);
    }
}

/// Here, callgrind writes its count and starts again from zero.
#[inline(never)]
pub(crate) fn round_over() {
    black_box(());
}

/// The protected work: next to nothing, so that the breaker is what is counted. For all the compiler knows, it may
/// fail.
#[inline(never)]
pub(crate) fn work(n: u64) -> Result<u64, u64> {
    if n == 0 { Err(n) } else { Ok(black_box(n)) }
}

/// Like `work`, but each tenth call fails.
#[inline(never)]
pub(crate) fn work_failing(n: u64) -> Result<u64, u64> {
    if n.is_multiple_of(10) { Err(n) } else { Ok(black_box(n)) }
}

/// Work for timed calls: each takes 500 ns.
#[inline(never)]
pub(crate) fn long_work(n: u64) -> Result<u64, u64> {
    uncounted_pause();
    if n == 0 { Err(n) } else { Ok(black_box(n)) }
}

/// Like `long_work`, but each tenth call fails.
#[inline(never)]
pub(crate) fn long_work_failing(n: u64) -> Result<u64, u64> {
    uncounted_pause();
    if n.is_multiple_of(10) { Err(n) } else { Ok(black_box(n)) }
}

#[inline(never)]
pub(crate) fn uncounted_pause() {
    pass(PAUSE);
}

/// Advances the clock. Use it outside a round only: there, a function named `uncounted_…` would start counting.
pub(crate) fn pass(ticks: u64) {
    #[cfg(breaker_counts)]
    breaker_core::ticks::advance(ticks);
    #[cfg(not(breaker_counts))]
    unreachable!("`main` runs no path without that clock, so nothing waits for {ticks} ticks");
}

/// Makes this thread use another slot.
pub(crate) fn change_thread(slot: usize) {
    #[cfg(breaker_counts)]
    breaker_core::assume_slot(slot);
    #[cfg(not(breaker_counts))]
    unreachable!("`main` runs no path with one thread alone, so nothing comes to slot {slot}");
}
