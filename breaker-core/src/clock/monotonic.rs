//! The monotonic clock: the processor's counter while it is reliable, the system's clock otherwise.
//!
//! Reading the counter is fast, but the counter may restart: after hibernation, in a restored checkpoint, or when a
//! guest moves to another host. Two checks detect this: a tick before the anchor, and a comparison with the system's
//! clock. The comparison is made by decisions under the engine's lock and by timers that were woken. After a restart
//! the system's clock is used at once, until the counter has been calibrated again. The comparison also moves the
//! anchor forward. So a restarted counter either reads before the anchor or has lost less than it had counted since the
//! anchor.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::anchor::Anchor;
use super::calibration::{Moment, scale};
use super::sources::Sources;

const MILLI: u64 = 1_000_000;

/// How far the counter and the system's clock may differ. Processor cores differ by microseconds, and the system's
/// clock is slewed: a calibration lasts for minutes at worst, and usually for a day.
const TOLERANCE: u64 = 100 * MILLI;

/// The anchor is moved when it is older than this.
const ANCHOR_AGE: u64 = 1_000 * MILLI;

/// Duration of the first calibration. Each later one takes twice as long as the one before: otherwise, sockets whose
/// counters differ by more than the tolerance would cause calibrations all the time.
const FIRST_CALIBRATION: u64 = 100 * MILLI;
const MOST_DOUBLINGS: u32 = 10;

/// The counter starts ahead by this, because it is scaled to run slower by a millionth, and its thread may be delayed
/// meanwhile.
const MARGIN: u64 = 1_000;

/// A comparison is repeated, up to this many times, if its readings are further apart than this.
const COMPARISONS: u32 = 8;
const SHORT_DELAY: u64 = 10_000;

#[derive(Debug)]
pub(crate) struct Monotonic<S> {
    anchor: Anchor,
    /// By how much this clock is ahead of the system's clock. It keeps time from going back after a counter that ran
    /// ahead.
    lead: AtomicU64,
    turn: Mutex<Turn>,
    pub(super) sources: S,
}

/// State for moving the anchor, under the lock.
#[derive(Debug)]
struct Turn {
    is_started: bool,
    calibrations: u32,
    /// By how much the counter was ahead of the system's clock at the last comparison, at most.
    ahead: u64,
}

/// A reading of the counter, between two of the system's clock.
struct Comparison {
    tick: u64,
    counted: u64,
    before: u64,
    after: u64,
}

impl Comparison {
    fn delay(&self) -> u64 {
        self.after.saturating_sub(self.before)
    }
}

impl<S: Sources> Monotonic<S> {
    pub(crate) const fn new(sources: S) -> Self {
        let turn = Turn { is_started: false, calibrations: 0, ahead: 0 };
        Self { anchor: Anchor::unset(), lead: AtomicU64::new(0), turn: Mutex::new(turn), sources }
    }

    /// Starts the clock and the calibration, once.
    pub(super) fn start(&'static self) {
        let is_first = !std::mem::replace(&mut self.turn().is_started, true);
        if is_first {
            // Time starts now, not when the calibration ends.
            self.sources.system();
            self.sources.apart(|| self.calibrate());
        }
    }

    #[inline]
    pub(super) fn now(&'static self) -> u64 {
        self.counted().unwrap_or_else(|| self.uncounted())
    }

    /// Like `now`, after comparing the counter with the system's clock.
    pub(super) fn compared_now(&'static self) -> u64 {
        let system = self.system();
        let now = self.now();
        let is_old = system.saturating_sub(self.anchor.nanos()) > ANCHOR_AGE;
        if self.anchor.is_set() && (is_old || now.abs_diff(system) > TOLERANCE) { self.compare() } else { now }
    }

    /// Whether the counter is in use.
    #[cfg(test)]
    pub(crate) fn is_counted(&self) -> bool {
        self.anchor.is_set()
    }

    /// Returns the time by the counter. `None` if it is not calibrated, or has jumped.
    #[inline]
    pub(super) fn counted(&self) -> Option<u64> {
        self.anchor.time(|| self.sources.tick())
    }

