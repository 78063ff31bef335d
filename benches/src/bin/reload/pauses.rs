//! The duration of calls, in particular of the longest ones, which show pauses.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use breaker_core::CircuitBreaker;

/// The duration of a phase. The two kinds of phase alternate, so that other load on the machine affects both.
const PHASE: Duration = Duration::from_millis(250);
const ROUNDS: usize = 12;
/// Calls that take longer than these are counted.
const LONG: [Duration; 3] = [Duration::from_micros(10), Duration::from_micros(100), Duration::from_millis(1)];

/// The calls of one kind of phase.
#[derive(Default)]
pub(crate) struct Calls {
    number: u64,
    longer: [u64; LONG.len()],
    longest: Duration,
}

impl Calls {
    fn enter(&mut self, took: Duration) {
        self.number += 1;
        self.longest = self.longest.max(took);
        for (count, long) in self.longer.iter_mut().zip(LONG) {
            *count += u64::from(took >= long);
        }
    }
}

impl fmt::Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>10} calls; of a million took", self.number)?;
        for (count, long) in self.longer.into_iter().zip(LONG) {
            #[expect(clippy::cast_precision_loss, reason = "fewer than 2^53 calls")]
            let share = count as f64 / self.number.max(1) as f64 * 1e6;
            write!(f, " {share:.1} {long:?} or more,")?;
        }
        write!(f, " the longest {:.1?}", self.longest)
    }
}

/// Makes calls on another thread: first undisturbed, then while `disturb` runs again and again, and so on in turn.
pub(crate) fn compare(breaker: &CircuitBreaker, mut disturb: impl FnMut()) -> [Calls; 2] {
    let (busy, done) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let caller = scope.spawn(|| {
            let mut calls = [Calls::default(), Calls::default()];
            while !done.load(Relaxed) {
                let phase = usize::from(busy.load(Relaxed));
                let start = Instant::now();
                let _ = breaker.call(|| Ok::<_, ()>(()));
                calls[phase].enter(start.elapsed());
            }
            calls
        });
        for _ in 0..ROUNDS {
            busy.store(false, Relaxed);
            std::thread::sleep(PHASE);
            busy.store(true, Relaxed);
            let start = Instant::now();
            while start.elapsed() < PHASE {
                disturb();
            }
        }
        done.store(true, Relaxed);
        caller.join().expect("the caller's thread doesn't panic")
    })
}
