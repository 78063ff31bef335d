//! What a breaker tells: events, their listeners, and the history of the last ones.
//!
//! An event is queued under the place in history that the engine gave it, and delivered in that order by whichever
//! thread gets there, outside every lock. So a listener may call the breaker: what it sets off comes after.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use crate::engine::cause::Cause;
pub use crate::engine::state::{Mode, State};

/// Something that happened to a breaker.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// The breaker's name; empty where it is about a source for all services.
    pub service: &'static str,
    /// When, on the breaker's clock, since that clock's start. A probe that outlived its lease is dated to the end of
    /// the lease, however late it was noticed.
    pub at: Duration,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// The state changed.
    Transition {
        /// The state before.
        from: State,
        /// The state now.
        to: State,
        /// The rule that fired, with its numbers.
        cause: Cause,
    },
    /// The mode changed.
    ModeChanged {
        /// The mode before.
        from: Mode,
        /// The mode now.
        to: Mode,
    },
    /// The breaker got another configuration; state, counters and subscribers stayed.
    Reconfigured,
    /// A warning: two places in the code configure this service differently.
    Conflict(Arc<Conflict>),
    /// A warning: a file that was changed while the program runs can't be used, and what runs goes on as it was; from a
    /// registry's own stream and listeners alone. Or, from a breaker: what was said about its service before it was made
    /// doesn't fit its code, and the code alone holds. What is wrong, all of it, each fault with its place.
    BadConfiguration(Arc<str>),
}

/// Two places in the code that set one key of one service to different values.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Conflict {
    /// The service.
    pub service: String,
    /// The key, as it is spelt in the attribute.
    pub key: &'static str,
    /// The value that holds, and its place.
    pub first: Said,
    /// The value that doesn't, and its place.
    pub second: Said,
}

/// A value, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The value as text.
    pub value: String,
    /// `file:line`.
    pub place: String,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, key, first, second } = self;
        write!(
            f,
            "service `{service}`: `{key}` is {} at {} and {} at {}; the first holds: say it in one place, or alike in both",
            first.value, first.place, second.value, second.place
        )
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.service {
            "" => write!(f, "{}", self.kind),
            service => write!(f, "{service}: {}", self.kind),
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transition { from, to, cause } => write!(f, "{from} -> {to}: {cause}"),
            Self::ModeChanged { from, to } => write!(f, "mode {from} -> {to}"),
            Self::Reconfigured => f.write_str("reconfigured"),
            Self::Conflict(conflict) => write!(f, "{conflict}"),
            Self::BadConfiguration(problem) => f.write_str(problem),
        }
    }
}

/// Events that `history()` keeps.
pub(crate) const HISTORY: usize = 32;
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
        crate::log::listener_panicked(event);
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").finish_non_exhaustive()
    }
}
