//! Time: monotonic nanoseconds since the clock's start, and a manual clock for tests.
//!
//! The monotonic clock reads the processor's time-stamp counter through `quanta`. Its calibration takes a tenth of a
//! second, so it runs on its own thread. Until it is done, and whenever the counter is unreliable, the clock reads
//! `std::time::Instant` instead (`monotonic`).

use std::time::{Duration, SystemTime};

mod anchor;
mod calibration;
#[cfg(all(test, not(loom)))]
pub(crate) mod hand;
#[cfg(feature = "test-util")]
mod manual;
mod monotonic;
mod nanos;
#[cfg(feature = "tokio")]
mod paused;
mod sources;

#[cfg(feature = "test-util")]
pub use manual::ManualClock;
#[cfg(feature = "test-util")]
pub(crate) use manual::WaitSlot;
#[cfg(not(all(test, not(loom))))]
use monotonic::Monotonic;
#[cfg(all(test, not(loom)))]
pub(crate) use monotonic::Monotonic;
pub(crate) use nanos::nanos;
#[cfg(feature = "tokio")]
pub(crate) use paused::is_paused;
use sources::Machine;
#[cfg(breaker_counts)]
pub use sources::ticks;

/// The monotonic clock of the process.
static MONOTONIC: Monotonic<Machine> = Monotonic::new(Machine::new());

#[cfg(all(feature = "test-util", feature = "tokio"))]
use paused::reading;

/// A reading of the monotonic clock. Only with `test-util` is there a time that tests pause.
#[cfg(not(all(feature = "test-util", feature = "tokio")))]
#[inline]
fn reading(monotonic: impl Fn() -> u64) -> u64 {
    monotonic()
}

/// A breaker's source of time.
///
/// Cloning is cheap; clones share one time line. Readings are monotonic per thread. If the counters of two processor
/// cores differ slightly, an elapsed time is never negative.
///
/// The monotonic clock reads the processor's time-stamp counter. If the counter restarts or jumps (hibernation, a
/// restored checkpoint, a virtual machine that moves), the clock switches to the operating system's monotonic clock at
/// once, and calibrates the counter again. This doesn't set the time back: after a counter that ran ahead, time
/// continues from its last value.
///
/// Time in suspend counts only if the processor's counter, or on Windows the system's clock, keeps running. Otherwise
/// (on most machines with Linux or macOS) an open circuit waits its remaining time after the machine resumes.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    Monotonic,
    #[cfg(feature = "test-util")]
    Manual(ManualClock),
    /// The monotonic clock on simulated hardware.
    #[cfg(all(test, not(loom)))]
    Hand(&'static Monotonic<hand::Hand>),
}

impl Clock {
    /// Returns the monotonic clock, based on the processor's counter. It is the default of every breaker.
    ///
    /// With the features `test-util` and `tokio`, it reads tokio's time on threads in a runtime whose time is paused
    /// (`#[tokio::test(start_paused = true)]`): windows, open timeouts, leases and request timeouts obey
    /// `tokio::time::advance` there. Without `test-util`, only waiting does: a `request_timeout` passes by tokio's paused
    /// time, an open timeout doesn't.
    #[must_use]
    pub fn monotonic() -> Self {
        MONOTONIC.start();
        Self(Source::Monotonic)
    }

    /// Returns the monotonic clock on simulated hardware.
    #[cfg(all(test, not(loom)))]
    pub(crate) fn of(machine: &'static Monotonic<hand::Hand>) -> Self {
        machine.calibrated();
        Self(Source::Hand(machine))
    }

    /// Returns a clock that only moves by hand, and the handle that moves it. It starts at zero.
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

    /// Returns nanoseconds since this clock's start.
    #[inline]
    pub(crate) fn now(&self) -> u64 {
        match &self.0 {
            Source::Monotonic => reading(|| MONOTONIC.now()),
            #[cfg(all(test, not(loom)))]
            Source::Hand(clock) => clock.now(),
            #[cfg(feature = "test-util")]
            Source::Manual(crank) => crank.now(),
        }
    }

    /// Like `now`, but `None` if that takes more than a look at the counter: until it is calibrated, and after it jumped.
    #[inline]
    pub(crate) fn quick_now(&self) -> Option<u64> {
        match &self.0 {
            Source::Monotonic => MONOTONIC.counted().map(|now| reading(|| now)),
            #[cfg(all(test, not(loom)))]
            Source::Hand(clock) => clock.counted(),
            #[cfg(feature = "test-util")]
            Source::Manual(crank) => Some(crank.now()),
        }
    }

    /// Like `now`, but compares the counter with the system's clock first: for decisions under a lock and for timers
    /// that were woken.
    pub(crate) fn compared_now(&self) -> u64 {
        match &self.0 {
            Source::Monotonic => reading(|| MONOTONIC.compared_now()),
            #[cfg(all(test, not(loom)))]
            Source::Hand(clock) => clock.compared_now(),
            #[cfg(feature = "test-util")]
            Source::Manual(crank) => crank.now(),
        }
    }

    /// Converts a past or present time of this clock to the system's wall time.
    pub(crate) fn wall_time(&self, at: u64) -> SystemTime {
        if self.is_manual() {
            return SystemTime::UNIX_EPOCH + Duration::from_nanos(at);
        }
        let (now, ago) = (SystemTime::now(), self.now().saturating_sub(at));
        now.checked_sub(Duration::from_nanos(ago)).unwrap_or(now)
    }

    /// Whether the clock only moves by hand.
    #[cfg_attr(not(feature = "test-util"), expect(clippy::unused_self, reason = "there is no other clock"))]
    pub(crate) fn is_manual(&self) -> bool {
        #[cfg(feature = "test-util")]
        return self.crank().is_some();
        #[cfg(not(feature = "test-util"))]
        false
    }

    /// Returns the handle of a manual clock.
    #[cfg(feature = "test-util")]
    pub(crate) fn crank(&self) -> Option<&ManualClock> {
        if let Source::Manual(crank) = &self.0 { Some(crank) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_monotonic_clock_never_steps_back_across_its_calibration() {
        let clock = Clock::monotonic();
        let mut last = clock.now();
        while !MONOTONIC.is_counted() {
            let now = clock.now();
            assert!(now >= last, "{now} < {last}");
            last = now;
        }
        assert!(clock.compared_now() >= last);
        assert!(clock.now() >= last);
    }
}
