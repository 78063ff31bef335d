//! Event queue of one listener. The listener receives one event at a time, in order, on one thread at a time.
//!
//! ```text
//!            a caller delivers its own event             more events are queued
//!   Idle ──────────────────────────────────▶ Running ─────────────────────────────▶ Waiting (for a worker)
//!    ▲            queue is empty               │  ▲          a worker starts           │
//!    └─────────────────────────────────────────┘  └────────────────────────────────────┘
//! ```

use std::collections::VecDeque;
use std::mem;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::worker::{POOL, Work};
use crate::event::Event;
use crate::log;
use crate::unwind::{caught, release};

/// Limit of the queue, without the event that the listener is handling.
const CAPACITY: usize = 1_024;
/// Events that a worker delivers before it turns to other queues.
const PIECE: usize = 32;
/// How many events that a listener causes while it runs are delivered by the same caller. A worker delivers the rest: a
/// listener that causes an event for each event would otherwise never return to its caller.
const CAUSED: usize = 32;
/// Capacity that an empty queue keeps.
const KEPT: usize = 16;

/// A listener and its queued events.
pub(super) struct Queue {
    hear: Box<dyn Fn(&Event) + Send + Sync>,
    inner: Mutex<Inner>,
}

struct Inner {
    events: VecDeque<Event>,
    turn: Turn,
}

enum Turn {
    /// No thread delivers. Queued events were recorded just now, by threads that are about to deliver them.
    Idle,
    Running {
        /// The thread that delivers.
        thread: usize,
        /// Events that this thread has yet to deliver, from the front.
        due: usize,
        /// By how many events `due` may still grow.
        caused: usize,
    },
    /// A worker will deliver.
    Waiting,
}

thread_local! {
    /// Its address identifies the thread. Unlike `thread::current()`, it is available as long as the thread runs.
    static HERE: u8 = const { 0 };
}

fn this_thread() -> usize {
    HERE.with(|here| std::ptr::from_ref(here).addr())
}

impl Queue {
    pub(super) fn new(hear: impl Fn(&Event) + Send + Sync + 'static) -> Arc<Self> {
        let inner = Inner { events: VecDeque::new(), turn: Turn::Idle };
        Arc::new(Self { hear: Box::new(hear), inner: Mutex::new(inner) })
    }

    /// Queues an event, for [`run`](Self::run). Returns false if the queue is full.
    pub(super) fn push(&self, event: &Event) -> bool {
        let mut inner = self.lock();
        // An idle listener may exceed the limit: its callers have recorded these events together and are about to
        // deliver them.
        if inner.events.len() >= CAPACITY && !matches!(inner.turn, Turn::Idle) {
            return false;
        }
        inner.events.push_back(event.clone());
        let waiting = inner.events.len();
        if let Turn::Running { thread, due, caused } = &mut inner.turn {
            // The listener itself has caused this event. If an event of another thread is queued before it, a worker
            // delivers both.
            if *caused > 0 && *due + 1 == waiting && *thread == this_thread() {
                *due += 1;
                *caused -= 1;
            }
        }
        true
    }

    /// Delivers the queued events on this thread, unless another thread does. A worker delivers those that are added
    /// meanwhile.
    pub(super) fn run(self: &Arc<Self>) {
        if self.begin() && self.deliver_due() {
            POOL.add(Arc::clone(self) as Arc<dyn Work>);
        }
    }

    /// Has a worker deliver the queued events, unless another thread does.
    pub(super) fn hand_over(self: &Arc<Self>) {
        let mut inner = self.lock();
        if inner.events.is_empty() || !matches!(inner.turn, Turn::Idle) {
            return;
        }
        inner.turn = Turn::Waiting;
        drop(inner);
        POOL.add(Arc::clone(self) as Arc<dyn Work>);
    }

    /// Whether events are queued that no thread is delivering.
    pub(super) fn is_pending(&self) -> bool {
        let inner = self.lock();
        matches!(inner.turn, Turn::Idle) && !inner.events.is_empty()
    }

    /// Claims the delivery of the events queued now. Returns false if there are none, or if another thread delivers.
    fn begin(&self) -> bool {
        let mut inner = self.lock();
        let due = inner.events.len();
        let mine = due > 0 && matches!(inner.turn, Turn::Idle);
        if mine {
            inner.turn = Turn::Running { thread: this_thread(), due, caused: CAUSED };
        }
        mine
    }

    /// Delivers the events that are due. Returns true if more are queued, for a worker.
    fn deliver_due(&self) -> bool {
        loop {
            match self.next() {
                ControlFlow::Continue(event) => {
                    if caught(|| (self.hear)(&event)).is_none() {
                        log::listener_panicked(&event);
                    }
                }
                ControlFlow::Break(more) => return more,
            }
        }
    }

    /// Returns the next event that is due, or ends the delivery; then the value is whether a worker must continue.
    fn next(&self) -> ControlFlow<bool, Event> {
        let mut inner = self.lock();
        if let Turn::Running { due: due @ 1.., .. } = &mut inner.turn {
            *due -= 1;
            if let Some(event) = inner.events.pop_front() {
                return ControlFlow::Continue(event);
            }
        }
        let more = !inner.events.is_empty();
        inner.turn = if more { Turn::Waiting } else { Turn::Idle };
        if !more {
            inner.events.shrink_to(KEPT);
        }
        ControlFlow::Break(more)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // No user code runs under this lock.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // The last handle may be dropped anywhere: in another listener, on a worker, in a call.
        release(mem::replace(&mut self.hear, Box::new(|_| {})));
    }
}

impl Work for Queue {
    fn piece(&self) -> bool {
        let mut inner = self.lock();
        let due = inner.events.len().min(PIECE);
        inner.turn = Turn::Running { thread: this_thread(), due, caused: 0 };
        drop(inner);
        self.deliver_due()
    }
}
