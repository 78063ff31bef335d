//! Rounds of calls, and what callgrind has to know of them: it counts inside [`counted_round`], but not inside functions
//! that are called `uncounted_…`, and gives every round's count apart, at [`round_over`]. xtask takes the smallest: what a
//! round has in excess of it was brought by the time that passed (a new slice of a window, a response time of another
//! length), not by the code.

use std::hint::black_box;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use breaker_core::{CircuitBreaker, Config};

pub(crate) const WARM_UP: u64 = 3;
const ROUNDS: u64 = 48;
/// Ticks of the counter, some microseconds: long beside what valgrind's own work varies by.
const PAUSE: u64 = 20_000;

static PAUSE_NOW: AtomicU64 = AtomicU64::new(PAUSE);
static COUNTER: LazyLock<quanta::Clock> = LazyLock::new(quanta::Clock::new);

/// Waits until breaker-core's clock is calibrated: then its thread has ended, and this one is alone.
pub(crate) fn settled() -> Result<(), String> {
    drop(CircuitBreaker::new("counts", Config::default()));
    LazyLock::force(&COUNTER);
    let start = Instant::now();
    loop {
        let tasks =
            std::fs::read_dir("/proc/self/task").map_err(|error| format!("can't list /proc/self/task: {error}"))?;
        if tasks.count() == 1 {
            return Ok(());
        }
        if start.elapsed() > Duration::from_secs(30) {
            return Err("another thread still runs after 30 s: is it not the clock's calibration?".to_owned());
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Whether the time comes from the processor's counter, as it should: the system's clock takes other instructions, and
/// is read in nanoseconds, one a tick.
pub(crate) fn has_counter() -> bool {
    COUNTER.delta_as_nanos(0, 1 << 40) != 1 << 40
}

/// Runs a path in rounds of so many calls; those of the warm-up are counted like the others, and left out by xtask.
pub(crate) fn rounds(calls: u64, call: impl Fn(u64)) {
    for round in 0..WARM_UP + ROUNDS {
        // By and by a tenth longer: some rounds are in the middle of a bucket of the histogram, wherever its bounds are.
        PAUSE_NOW.store(PAUSE + round * PAUSE / (10 * ROUNDS), Ordering::Relaxed);
        counted_round(calls, &call);
        round_over();
    }
}

/// Called in one place alone, and with closures that are, too: so they become one function, without a call between.
#[inline(never)]
fn counted_round(calls: u64, call: &impl Fn(u64)) {
    for n in 1..=calls {
        call(n);
    }
}

/// Where callgrind notes what it has counted, and starts again from zero.
#[inline(never)]
fn round_over() {
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

/// Work for calls that are timed: all take about as long, so that one finds the bucket that the last one used.
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
fn uncounted_pause() {
    let (start, pause) = (COUNTER.raw(), PAUSE_NOW.load(Ordering::Relaxed));
    while COUNTER.raw().saturating_sub(start) < pause {}
}
