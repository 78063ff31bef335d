//! Takes over listeners that wait behind a blocked one, and hands them to a worker.
//!
//! A caller runs its listeners one after the other. If there are several, a watch thread checks the caller
//! periodically. The thread runs only while there are such callers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::queue::Queue;

/// Interval between checks. A caller found by two checks is considered blocked. The interval is long because a listener
/// on a worker may receive its event after the call has returned, and printing the backtrace of a panic takes up to a
/// second.
const LOOK: Duration = Duration::from_secs(2);

/// The callers that are running several listeners.
struct Watch(Mutex<Inner>);

struct Inner {
    callers: Vec<Caller>,
    /// Number of callers so far.
    numbers: u64,
    /// Whether the watch thread is running.
    watching: bool,
}

struct Caller {
    number: u64,
    listeners: Vec<Arc<Queue>>,
    met: bool,
}

static WATCH: Watch = Watch::new();

/// Keeps the current caller watched until it is dropped.
pub(super) struct Watched(u64);

/// Watches this thread while it runs these listeners. If no thread can be started, nothing watches it.
pub(super) fn watch(listeners: Vec<Arc<Queue>>) -> Watched {
    let mut inner = WATCH.lock();
    inner.numbers += 1;
    let number = inner.numbers;
    inner.callers.push(Caller { number, listeners, met: false });
    let absent = !std::mem::replace(&mut inner.watching, true);
    drop(inner);
    if absent {
        let thread = thread::Builder::new().name("breaker-watch".to_owned());
        if thread.spawn(|| while WATCH.look() {}).is_err() {
            WATCH.lock().watching = false;
        }
    }
    Watched(number)
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut inner = WATCH.lock();
        let place = inner.callers.iter().position(|caller| caller.number == self.0);
        let caller = place.map(|place| inner.callers.swap_remove(place));
        // May drop the last handle of a listener, so it is dropped after the lock is released.
        drop(inner);
        drop(caller);
    }
}

impl Watch {
    const fn new() -> Self {
        Self(Mutex::new(Inner { callers: Vec::new(), numbers: 0, watching: false }))
    }

    /// Sleeps for one interval, then hands over the listeners of callers that were there at the last check too. Returns
    /// false if there are no callers.
    fn look(&self) -> bool {
        thread::sleep(LOOK);
        let mut inner = self.lock();
        if inner.callers.is_empty() {
            inner.watching = false;
            return false;
        }
        let stuck: Vec<Caller> =
            inner.callers.extract_if(.., |caller| std::mem::replace(&mut caller.met, true)).collect();
        drop(inner);
        stuck.iter().flat_map(|caller| &caller.listeners).for_each(Queue::hand_over);
        true
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // No user code runs under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
