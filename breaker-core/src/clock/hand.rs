//! Simulated hardware for tests: its counter can restart, jump, and differ between cores.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use super::monotonic::Monotonic;
use super::sources::Sources;

pub(crate) const SECOND: u64 = 1_000_000_000;
pub(crate) const HOUR: u64 = 3_600 * SECOND;
const TICKS: u64 = 4;

thread_local! {
    /// Difference of this thread's core, in ticks.
    pub(super) static CORE: Cell<i64> = const { Cell::new(0) };
}

/// Simulated counter and system's clock. Four ticks are a nanosecond.
#[derive(Debug)]
pub(crate) struct Hand {
    pub(super) system: AtomicU64,
    /// Difference of the counter to the system's clock, in ticks.
    pub(super) more_ticks: AtomicU64,
    /// Jump of the counter in the next pause, once.
    pub(super) jump: AtomicI64,
    pub(super) wanted: AtomicU64,
    /// Whether the counter stands still.
    pub(super) stands: AtomicBool,
    /// Delay of the thread before each reading of the system's clock.
    pub(super) held_up: AtomicU64,
}

impl Hand {
    /// Creates a machine that has been up for ten minutes.
    pub(crate) const fn new() -> Self {
        Self {
            system: AtomicU64::new(600 * SECOND),
            more_ticks: AtomicU64::new(0),
            jump: AtomicI64::new(0),
            wanted: AtomicU64::new(0),
            stands: AtomicBool::new(false),
            held_up: AtomicU64::new(0),
        }
    }

    pub(crate) fn advance(&self, nanos: u64) {
        self.system.fetch_add(nanos, Ordering::SeqCst);
    }

    /// Moves the counter by a difference; it stops at 0, like a counter that restarts.
    pub(crate) fn jump(&self, nanos: i64) {
        let counted = self.system.load(Ordering::SeqCst) * TICKS;
        let ticks = nanos.saturating_mul(TICKS.cast_signed());
        let _ = self.more_ticks.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |more| {
            let tick = counted.wrapping_add(more).saturating_add_signed(ticks);
            Some(tick.wrapping_sub(counted))
        });
    }

    pub(crate) fn starts_again(&self) {
        self.jump(i64::MIN);
    }
}

impl Sources for Hand {
    fn tick(&self) -> Option<u64> {
        if self.stands.load(Ordering::SeqCst) {
            return Some(7);
        }
        let more = self.more_ticks.load(Ordering::SeqCst);
        let tick = (self.system.load(Ordering::SeqCst) * TICKS).wrapping_add(more);
        Some(tick.saturating_add_signed(CORE.get()))
    }

    fn system(&self) -> u64 {
        match self.held_up.load(Ordering::SeqCst) {
            0 => {}
            nanos => self.advance(nanos),
        }
        self.system.load(Ordering::SeqCst)
    }

    fn pause(&self, nanos: u64) {
        self.advance(nanos);
        match self.jump.swap(0, Ordering::SeqCst) {
            0 => {}
            jump => self.jump(jump),
        }
    }

    fn apart(&'static self, _: impl FnOnce() + Send + 'static) {
        self.wanted.fetch_add(1, Ordering::SeqCst);
    }
}

impl Monotonic<Hand> {
    /// Runs the first calibration.
    pub(crate) fn calibrated(&'static self) {
        self.start();
        assert_eq!(self.wanted(), 1);
        self.calibrate();
        assert!(self.is_counted());
    }

    pub(crate) fn machine(&self) -> &Hand {
        &self.sources
    }

    pub(super) fn wanted(&self) -> u64 {
        self.sources.wanted.load(Ordering::SeqCst)
    }

    /// Asserts that time has not gone back, and that this much has passed since `before`, within what a counter may
    /// lose in hours.
    #[track_caller]
    pub(super) fn assert_passed(&'static self, before: u64, nanos: u64) -> u64 {
        let now = self.now();
        assert!(now >= before, "{before} to {now}");
        assert!((now - before).abs_diff(nanos) < 10_000_000, "{} instead of {nanos}", now - before);
        now
    }
}
