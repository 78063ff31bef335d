//! The delivery of events: to the history, to streams and to listeners.
//!
//! An event is queued under the sequence number that the engine gave it, and delivered in that order by whichever
//! thread gets there, outside every lock. So a listener may call the breaker: the events of that call are delivered
//! after the present one.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::event::Event;
use crate::log;

/// Events that `history()` keeps.
const HISTORY: usize = 32;
/// Events that a stream may lag behind before it loses the oldest.
#[cfg(feature = "tokio")]
const STREAM: usize = 256;

type Listener = Arc<dyn Fn(&Event) + Send + Sync>;

/// The listeners of one breaker or registry.
#[derive(Default)]
pub(crate) struct Hub(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// Events that wait for their turn.
    queue: BTreeMap<u64, Event>,
    /// The place in history of the last event that was delivered.
    delivered: u64,
    delivering: bool,
    history: VecDeque<Event>,
    listeners: Arc<Vec<Listener>>,
    #[cfg(feature = "tokio")]
    stream: Option<tokio::sync::broadcast::Sender<Event>>,
}

impl Hub {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // No user code runs under this lock, so nothing is half-done after a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn listen(&self, listener: Listener) {
        let mut inner = self.lock();
        let mut listeners = Vec::clone(&inner.listeners);
        listeners.push(listener);
        inner.listeners = Arc::new(listeners);
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn subscribe(&self) -> tokio::sync::broadcast::Receiver<Event> {
        let mut inner = self.lock();
        inner.stream.get_or_insert_with(|| tokio::sync::broadcast::channel(STREAM).0).subscribe()
    }

    pub(crate) fn history(&self) -> Vec<Event> {
        self.lock().history.iter().cloned().collect()
    }

    /// Delivers an event at its place in history: 1, 2, 3 … without a gap.
    pub(crate) fn emit(&self, sequence: u64, event: Event) {
        let mut inner = self.lock();
        inner.queue.insert(sequence, event);
        self.deliver(inner);
    }

    /// Delivers an event after all others: for a hub whose events have no order of their own.
    pub(crate) fn append(&self, event: Event) {
        let mut inner = self.lock();
        let last = inner.queue.keys().next_back().copied().unwrap_or(inner.delivered);
        inner.queue.insert(last + 1, event);
        self.deliver(inner);
    }

    fn deliver<'a>(&'a self, mut inner: MutexGuard<'a, Inner>) {
        if inner.delivering {
            return;
        }
        inner.delivering = true;
        loop {
            let next = inner.delivered + 1;
            let Some(event) = inner.queue.remove(&next) else { break };
            inner.delivered = next;
            if inner.history.len() == HISTORY {
                inner.history.pop_front();
            }
            inner.history.push_back(event.clone());
            let listeners = Arc::clone(&inner.listeners);
            #[cfg(feature = "tokio")]
            let stream = inner.stream.clone();
            drop(inner);
            // It wakes whoever waits, which is code of others, too.
            #[cfg(feature = "tokio")]
            if let Some(stream) = stream {
                // An error says that nobody is subscribed at present.
                let _ = stream.send(event.clone());
            }
            for listener in listeners.iter() {
                call(listener, &event);
            }
            inner = self.lock();
        }
        inner.delivering = false;
    }
}

/// A listener's panic ends here; the panic hook has reported it, and so do we where logs are on.
fn call(listener: &Listener, event: &Event) {
    if catch_unwind(AssertUnwindSafe(|| listener(event))).is_err() {
        log::listener_panicked(event);
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").finish_non_exhaustive()
    }
}
