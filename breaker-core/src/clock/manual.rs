//! The manual clock. Feature `test-util`.

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

/// Futures that wait for the clock to move, indexed by slot number. Allocates only to grow.
#[derive(Debug)]
struct Waiting {
    wakers: Vec<Option<Waker>>,
    /// Free slots.
    free: Vec<usize>,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { wakers: Vec::with_capacity(16), free: Vec::with_capacity(16) }
    }
}

/// A future's slot among those that wait for the clock; freed on drop.
#[derive(Debug)]
pub(crate) struct WaitSlot {
    clock: ManualClock,
    number: usize,
}

impl WaitSlot {
    /// Sets the waker to call when the clock moves; replaces the previous one.
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

    /// Moves the clock forward, and wakes every call whose `request_timeout` may have passed.
    ///
    /// The clock stops at the end of its range (584 years); it never wraps.
    pub fn advance(&self, by: Duration) {
        self.shift(|now| now.saturating_add(nanos(by)));
    }

    /// Moves the clock back, like the clock of a migrated machine or of a core that lags behind.
    pub fn step_back(&self, by: Duration) {
        self.shift(|now| now.saturating_sub(nanos(by)));
    }

    fn shift(&self, to: impl Fn(u64) -> u64) {
        // AcqRel pairs with the Acquire in `now`: a thread that reads the new time also sees what happened before the
        // clock was moved.
        let _ = self.0.now.fetch_update(Ordering::AcqRel, Ordering::Acquire, |now| Some(to(now)));
        let woken: Vec<_> = self.waiting().wakers.iter_mut().filter_map(Option::take).collect();
        woken.into_iter().for_each(wake);
    }

    #[inline]
    pub(super) fn now(&self) -> u64 {
        // Acquire pairs with the AcqRel in `shift`.
        self.0.now.load(Ordering::Acquire)
    }

    /// Returns a slot for a future that waits.
    pub(crate) fn wait_slot(&self) -> WaitSlot {
        let mut waiting = self.waiting();
        let number = waiting.free.pop().unwrap_or_else(|| {
            waiting.wakers.push(None);
            waiting.wakers.len() - 1
        });
        WaitSlot { clock: self.clone(), number }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // A waker is user code, so none is cloned, woken or dropped under this lock.
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
