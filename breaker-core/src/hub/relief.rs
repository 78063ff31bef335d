//! What becomes of the listeners whose turn comes after one that hangs: a worker takes them over.
//!
//! A caller runs its listeners one after the other. While several wait, it is watched by a thread that looks at callers
//! from time to time and that is there only while there are any.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::queue::Queue;

/// From look to look; a caller that is met by two of them keeps its listeners waiting. Long, because a listener that a worker
/// takes over may hear after the call has returned: a panic that prints its backtrace takes up to a second.
const LOOK: Duration = Duration::from_secs(2);

/// The callers that run several listeners at present.
struct Watch(Mutex<Inner>);

struct Inner {
    callers: Vec<Caller>,
    /// The callers so far.
    numbers: u64,
    /// Whether the thread is there.
    watching: bool,
}

struct Caller {
    number: u64,
    listeners: Vec<Arc<Queue>>,
    met: bool,
}

static WATCH: Watch = Watch::new();

/// A caller that is watched until this is dropped.
pub(super) struct Watched(u64);

/// Watches this thread while it runs these listeners. Where no thread can be made, nobody does.
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
        // Listeners that belong to nobody else end here, outside of the lock.
        drop(inner);
        drop(caller);
    }
}

impl Watch {
    const fn new() -> Self {
        Self(Mutex::new(Inner { callers: Vec::new(), numbers: 0, watching: false }))
    }

    /// Waits for a moment, and hands over what those keep waiting who were there before; false if nobody is there.
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