    #[cold]
    fn system(&self) -> u64 {
        // Acquire pairs with the Release in `hand_over`: the lead only grows.
        let lead = self.lead.load(Ordering::Acquire);
        self.sources.system().saturating_add(lead)
    }

    /// Returns the time when the anchor can't give it.
    #[cold]
    #[inline(never)]
    fn uncounted(&'static self) -> u64 {
        if !self.anchor.is_set() {
            return self.system();
        }
        let turn = self.turn();
        // The lock is held, so nothing moves the anchor now.
        if let Some(now) = self.counted() {
            return now;
        }
        match self.sources.tick() {
            // A tick slightly before the anchor, on a processor core whose counter is behind, reads as the anchor's
            // time.
            Some(tick) if self.anchor.is_set() && self.anchor.behind(tick) <= TOLERANCE => self.anchor.nanos(),
            Some(_) if self.anchor.is_set() => self.hand_over(turn),
            _ => self.system(),
        }
    }

    #[cold]
    #[inline(never)]
    fn compare(&'static self) -> u64 {
        let mut turn = self.turn();
        let Some(Comparison { tick, counted, before, after }) = self.comparison() else {
            drop(turn);
            return self.uncounted();
        };
        // The most by which the counter may be ahead: with less, a hand-over would set the time back.
        turn.ahead = counted.saturating_sub(before);
        // The least by which they differ: a pause between the readings is not the counter's.
        if counted.saturating_sub(after).max(before.saturating_sub(counted)) > TOLERANCE {
            return self.hand_over(turn);
        }
        // Rounds up: losing the fraction of a nanosecond would set the time back.
        self.anchor.move_to(tick, counted + 1);
        counted
    }

    /// Compares the counter with the system's clock. Reads both again if the thread was delayed in between, and returns
    /// the comparison with the shortest delay. Requires the turn's lock, so that the anchor stays where it is.
    fn comparison(&self) -> Option<Comparison> {
        let mut shortest = self.compared()?;
        for _ in 1..COMPARISONS {
            if shortest.delay() <= SHORT_DELAY {
                break;
            }
            let next = self.compared()?;
            if next.delay() < shortest.delay() {
                shortest = next;
            }
        }
        Some(shortest)
    }

    fn compared(&self) -> Option<Comparison> {
        let before = self.system();
        let tick = self.sources.tick()?;
        let counted = self.anchor.time(|| Some(tick))?;
        Some(Comparison { tick, counted, before, after: self.system() })
    }

    /// Switches to the system's clock until the counter has been calibrated again.
    fn hand_over(&'static self, mut turn: MutexGuard<'_, Turn>) -> u64 {
        // Release pairs with the Acquire in `system`.
        self.lead.fetch_add(std::mem::take(&mut turn.ahead), Ordering::Release);
        self.anchor.unset_now();
        drop(turn);
        self.sources.apart(|| self.calibrate());
        self.system()
    }

    /// Calibrates the counter and switches to it, if it can be measured. At most one thread runs this: see `start` and
    /// `hand_over`.
    pub(crate) fn calibrate(&self) {
        loop {
            let calibrations = self.turn().calibrations;
            let doublings = calibrations.min(MOST_DOUBLINGS);
            let scale = scale(&self.sources, FIRST_CALIBRATION << doublings);
            let mut turn = self.turn();
            turn.calibrations = calibrations.saturating_add(1);
            if let Some(scale) = scale
                && let Some(Moment { tick, system }) = Moment::now(&self.sources)
            {
                // Relaxed: written under the lock that is held here.
                let ahead = self.lead.load(Ordering::Relaxed).saturating_add(MARGIN);
                turn.ahead = MARGIN;
                return self.anchor.set(scale, tick, system.saturating_add(ahead));
            }
            if doublings == MOST_DOUBLINGS {
                // The counter is unreliable: use the system's clock from now on.
                return;
            }
        }
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(all(test, not(loom)))]
#[path = "monotonic_tests.rs"]
mod tests;
