//! The hand-cranked clock. Feature `test-util`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::Duration;

use super::nanos;

/// Moves a manual [`Clock`](super::Clock). Clones move the same clock.
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    now: AtomicU64,
    wakers: Wakers,
}

/// The futures that wait for the clock to move.
#[derive(Debug, Default)]
pub(crate) struct Wakers(Mutex<Vec<Waker>>);

impl Wakers {
    pub(crate) fn register(&self, waker: &Waker) {
        let mut wakers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !wakers.iter().any(|known| known.will_wake(waker)) {
            wakers.push(waker.clone());
        }
    }

    fn wake(&self) {
        let wakers = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl ManualClock {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Moves the clock forward, and wakes every call whose `request_timeout` may have passed by that.
    ///
    /// The clock stops at the end of its range (584 years) and never wraps.
    pub fn advance(&self, by: Duration) {
        self.shift(|now| now.saturating_add(nanos(by)));
    }

    /// Moves the clock back, as a machine that migrates or a core that lags would.
    pub fn step_back(&self, by: Duration) {
        self.shift(|now| now.saturating_sub(nanos(by)));
    }

    fn shift(&self, to: impl Fn(u64) -> u64) {
        // AcqRel: a thread that reads the new time also sees what happened before the crank was turned
        // (pairs with the Acquire in `now`).
        let _ = self.0.now.fetch_update(Ordering::AcqRel, Ordering::Acquire, |now| Some(to(now)));
        self.0.wakers.wake();
    }

    #[inline]
    pub(super) fn now(&self) -> u64 {
        // Acquire pairs with the AcqRel in `shift`.
        self.0.now.load(Ordering::Acquire)
    }

    pub(super) fn wakers(&self) -> &Wakers {
        &self.0.wakers
    }
}
