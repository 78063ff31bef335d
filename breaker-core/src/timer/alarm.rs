//! The timer thread: wakes a task at its moment, whatever runs that task.
//!
//! It is the breaker's own, because tokio's timers can't be asked for: in a runtime that was built without them, or
//! that has ended, they panic. There is one thread for all breakers; it starts with the first breaker that has a
//! `request_timeout`, or with the first task that waits.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use super::heap::Heap;
use crate::unwind::{release, wake};

/// So many tasks can wait at once before the heap grows.
const ROOM: usize = 1024;

static ALARMS: Alarms = Alarms::new();

/// Starts the thread, so that the first call which waits needn't.
pub(super) fn prepare() {
    ALARMS.lock().start();
}

/// A task that is woken at its moment; not after this is dropped.
#[derive(Debug)]
pub(super) struct Alarm {
    key: usize,
    /// The one that waits in the heap, unless it has been woken.
    waker: Waker,
    /// See `Alarms::woken`.
    woken: u64,
}

impl Alarm {
    /// Nothing for a moment that is too far away for this machine's clock.
    pub(super) fn new(after: Duration, waker: &Waker) -> Option<Self> {
        let at = Instant::now().checked_add(after)?;
        let waker = waker.clone();
        let heaps = waker.clone();
        let mut inner = ALARMS.lock();
        let key = inner.heap.add(at, heaps);
        let woken = inner.await_moment(at);
        Some(Self { key, waker, woken })
    }

    /// The task waits on, or another one does in its place. Without a lock where the same one waits still.
    pub(super) fn renew(&mut self, after: impl FnOnce() -> Duration, waker: &Waker) {
        // Acquire pairs with the Release in `run`. A task that is woken after this load is polled again, and then sees
        // the new number.
        if self.waker.will_wake(waker) && self.woken == ALARMS.woken.load(Ordering::Acquire) {
            return;
        }
        let Some(at) = Instant::now().checked_add(after()) else { return };
        let waker = waker.clone();
        let heaps = waker.clone();
        let mut inner = ALARMS.lock();
        let before = inner.heap.set(self.key, at, heaps);
        self.woken = inner.await_moment(at);
        drop(inner);
        release((before, mem::replace(&mut self.waker, waker)));
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        let left = ALARMS.lock().heap.remove(self.key);
        release((left, mem::replace(&mut self.waker, Waker::noop().clone())));
    }
}

struct Alarms {
    inner: Mutex<Inner>,
    /// Tells the thread of a moment that is earlier than the one it sleeps until.
    earlier: Condvar,
    /// How many tasks have been woken.
    woken: AtomicU64,
}

struct Inner {
    heap: Heap<Waker>,
    is_running: bool,
    /// Until when the thread sleeps; `None`: until it is notified.
    asleep_until: Option<Instant>,
}

impl Inner {
    /// Without a thread, which can't be had everywhere, tasks wait by being polled; the next one tries again.
    fn start(&mut self) {
        if self.is_running {
            return;
        }
        self.heap.reserve(ROOM);
        let thread = std::thread::Builder::new().name("breaker-timer".into());
        self.is_running = thread.spawn(|| ALARMS.run()).is_ok();
    }

    /// Sees to it that the thread is awake at this moment. How many tasks it has woken before.
    fn await_moment(&mut self, at: Instant) -> u64 {
        self.start();
        if self.asleep_until.is_none_or(|until| at < until) {
            // Until the thread has looked, no later moment need tell it.
            self.asleep_until = Some(at);
            ALARMS.earlier.notify_one();
        }
        // Relaxed: it is written under the lock that guards this.
        ALARMS.woken.load(Ordering::Relaxed)
    }
}

impl Alarms {
    const fn new() -> Self {
        let inner = Inner { heap: Heap::new(), is_running: false, asleep_until: None };
        Self { inner: Mutex::new(inner), earlier: Condvar::new(), woken: AtomicU64::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // No waker is cloned, woken or dropped under this lock: that is code of others.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Never ends.
    fn run(&self) {
        let mut inner = self.lock();
        loop {
            let now = Instant::now();
            if let Some(waker) = inner.heap.pop_due(now) {
                // Release pairs with the Acquire in `renew`.
                self.woken.fetch_add(1, Ordering::Release);
                drop(inner);
                wake(waker);
                inner = self.lock();
                continue;
            }
            inner.asleep_until = inner.heap.earliest();
            inner = match inner.asleep_until {
                None => self.earlier.wait(inner).unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.saturating_duration_since(now);
                    self.earlier.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::{Sender, channel};
    use std::task::Wake;

    use super::*;

    struct Tell(Mutex<Sender<&'static str>>, &'static str);

    impl Wake for Tell {
        fn wake(self: Arc<Self>) {
            let _ = self.0.lock().expect("not poisoned").send(self.1);
            assert!(self.1 != "panics", "a waker panics");
        }
    }

    #[test]
    fn tasks_are_woken_in_the_order_of_their_moments_also_after_a_waker_that_panics() {
        let (sender, woken) = channel();
        let alarm = |millis, name| {
            let waker = Waker::from(Arc::new(Tell(Mutex::new(sender.clone()), name)));
            (Alarm::new(Duration::from_millis(millis), &waker).expect("soon"), waker)
        };
        let (mut renewed, waker) = alarm(1, "renewed");
        assert_eq!(woken.recv(), Ok("renewed"));
        // Made in this order, so that a pause between them changes nothing.
        let _panics = alarm(20, "panics");
        let _late = alarm(40, "late");
        renewed.renew(|| Duration::from_millis(60), &waker);
        assert_eq!([woken.recv(), woken.recv(), woken.recv()], [Ok("panics"), Ok("late"), Ok("renewed")]);
    }

    #[test]
    fn a_dropped_alarm_keeps_no_waker() {
        let task = Arc::new(Tell(Mutex::new(channel().0), "never"));
        let alarm = Alarm::new(Duration::from_secs(3_600), &Waker::from(Arc::clone(&task)));
        assert_eq!(Arc::strong_count(&task), 3, "the heap's and the alarm's");
        drop(alarm);
        assert_eq!(Arc::strong_count(&task), 1);
    }

    #[test]
    fn a_moment_beyond_the_clock_needs_no_alarm() {
        assert!(Alarm::new(Duration::MAX, Waker::noop()).is_none());
    }
}
