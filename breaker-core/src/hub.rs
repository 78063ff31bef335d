//! The delivery of events: to the history, to streams and to listeners.
//!
//! Events are recorded first, in the order of the sequence numbers that the engine gave them: in the history, and in a
//! queue for each stream and each listener, here and in the hub above. No user code runs meanwhile, so an event waits at
//! most for another thread to get from the engine's lock to this one. Then the caller delivers, outside every lock:
//! streams, logs, listeners. See "Listeners" in ARCHITECTURE.md.

mod queue;
mod relief;
mod worker;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::event::Event;
use crate::log;
#[cfg(feature = "tokio")]
use crate::unwind::caught;
use queue::Queue;
use relief::Listeners;

/// Events that `history()` keeps.
const HISTORY: usize = 32;
/// Events that a stream may lag behind before it loses the oldest.
#[cfg(feature = "tokio")]
const STREAM: usize = 256;

/// The listeners of one breaker or registry.
#[derive(Default)]
pub(crate) struct Hub(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// Events that came before one that happened before them.
    early: BTreeMap<u64, Event>,
    /// The place in history of the last event that was recorded.
    recorded: u64,
    history: VecDeque<Event>,
    /// Events that found a queue full, counted for each.
    dropped: u64,
    listeners: Listeners,
    #[cfg(feature = "tokio")]
    streams: Arc<Vec<Stream>>,
    /// That of the registry.
    above: Option<Arc<Hub>>,
}

/// A channel of its own for each subscriber: a waker that panics keeps its channel from waking others.
#[cfg(feature = "tokio")]
#[derive(Clone)]
struct Stream {
    channel: Arc<Channel>,
    queue: Arc<Queue>,
}

/// The sending end; `None` while it is dropped.
#[cfg(feature = "tokio")]
struct Channel(Option<tokio::sync::broadcast::Sender<Event>>);

impl Hub {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // No user code runs under this lock, so nothing is half-done after a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn listen(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        let mut inner = self.lock();
        Arc::make_mut(&mut inner.listeners).push(Queue::new(listener));
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn subscribe(&self) -> tokio::sync::broadcast::Receiver<Event> {
        let (sender, receiver) = tokio::sync::broadcast::channel(STREAM);
        let channel = Arc::new(Channel(Some(sender)));
        let out = Arc::clone(&channel);
        let queue = Queue::new(move |event| {
            // An error says that the subscriber is gone.
            let _ = out.0.as_ref().map(|sender| sender.send(event.clone()));
        });
        let mut inner = self.lock();
        let streams = Arc::make_mut(&mut inner.streams);
        streams.retain(Stream::is_heard);
        streams.push(Stream { channel, queue });
        receiver
    }

    /// Passes every event on to this hub, too. A hub that is above others is below none.
    pub(crate) fn pass_on_to(&self, above: Arc<Hub>) {
        self.lock().above = Some(above);
    }

    pub(crate) fn history(&self) -> Vec<Event> {
        self.lock().history.iter().cloned().collect()
    }

    /// Events that listeners have not heard because their queues were full.
    pub(crate) fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    /// Records an event at its place in history: 1, 2, 3 … without a gap. [`deliver`](Self::deliver) follows, outside of
    /// every lock; between taking a place and this, no user code may run.
    pub(crate) fn record(&self, sequence: u64, event: Event) {
        let mut inner = self.lock();
        if sequence != inner.recorded + 1 {
            inner.early.insert(sequence, event);
            return;
        }
        let mut next = Some(event);
        while let Some(event) = next {
            inner.recorded += 1;
            inner.take(event);
            let place = inner.recorded + 1;
            next = inner.early.remove(&place);
        }
    }

    /// Records an event after all others: for a hub whose events have no order of their own.
    pub(crate) fn append(&self, event: Event) {
        self.lock().take(event);
    }

    /// Delivers what has been recorded, and logs these events of the caller's. Streams come first, and wait for nobody.
    pub(crate) fn deliver(&self, events: &[Event]) {
        let above = self.lock().above.clone();
        #[cfg(feature = "tokio")]
        above.iter().map(|hub| &**hub).chain([self]).for_each(Self::send);
        events.iter().for_each(log::event);
        let listeners = [above.map(|hub| hub.listeners()), Some(self.listeners())];
        let all = || listeners.iter().flatten().flat_map(|listeners| listeners.iter());
        let several = all().filter(|listener| listener.is_pending()).nth(1).is_some();
        let _watched = several.then(|| relief::watch(listeners.clone()));
        all().for_each(Queue::run);
    }

    fn listeners(&self) -> Listeners {
        Arc::clone(&self.lock().listeners)
    }

    #[cfg(feature = "tokio")]
    fn send(&self) {
        let streams = Arc::clone(&self.lock().streams);
        streams.iter().for_each(|stream| stream.queue.run_all());
        let all_heard = streams.iter().all(Stream::is_heard);
        drop(streams);
        if !all_heard {
            Arc::make_mut(&mut self.lock().streams).retain(Stream::is_heard);
        }
    }
}

impl Inner {
    fn take(&mut self, event: Event) {
        #[cfg(feature = "tokio")]
        for stream in self.streams.iter() {
            self.dropped += u64::from(!stream.queue.push(&event));
        }
        for listener in self.listeners.iter() {
            self.dropped += u64::from(!listener.push(&event));
        }
        // Under this lock, so that the events of one breaker keep their order there.
        if let Some(above) = &self.above {
            above.append(event.clone());
        }
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(event);
    }
}

#[cfg(feature = "tokio")]
impl Stream {
    fn is_heard(&self) -> bool {
        self.channel.0.as_ref().is_some_and(|sender| sender.receiver_count() > 0)
    }
}

#[cfg(feature = "tokio")]
impl Drop for Channel {
    fn drop(&mut self) {
        // Whoever waits is woken.
        caught(|| drop(self.0.take()));
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").finish_non_exhaustive()
    }
}
