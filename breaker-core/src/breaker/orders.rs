//! The modes that are set on a breaker: a lasting one, one for a limited time, and isolations. The engine knows only
//! the one in force.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::event::Mode;
use crate::timer::Timer;

/// The modes that are set on one breaker.
pub(super) struct Orders {
    inner: Mutex<Ordered>,
    /// Ends the mode for a limited time.
    timer: Mutex<Option<Pin<Box<Timer>>>>,
    /// When the mode for a limited time ends; `u64::MAX` if there is none. A copy, so that a call need not take the
    /// lock.
    until: AtomicU64,
}

/// The modes that are set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ordered {
    /// In force until it is replaced.
    lasting: Mode,
    /// In force until this time; overrides the lasting one.
    for_a_time: Option<(Mode, u64)>,
    /// Number of guards that force the circuit open; they override all modes.
    isolations: usize,
}

/// The mode in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InForce {
    pub(super) mode: Mode,
    /// When it ends.
    pub(super) until: Option<u64>,
    /// Whether an isolation guard is the reason.
    pub(super) isolated: bool,
}

impl Orders {
    pub(super) fn new() -> Self {
        Self { inner: Mutex::default(), timer: Mutex::default(), until: AtomicU64::new(u64::MAX) }
    }

    /// Whether a mode for a limited time is set.
    pub(super) fn is_for_a_time(&self) -> bool {
        self.until.load(Ordering::Relaxed) != u64::MAX
    }

    /// Whether a mode for a limited time may have ended. Relaxed, because the value is checked again under the lock.
    pub(super) fn may_be_over(&self, now: u64) -> bool {
        now >= self.until.load(Ordering::Relaxed)
    }

    /// Returns when the mode for a limited time ends.
    pub(super) fn until(&self) -> Option<u64> {
        self.lock().until()
    }

    /// Changes the modes, and puts the result in force under the lock, so that with two concurrent changes the engine
    /// gets the later one last.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Ordered) -> T) -> T {
        let mut ordered = self.lock();
        let changed = change(&mut ordered);
        self.until.store(ordered.until().unwrap_or(u64::MAX), Ordering::Relaxed);
        changed
    }

    /// Stores this timer and returns the earlier one for the caller to drop.
    #[must_use = "it is dropped outside of the lock"]
    pub(super) fn keep(&self, timer: Pin<Box<Timer>>) -> Option<Pin<Box<Timer>>> {
        self.timer.lock().unwrap_or_else(PoisonError::into_inner).replace(timer)
    }

    fn lock(&self) -> MutexGuard<'_, Ordered> {
        // No user code runs under this lock.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Orders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lock().fmt(f)
    }
}

impl Ordered {
    fn mode(&self) -> Mode {
        match self.for_a_time {
            _ if self.isolations > 0 => Mode::ForcedOpen,
            Some((mode, _)) => mode,
            None => self.lasting,
        }
    }

    /// Returns when the mode for a limited time ends.
    pub(super) fn until(&self) -> Option<u64> {
        self.for_a_time.map(|(_, until)| until)
    }

    /// The mode in force, as events show it.
    pub(super) fn in_force(&self) -> InForce {
        let isolated = self.isolations > 0;
        InForce { mode: self.mode(), until: self.until().filter(|_| !isolated), isolated }
    }

    /// Sets a lasting mode, which ends the one for a limited time.
    pub(super) fn set(&mut self, mode: Mode) {
        (self.lasting, self.for_a_time) = (mode, None);
    }

    /// Sets a mode for a limited time, which replaces an earlier one. Without an end, it is a lasting mode.
    pub(super) fn set_until(&mut self, mode: Mode, until: u64) {
        if until == u64::MAX {
            return self.set(mode);
        }
        self.for_a_time = Some((mode, until));
    }

    pub(super) fn isolate(&mut self) {
        self.isolations += 1;
    }

    pub(super) fn end_isolation(&mut self) {
        self.isolations = self.isolations.saturating_sub(1);
    }

    /// Ends the mode for a limited time if that is over, and returns when it ended.
    pub(super) fn expire(&mut self, now: u64) -> Option<u64> {
        let until = self.until().filter(|until| now >= *until)?;
        self.for_a_time = None;
        Some(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn isolation_is_above_a_mode_for_a_time_which_is_above_the_lasting_one() {
        let mut ordered = Ordered::default();
        ordered.set(Mode::Shadow);
        ordered.set_until(Mode::ForcedClosed, 10);
        assert_eq!((ordered.mode(), ordered.in_force().until), (Mode::ForcedClosed, Some(10)));
        ordered.isolate();
        ordered.isolate();
        ordered.end_isolation();
        assert_eq!((ordered.mode(), ordered.in_force().until), (Mode::ForcedOpen, None));
        ordered.end_isolation();
        assert_eq!((ordered.expire(9), ordered.mode()), (None, Mode::ForcedClosed));
        assert_eq!((ordered.expire(12), ordered.mode()), (Some(10), Mode::Shadow));
        assert_eq!(ordered.expire(12), None);
    }

    #[test]
    fn a_lasting_mode_ends_the_one_for_a_time_and_a_second_one_takes_the_firsts_place() {
        let mut ordered = Ordered::default();
        ordered.set_until(Mode::ForcedOpen, 10);
        ordered.set_until(Mode::ForcedClosed, 20);
        assert_eq!((ordered.expire(10), ordered.mode()), (None, Mode::ForcedClosed));
        ordered.set(Mode::Shadow);
        assert_eq!((ordered.expire(30), ordered.mode()), (None, Mode::Shadow));
        ordered.set_until(Mode::ForcedOpen, u64::MAX);
        assert_eq!((ordered.expire(u64::MAX), ordered.mode()), (None, Mode::ForcedOpen), "no end");
    }
}
