//! The hand-cranked clock. Feature `test-util`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use super::nanos::nanos;
use crate::unwind::{release, wake};

/// Moves a manual [`Clock`](super::Clock). Clones move the same clock.
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    now: AtomicU64,
    waiting: Mutex<Waiting>,
}

/// The futures that wait for the clock to move, by the numbers of their slots. It allocates only where it grows.
#[derive(Debug)]
struct Waiting {
    wakers: Vec<Option<Waker>>,
    /// Slots that nobody has.
    free: Vec<usize>,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { wakers: Vec::with_capacity(16), free: Vec::with_capacity(16) }
    }
}

/// A future's slot among those that wait for the clock; dropped, it is given up.
#[derive(Debug)]
pub(crate) struct WaitSlot {
    clock: ManualClock,
    number: usize,
}

impl WaitSlot {
    /// The next move of the clock wakes this waker, which replaces the one before.
    pub(crate) fn wait(&self, waker: &Waker) {
        let waker = waker.clone();
        let before = self.clock.waiting().wakers[self.number].replace(waker);
        release(before);
    }
}

impl Drop for WaitSlot {
    fn drop(&mut self) {
        let mut waiting = self.clock.waiting();
        let left = waiting.wakers[self.number].take();
        waiting.free.push(self.number);
        drop(waiting);
        release(left);
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
        let woken: Vec<_> = self.waiting().wakers.iter_mut().filter_map(Option::take).collect();
        woken.into_iter().for_each(wake);
    }

    #[inline]
    pub(super) fn now(&self) -> u64 {
        // Acquire pairs with the AcqRel in `shift`.
        self.0.now.load(Ordering::Acquire)
    }

    /// A slot for a future that waits.
    pub(crate) fn wait_slot(&self) -> WaitSlot {
        let mut waiting = self.waiting();
        let number = waiting.free.pop().unwrap_or_else(|| {
            waiting.wakers.push(None);
            waiting.wakers.len() - 1
        });
        WaitSlot { clock: self.clone(), number }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // No waker is cloned, woken or dropped under this lock: that is code of others.
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
