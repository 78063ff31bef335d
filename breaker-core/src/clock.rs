//! Time: monotonic nanoseconds since the clock's start, and a hand-cranked clock for tests.
//!
//! The monotonic clock reads the processor's time-stamp counter through `quanta`. Its calibration takes up to
//! 200 ms, so it runs on a thread of its own; until it is done, `std::time::Instant` is read instead.

use std::sync::{Once, OnceLock};
use std::time::Instant;

#[cfg(feature = "test-util")]
mod manual;
mod nanos;

#[cfg(feature = "test-util")]
pub use manual::ManualClock;
#[cfg(feature = "test-util")]
pub(crate) use manual::WaitSlot;
pub(crate) use nanos::nanos;

/// Where a breaker reads the time.
///
/// Cheap to clone; clones share one time line. Readings are monotonic per thread; where two processor cores
/// disagree by a little, a difference is never below zero.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    Monotonic,
    #[cfg(feature = "test-util")]
    Manual(ManualClock),
}

impl Clock {
    /// The processor's monotonic clock; the default of every breaker.
    #[must_use]
    pub fn monotonic() -> Self {
        start_calibration();
        Self(Source::Monotonic)
    }

    /// A clock that moves only when it is told to, and the crank that moves it. It starts at zero.
    ///
    /// ```
    /// use breaker_core::{CircuitBreaker, Clock, Config, State};
    /// use std::time::Duration;
    ///
    /// let (clock, time) = Clock::manual();
    /// let breaker = CircuitBreaker::with_clock("doc", Config::builder().failure_threshold(1).build()?, clock);
    /// let _ = breaker.call(|| Err::<(), _>("down"));
    /// assert_eq!(breaker.state(), State::Open);
    /// time.advance(Duration::from_secs(30));
    /// assert_eq!(breaker.state(), State::HalfOpen);
    /// # Ok::<(), breaker_core::ConfigError>(())
    /// ```
    #[cfg(feature = "test-util")]
    #[must_use]
    pub fn manual() -> (Self, ManualClock) {
        let crank = ManualClock::new();
        (Self(Source::Manual(crank.clone())), crank)
    }

    /// Nanoseconds since this clock's start.
    #[inline]
    pub(crate) fn now(&self) -> u64 {
        match &self.0 {
            Source::Monotonic => monotonic_now(),
            #[cfg(feature = "test-util")]
            Source::Manual(crank) => crank.now(),
        }
    }

    /// The crank, if this is a manual clock.
    #[cfg(feature = "test-util")]
    pub(crate) fn crank(&self) -> Option<&ManualClock> {
        match &self.0 {
            Source::Monotonic => None,
            Source::Manual(crank) => Some(crank),
        }
    }
}

/// A calibrated counter, and the reading at which it took over from `Instant`.
struct Counter {
    clock: quanta::Clock,
    raw: u64,
    nanos: u64,
    /// Nanoseconds per tick, times 2^64; 0 for a counter whose ticks are longer than a nanosecond.
    scale: u64,
}

impl Counter {
    #[inline]
    fn now(&self) -> u64 {
        let raw = self.clock.raw();
        let passed = if self.scale == 0 {
            self.clock.delta_as_nanos(self.raw, raw)
        } else {
            // One multiplication. A core whose counter is behind reads the start.
            let scaled = u128::from(raw.saturating_sub(self.raw)) * u128::from(self.scale);
            (scaled >> 64) as u64
        };
        self.nanos.saturating_add(passed)
    }
}

/// See `Counter::scale`.
fn scale(clock: &quanta::Clock) -> u64 {
    // 2^40 ticks, some minutes, are enough to tell the ratio to 12 digits.
    let nanos = clock.delta_as_nanos(0, 1 << 40);
    if nanos >> 40 == 0 { nanos << 24 } else { 0 }
}

static START: OnceLock<Instant> = OnceLock::new();
static COUNTER: OnceLock<Counter> = OnceLock::new();
static CALIBRATION: Once = Once::new();

#[inline]
fn monotonic_now() -> u64 {
    match COUNTER.get() {
        Some(counter) => counter.now(),
        None => since_start(),
    }
}

#[cold]
fn since_start() -> u64 {
    nanos(START.get_or_init(Instant::now).elapsed())
}

fn start_calibration() {
    CALIBRATION.call_once(|| {
        START.get_or_init(Instant::now);
        // If no thread can be had, `Instant` goes on serving: slower, and just as right.
        let _ = std::thread::Builder::new().name("breaker-clock".into()).spawn(|| {
            let clock = quanta::Clock::new();
            let raw = clock.raw();
            let nanos = since_start();
            let scale = scale(&clock);
            let _ = COUNTER.set(Counter { clock, raw, nanos, scale });
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_monotonic_clock_never_steps_back_across_its_calibration() {
        let clock = Clock::monotonic();
        let mut last = clock.now();
        while COUNTER.get().is_none() {
            let now = clock.now();
            assert!(now >= last, "{now} < {last}");
            last = now;
        }
        // The hand-over may cost the few nanoseconds between the two readings that tie the sources together.
        assert!(clock.now() + 1_000_000 >= last);
    }
}
