//! Hardware access of the monotonic clock.
//!
//! Under `--cfg breaker_counts`, the program moves both clocks itself (`ticks`), so that `cargo xtask counts` counts
//! the same instructions regardless of the time they take.

#[cfg(not(breaker_counts))]
pub(super) use machine::Machine;
#[cfg(breaker_counts)]
pub(super) use ticks::Machine;

/// A counter of ticks, the system's clock, and a thread for calibrating the counter.
pub(crate) trait Sources: Sync + 'static {
    /// Reads the counter. `None` before the first calibration.
    fn tick(&self) -> Option<u64>;

    /// Returns nanoseconds by the system's clock since its first reading.
    fn system(&self) -> u64;

    /// Sleeps for this many nanoseconds.
    fn pause(&self, nanos: u64);

    /// Runs a calibration on another thread. Does nothing if no thread can be started.
    fn apart(&'static self, calibration: impl FnOnce() + Send + 'static);
}

#[cfg(not(breaker_counts))]
mod machine {
    use std::sync::OnceLock;
    use std::time::{Duration, Instant};

    use super::super::nanos::nanos;
    use super::Sources;

    /// A tick is shorter than 1 ns: the counter of an ARM processor counts up to 42 ns at once.
    const FINER: u32 = if cfg!(any(target_arch = "x86", target_arch = "x86_64")) { 0 } else { 6 };

    /// The processor's time-stamp counter, and `Instant`.
    #[derive(Debug)]
    pub(in super::super) struct Machine {
        counter: OnceLock<quanta::Clock>,
        start: OnceLock<Instant>,
    }

    impl Machine {
        pub(in super::super) const fn new() -> Self {
            Self { counter: OnceLock::new(), start: OnceLock::new() }
        }
    }

    impl Sources for Machine {
        #[inline]
        fn tick(&self) -> Option<u64> {
            self.counter.get().map(|counter| counter.raw() << FINER)
        }

        fn system(&self) -> u64 {
            nanos(self.start.get_or_init(Instant::now).elapsed())
        }

        fn pause(&self, nanos: u64) {
            std::thread::sleep(Duration::from_nanos(nanos));
        }

        fn apart(&'static self, calibration: impl FnOnce() + Send + 'static) {
            // quanta takes milliseconds to detect the features of the processor.
            let calibration = || {
                self.counter.get_or_init(quanta::Clock::new);
                calibration();
            };
            // Without a thread, the system's clock stays in use: slower, but equally correct.
            let _ = std::thread::Builder::new().name("breaker-clock".into()).spawn(calibration);
        }
    }
}

/// The counter that `cargo xtask counts` moves by hand.
#[cfg(breaker_counts)]
pub mod ticks {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::Sources;

    static NOW: AtomicU64 = AtomicU64::new(0);

    /// Advances the counter by this many ticks; four ticks are a nanosecond.
    pub fn advance(ticks: u64) {
        // Relaxed: the program that counts has one thread.
        NOW.fetch_add(ticks, Ordering::Relaxed);
    }

    pub(in super::super) struct Machine;

    impl Machine {
        pub(in super::super) const fn new() -> Self {
            Self
        }
    }

    impl Sources for Machine {
        #[inline]
        fn tick(&self) -> Option<u64> {
            Some(NOW.load(Ordering::Relaxed))
        }

        fn system(&self) -> u64 {
            NOW.load(Ordering::Relaxed) / 4
        }

        fn pause(&self, nanos: u64) {
            advance(nanos * 4);
        }

        fn apart(&'static self, calibration: impl FnOnce() + Send + 'static) {
            calibration();
        }
    }
}
