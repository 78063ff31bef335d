//! The processor's time-stamp counter, calibrated against the system's clock.
//!
//! Under `--cfg breaker_counts` the ticks are those that the program gives it (`ticks`), so that `cargo xtask counts`
//! counts the same instructions however long they take.

use std::sync::OnceLock;

/// The calibrated counter, once there is one.
#[inline]
pub(super) fn calibrated() -> Option<&'static Counter> {
    COUNTER.get()
}

static COUNTER: OnceLock<Counter> = OnceLock::new();

/// A calibrated counter, and the reading at which it took over from `Instant`.
pub(super) struct Counter {
    ticks: Ticks,
    raw: u64,
    nanos: u64,
    /// Nanoseconds per tick, times 2^64; 0 for a counter whose ticks are longer than a nanosecond.
    scale: u64,
}

impl Counter {
    /// It takes over from `since_start`, which is read here.
    fn new(ticks: Ticks, since_start: impl FnOnce() -> u64) -> Self {
        // In this order: a pause between the two puts the counter ahead. Behind, it would set the time back.
        let raw = ticks.raw();
        let nanos = since_start();
        let scale = scale(&ticks);
        Self { ticks, raw, nanos, scale }
    }

    #[inline]
    pub(super) fn now(&self) -> u64 {
        let raw = self.ticks.raw();
        let passed = if self.scale == 0 {
            self.ticks.delta_as_nanos(self.raw, raw)
        } else {
            // One multiplication. A core whose counter is behind reads the start.
            let scaled = u128::from(raw.saturating_sub(self.raw)) * u128::from(self.scale);
            (scaled >> 64) as u64
        };
        self.nanos.saturating_add(passed)
    }
}

/// See `Counter::scale`.
fn scale(ticks: &Ticks) -> u64 {
    // 2^40 ticks, some minutes, are enough to tell the ratio to 12 digits.
    let nanos = ticks.delta_as_nanos(0, 1 << 40);
    if nanos >> 40 == 0 { nanos << 24 } else { 0 }
}

#[cfg(not(breaker_counts))]
use quanta::Clock as Ticks;

/// Calibrates the counter, once, on a thread of its own; `since_start` is the time that it takes over from.
#[cfg(not(breaker_counts))]
pub(super) fn calibrate(since_start: fn() -> u64) {
    static CALIBRATION: std::sync::Once = std::sync::Once::new();

    CALIBRATION.call_once(|| {
        // Time starts now, not when the calibration ends.
        since_start();
        // If no thread can be had, `since_start` continues to serve: slower, and just as right.
        let _ = std::thread::Builder::new().name("breaker-clock".into()).spawn(move || {
            let _ = COUNTER.set(Counter::new(Ticks::new(), since_start));
        });
    });
}

/// A counter of four ticks a nanosecond stands ready from the start.
#[cfg(breaker_counts)]
pub(super) fn calibrate(_since_start: fn() -> u64) {
    let _ = COUNTER.set(Counter::new(Ticks, || 0));
}

#[cfg(breaker_counts)]
use ticks::Ticks;

/// The counter that `cargo xtask counts` turns by hand.
#[cfg(breaker_counts)]
pub mod ticks {
    use std::sync::atomic::{AtomicU64, Ordering};

    static NOW: AtomicU64 = AtomicU64::new(0);

    /// Moves the counter on by so many ticks; four are a nanosecond.
    pub fn advance(ticks: u64) {
        // Relaxed: the program that counts has one thread.
        NOW.fetch_add(ticks, Ordering::Relaxed);
    }

    pub(super) struct Ticks;

    impl Ticks {
        #[inline]
        pub(super) fn raw(&self) -> u64 {
            NOW.load(Ordering::Relaxed)
        }

        pub(super) fn delta_as_nanos(&self, start: u64, end: u64) -> u64 {
            (end - start) / 4
        }
    }
}

#[cfg(all(test, not(breaker_counts)))]
mod tests {
    use std::time::{Duration, Instant};

    use super::super::nanos::nanos;
    use super::*;

    #[test]
    fn a_pause_while_the_counter_takes_over_does_not_set_time_back() {
        let pause = Duration::from_millis(5);
        let start = Instant::now();
        // The thread loses its processor between the two readings.
        let counter = Counter::new(Ticks::new(), || {
            let read = nanos(start.elapsed());
            let paused = Instant::now();
            while paused.elapsed() < pause {}
            read
        });
        let taken_over_at = counter.nanos;
        assert!(counter.now() - taken_over_at >= nanos(pause) / 2);
    }
}
