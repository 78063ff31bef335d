//! The queue of one listener: it hears one event at a time, in order, on one thread at a time.
//!
//! ```text
//!            a caller comes with its own event           more has come meanwhile
//!   Idle ──────────────────────────────────▶ Running ─────────────────────────────▶ Waiting (for a worker)
//!    ▲            nothing is left              │  ▲         a worker has come          │
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

/// Events that wait for one listener; the one that it hears is not among them.
const CAPACITY: usize = 1_024;
/// Events that a worker delivers before it looks for other queues.
const PIECE: usize = 32;
/// Events that a listener causes while it runs and that its caller delivers. A worker delivers what it causes beyond:
/// one that causes an event by each event would keep its caller.
const CAUSED: usize = 32;
/// Places that a queue keeps when it is empty.
const KEPT: usize = 16;

/// A listener, and the events that wait for it.
pub(super) struct Queue {
    hear: Box<dyn Fn(&Event) + Send + Sync>,
    inner: Mutex<Inner>,
}

struct Inner {
    events: VecDeque<Event>,
    turn: Turn,
}

enum Turn {
    /// Nobody delivers. What is in the queue has been recorded just now, by threads that are about to deliver it.
    Idle,
    Running {
        /// The thread that delivers.
        thread: usize,
        /// Events that it has still to deliver, from the front.
        due: usize,
        /// Events by which `due` may still grow.
        caused: usize,
    },
    /// A worker is going to deliver.
    Waiting,
}

thread_local! {
    /// Its address stands for the thread. It is there as long as the thread is, unlike `thread::current()`.
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

    /// Puts an event behind the others, for [`run`](Self::run); false if there is no place for it.
    pub(super) fn push(&self, event: &Event) -> bool {
        let mut inner = self.lock();
        // What an idle listener is about to hear is as much as its callers have recorded together.
        if inner.events.len() >= CAPACITY && !matches!(inner.turn, Turn::Idle) {
            return false;
        }
        inner.events.push_back(event.clone());
        let waiting = inner.events.len();
        if let Turn::Running { thread, due, caused } = &mut inner.turn {
            // The listener itself causes it. Behind an event of another thread it is a worker's, like that one.
            if *caused > 0 && *due + 1 == waiting && *thread == this_thread() {
                *due += 1;
                *caused -= 1;
            }
        }
        true
    }

    /// Delivers what waits, on this thread, unless another thread is at it. What comes meanwhile is for a worker.
    pub(super) fn run(self: &Arc<Self>) {
        if self.begin() && self.deliver_due() {
            POOL.add(Arc::clone(self) as Arc<dyn Work>);
        }
    }

    /// Has a worker deliver what waits, unless another thread is at it.
    pub(super) fn hand_over(self: &Arc<Self>) {
        let mut inner = self.lock();
        if inner.events.is_empty() || !matches!(inner.turn, Turn::Idle) {
            return;
        }
        inner.turn = Turn::Waiting;
        drop(inner);
        POOL.add(Arc::clone(self) as Arc<dyn Work>);
    }

    /// Whether an event waits and nobody is at it.
    pub(super) fn is_pending(&self) -> bool {
        let inner = self.lock();
        matches!(inner.turn, Turn::Idle) && !inner.events.is_empty()
    }

    /// Takes the turn for what waits now; false if there is nothing, or it is another thread's.
    fn begin(&self) -> bool {
        let mut inner = self.lock();
        let due = inner.events.len();
        let mine = due > 0 && matches!(inner.turn, Turn::Idle);
        if mine {
            inner.turn = Turn::Running { thread: this_thread(), due, caused: CAUSED };
        }
        mine
    }

    /// Delivers what is due; true if more waits, for a worker.
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

    /// The next event that is due, or the end of the turn and whether a worker is to go on.
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
        // Wherever the last handle goes: in another listener, on a worker, in a call.
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
