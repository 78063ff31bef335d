//! Rounds of calls, and what callgrind has to know of them: it counts inside [`counted_round`], but not inside functions
//! that are called `uncounted_…`, and gives every round's count apart, at [`round_over`].
//!
//! The time is the program's own (`breaker_core::ticks`), so a round takes the same instructions on every machine, idle
//! or busy. xtask takes the smallest round: what another one has in excess of it is what comes once in many calls (a new
//! slice of the window), not the path.

use std::hint::black_box;

/// Rounds that fill what is allocated or found once.
pub(crate) const WARM_UP: u64 = 3;
const ROUNDS: u64 = 9;
/// A pause between two readings of the clock: 2,000 ticks are 500 ns, in the middle of a bucket of the histogram.
const PAUSE: u64 = 2_000;

/// Runs a path in rounds of so many calls; those of the warm-up are counted like the others, and left out by xtask.
pub(crate) fn rounds(calls: u64, call: impl Fn(u64)) {
    for _ in 0..WARM_UP + ROUNDS {
        counted_round(calls, &call);
        round_over();
    }
}

/// Called in one place alone, and with closures that are, too: so they become one function, without a call between.
#[inline(never)]
pub(crate) fn counted_round(calls: u64, call: &impl Fn(u64)) {
    for n in 1..=calls {
        call(n);
    }
}

/// Where callgrind notes what it has counted, and starts again from zero.
#[inline(never)]
pub(crate) fn round_over() {
    black_box(());
}

/// The work that is protected: next to nothing, so that what is counted is the breaker. It might fail, for all that the
/// compiler knows.
#[inline(never)]
pub(crate) fn work(n: u64) -> Result<u64, u64> {
    if n == 0 { Err(n) } else { Ok(black_box(n)) }
}

/// The same, every tenth time in vain.
#[inline(never)]
pub(crate) fn work_failing(n: u64) -> Result<u64, u64> {
    if n.is_multiple_of(10) { Err(n) } else { Ok(black_box(n)) }
}

/// Work for calls that are timed: each takes 500 ns.
#[inline(never)]
pub(crate) fn long_work(n: u64) -> Result<u64, u64> {
    uncounted_pause();
    if n == 0 { Err(n) } else { Ok(black_box(n)) }
}

/// The same, every tenth time in vain.
#[inline(never)]
pub(crate) fn long_work_failing(n: u64) -> Result<u64, u64> {
    uncounted_pause();
    if n.is_multiple_of(10) { Err(n) } else { Ok(black_box(n)) }
}

#[inline(never)]
pub(crate) fn uncounted_pause() {
    pass(PAUSE);
}

/// Turns the clock. Outside a round, where a function called `uncounted_…` would begin one.
pub(crate) fn pass(ticks: u64) {
    #[cfg(breaker_counts)]
    breaker_core::ticks::advance(ticks);
    #[cfg(not(breaker_counts))]
    unreachable!("`main` runs no path without that clock, so nothing waits for {ticks} ticks");
}

/// Makes this the thread of another slot.
pub(crate) fn change_thread(slot: usize) {
    #[cfg(breaker_counts)]
    breaker_core::assume_slot(slot);
    #[cfg(not(breaker_counts))]
    unreachable!("`main` runs no path with one thread alone, so nothing comes to slot {slot}");
}
