//! Time: monotonic nanoseconds since the clock's start, and a hand-cranked clock for tests.
//!
//! The monotonic clock reads the processor's time-stamp counter through `quanta`. Its calibration takes up to
//! 200 ms, so it runs on a thread of its own; until it is done, `std::time::Instant` is read instead.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

mod counter;
#[cfg(feature = "test-util")]
mod manual;
mod nanos;

#[cfg(breaker_counts)]
pub use counter::ticks;
use counter::{calibrate, calibrated};
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
        calibrate(since_start);
        Self(Source::Monotonic)
    }

    /// A clock that moves only by hand, and the crank that moves it. It starts at zero.
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

    /// A moment of this clock, which isn't after the present one, by the system's clock.
    pub(crate) fn wall_time(&self, at: u64) -> SystemTime {
        match &self.0 {
            Source::Monotonic => {
                let (now, ago) = (SystemTime::now(), self.now().saturating_sub(at));
                now.checked_sub(Duration::from_nanos(ago)).unwrap_or(now)
            }
            #[cfg(feature = "test-util")]
            Source::Manual(_) => SystemTime::UNIX_EPOCH + Duration::from_nanos(at),
        }
    }

    /// Whether only a test moves it.
    pub(crate) fn is_manual(&self) -> bool {
        !matches!(self.0, Source::Monotonic)
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

#[inline]
fn monotonic_now() -> u64 {
    match calibrated() {
        Some(counter) => counter.now(),
        None => since_start(),
    }
}

#[cold]
fn since_start() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    nanos(START.get_or_init(Instant::now).elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_monotonic_clock_never_steps_back_across_its_calibration() {
        let clock = Clock::monotonic();
        let mut last = clock.now();
        while calibrated().is_none() {
            let now = clock.now();
            assert!(now >= last, "{now} < {last}");
            last = now;
        }
        // The hand-over may cost the few nanoseconds between the two readings that tie the sources together.
        assert!(clock.now() + 1_000_000 >= last);
    }
}
