//! The timer thread, which wakes tasks of any executor at their time.
//!
//! The crate has its own thread, because it can't detect whether tokio's timers are available: they panic in a runtime
//! that was built without them or has shut down. One thread serves all breakers. It starts with the first breaker that
//! has a `request_timeout`, or with the first task that waits.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use super::heap::Heap;
use crate::unwind::{release, wake};

/// How many tasks can wait before the heap allocates.
const ROOM: usize = 1024;

static ALARMS: Alarms = Alarms::new();

/// Starts the thread, so that the first call that waits need not.
pub(super) fn prepare() {
    ALARMS.lock().start();
}

/// Wakes a task at a set time; dropping it cancels that.
#[derive(Debug)]
pub(super) struct Alarm {
    key: usize,
    /// The same waker as in the heap, unless that was taken to wake the task.
    waker: Waker,
    /// See `Alarms::woken`.
    woken: u64,
}

impl Alarm {
    /// Returns `None` if the time is beyond the range of this machine's clock.
    pub(super) fn new(after: Duration, waker: &Waker) -> Option<Self> {
        let at = Instant::now().checked_add(after)?;
        let waker = waker.clone();
        let heaps = waker.clone();
        let mut inner = ALARMS.lock();
        let key = inner.heap.add(at, heaps);
        let woken = inner.await_moment(at);
        Some(Self { key, waker, woken })
    }

    /// Continues the wait with this waker. Takes no lock if the waker is the same and no task was woken since.
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
    /// Notifies the thread of a time earlier than the end of its sleep.
    earlier: Condvar,
    /// Number of tasks woken so far.
    woken: AtomicU64,
}

struct Inner {
    heap: Heap<Waker>,
    is_running: bool,
    /// End of the thread's sleep; `None` if it sleeps until it is notified.
    asleep_until: Option<Instant>,
}

impl Inner {
    /// Starts the thread. If that fails, tasks only notice their time when they are polled, and the next one tries
    /// again.
    fn start(&mut self) {
        if self.is_running {
            return;
        }
        self.heap.reserve(ROOM);
        let thread = std::thread::Builder::new().name("breaker-timer".into());
        self.is_running = thread.spawn(|| ALARMS.run()).is_ok();
    }

    /// Ensures that the thread wakes by this time. Returns the number of tasks woken so far.
    fn await_moment(&mut self, at: Instant) -> u64 {
        self.start();
        if self.asleep_until.is_none_or(|until| at < until) {
            // The thread need not be notified of later times until it has run.
            self.asleep_until = Some(at);
            ALARMS.earlier.notify_one();
        }
        // Relaxed: it is written under the same lock that is held here.
        ALARMS.woken.load(Ordering::Relaxed)
    }
}

impl Alarms {
    const fn new() -> Self {
        let inner = Inner { heap: Heap::new(), is_running: false, asleep_until: None };
        Self { inner: Mutex::new(inner), earlier: Condvar::new(), woken: AtomicU64::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A waker is user code, so none is cloned, woken or dropped under this lock.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs the thread; never returns.
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
        // Created in this order, so that a pause between them can't change the result.
        let _panics = alarm(20, "panics");
        let _late = alarm(40, "late");
        renewed.renew(|| Duration::from_millis(60), &waker);
        assert_eq!([woken.recv(), woken.recv(), woken.recv()], [Ok("panics"), Ok("late"), Ok("renewed")]);
    }

    #[test]
    fn a_dropped_alarm_keeps_no_waker() {
        let task = Arc::new(Tell(Mutex::new(channel().0), "never"));
        let alarm = Alarm::new(Duration::from_secs(3_600), &Waker::from(Arc::clone(&task)));
        assert_eq!(Arc::strong_count(&task), 3, "the test's, the heap's and the alarm's");
        drop(alarm);
        assert_eq!(Arc::strong_count(&task), 1);
    }

    #[test]
    fn a_moment_beyond_the_clock_needs_no_alarm() {
        assert!(Alarm::new(Duration::MAX, Waker::noop()).is_none());
    }
}
