//! Delivery of events to the history, to streams and to listeners.
//!
//! Events are first recorded in the order of the engine's sequence numbers: in the history and in the queue of each
//! stream and listener, here and in the hub above. No user code runs meanwhile, so an event waits at most until another
//! thread has moved from the engine's lock to this one. Then the caller delivers, without holding a lock: first
//! streams, then logs, then listeners. See "Listeners" in ARCHITECTURE.md.

mod queue;
mod relief;
mod stream;
mod worker;

use std::collections::VecDeque;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::event::Event;
use crate::log;
use queue::Queue;
pub use stream::EventStream;
use stream::{Sender, stream};
pub(crate) use worker::{Work, run_on_worker};

/// How many events `history()` keeps.
const HISTORY: usize = 32;

/// The listeners of one breaker or registry.
pub(crate) struct Hub(Box<dyn Guarded>);

/// Hides the types behind a hub from the proof that a breaker is `Send` and `Sync`. The compiler repeats that proof for
/// the static of each annotated function, and of all types in a breaker, those of events would cost most.
trait Guarded: Send + Sync + UnwindSafe + RefUnwindSafe {
    fn locked(&self) -> MutexGuard<'_, Inner>;
}

impl Guarded for Mutex<Inner> {
    fn locked(&self) -> MutexGuard<'_, Inner> {
        // No user code runs under this lock, so a panic can't leave the data inconsistent.
        self.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Hub {
    fn default() -> Self {
        Self(Box::new(Mutex::<Inner>::default()))
    }
}

#[derive(Default)]
struct Inner {
    /// Events that were recorded before their predecessors, whose threads are about to record them. So they are few.
    early: Vec<(u64, Event)>,
    /// Sequence number of the last recorded event. In a hub above others, the last number that it assigned.
    recorded: u64,
    history: VecDeque<Event>,
    /// Events that found a queue full, counted once for each queue.
    dropped: u64,
    listeners: Vec<Arc<Queue>>,
    streams: Arc<Vec<Sender>>,
    /// The hub of the registry.
    above: Option<Arc<Hub>>,
}

impl Hub {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.locked()
    }

    pub(crate) fn listen(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        let queue = Queue::new(listener);
        self.lock().listeners.push(queue);
    }

    pub(crate) fn subscribe(&self) -> EventStream {
        let (sender, stream) = stream();
        let mut inner = self.lock();
        let streams = Arc::make_mut(&mut inner.streams);
        streams.retain(Sender::is_read);
        streams.push(sender);
        stream
    }

    /// Also passes every event to this hub. There are only two levels: a hub above others has none above itself.
    pub(crate) fn pass_on_to(&self, above: Arc<Hub>) {
        self.lock().above = Some(above);
    }

    pub(crate) fn history(&self) -> Vec<Event> {
        self.lock().history.iter().cloned().collect()
    }

    /// Returns how many events listeners missed because their queues were full.
    pub(crate) fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    /// Records an event under its sequence number: 1, 2, 3 … without a gap. The caller must call
    /// [`deliver`](Self::deliver) afterwards, without holding a lock. Between taking the number and this call, no user
    /// code may run.
    pub(crate) fn record(&self, sequence: u64, event: Event) {
        let mut inner = self.lock();
        if sequence != inner.recorded + 1 {
            inner.early.push((sequence, event));
            return;
        }
        let mut next = Some(event);
        while let Some(event) = next {
            inner.recorded += 1;
            let own = inner.recorded;
            inner.take(event, own);
            let place = inner.recorded + 1;
            let early = inner.early.iter().position(|(sequence, _)| *sequence == place);
            next = early.map(|early| inner.early.swap_remove(early).1);
        }
    }

    /// Records an event after all others and returns its number: for a hub whose events have no order of their own.
    pub(crate) fn append(&self, event: Event) -> u64 {
        let mut inner = self.lock();
        inner.recorded += 1;
        let number = inner.recorded;
        inner.take(event, number);
        number
    }

    /// Delivers recorded events, and logs the caller's own (`events`).
    pub(crate) fn deliver(&self, events: &[Event]) {
        Self::deliver_all(&[self], events);
    }

    /// Like [`deliver`](Self::deliver), for several hubs. The streams of all hubs come first, so they wait for no
    /// listener.
    pub(crate) fn deliver_all(hubs: &[&Self], events: &[Event]) {
        let mut above: Vec<Arc<Self>> = hubs.iter().filter_map(|hub| hub.lock().above.clone()).collect();
        above.dedup_by(|one, other| Arc::ptr_eq(one, other));
        let all = || above.iter().map(|hub| &**hub).chain(hubs.iter().copied());
        all().for_each(Self::wake);
        events.iter().for_each(log::event);
        let pending: Vec<Arc<Queue>> = all().flat_map(Self::pending).collect();
        let _watched = (pending.len() > 1).then(|| relief::watch(pending.clone()));
        pending.iter().for_each(Queue::run);
    }

    /// Returns the listeners with queued events that no thread is delivering.
    fn pending(&self) -> Vec<Arc<Queue>> {
        self.lock().listeners.iter().filter(|listener| listener.is_pending()).cloned().collect()
    }

    /// Wakes the readers of all streams.
    fn wake(&self) {
        let streams = Arc::clone(&self.lock().streams);
        streams.iter().for_each(Sender::wake);
        let all_read = streams.iter().all(Sender::is_read);
        drop(streams);
        if !all_read {
            Arc::make_mut(&mut self.lock().streams).retain(Sender::is_read);
        }
    }
}

impl Inner {
    /// Records an event. Its number is that of the hub above, if there is one.
    fn take(&mut self, mut event: Event, own: u64) {
        // Still under this lock, so that the events of one breaker keep their order in the hub above.
        event.sequence = self.above.as_ref().map_or(own, |above| above.append(event.clone()));
        self.streams.iter().for_each(|stream| stream.push(&event));
        for listener in &self.listeners {
            self.dropped += u64::from(!listener.push(&event));
        }
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(event);
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        // Taken out first, so that wakers of the readers run without the lock.
        let streams = std::mem::take(&mut self.lock().streams);
        streams.iter().for_each(Sender::close);
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::event::EventKind;

    fn event(second: u64) -> Event {
        Event::new(
            Some("hub"),
            Duration::from_secs(second),
            SystemTime::UNIX_EPOCH,
            EventKind::Reconfigured { changes: Arc::default() },
        )
    }

    fn seconds(events: &[Event]) -> Vec<u64> {
        events.iter().map(|event| event.at.as_secs()).collect()
    }

    /// If the changes of two threads follow each other, the later one may be recorded first.
    #[test]
    fn what_comes_early_waits_for_what_happened_before_it() {
        let (hub, registry) = (Hub::default(), Arc::new(Hub::default()));
        hub.pass_on_to(Arc::clone(&registry));
        let heard = Arc::new(Mutex::new(Vec::new()));
        for hub in [&hub, &*registry] {
            let sink = Arc::clone(&heard);
            hub.listen(move |event| sink.lock().expect("no panic").push(event.clone()));
        }
        for early in [3, 2] {
            hub.record(early, event(early));
            hub.deliver(&[]);
            assert!(hub.history().is_empty() && heard.lock().expect("no panic").is_empty());
        }
        hub.record(1, event(1));
        assert_eq!((seconds(&hub.history()), seconds(&registry.history())), (vec![1, 2, 3], vec![1, 2, 3]));
        hub.deliver(&[]);
        assert_eq!(seconds(&heard.lock().expect("no panic")), [1, 2, 3, 1, 2, 3], "the registry's listener first");
        assert!(hub.lock().early.is_empty());
    }

    /// While the first thread has not yet delivered its event, another thread records the next one and finds the
    /// listener idle.
    #[test]
    fn who_finds_a_listener_idle_delivers_what_was_recorded_before() {
        let hub = Hub::default();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&heard);
        hub.listen(move |event| sink.lock().expect("no panic").push(event.clone()));
        hub.record(1, event(1));
        hub.record(2, event(2));
        hub.deliver(&[]);
        assert_eq!(seconds(&heard.lock().expect("no panic")), [1, 2]);
        hub.deliver(&[]);
        assert_eq!(heard.lock().expect("no panic").len(), 2, "each event once");
    }

    /// A new configuration of many services is recorded at once.
    #[test]
    fn an_idle_listener_misses_nothing_of_what_is_recorded_together() {
        let hub = Hub::default();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&heard);
        hub.listen(move |event| sink.lock().expect("no panic").push(event.clone()));
        (1..=3_000).for_each(|second| hub.record(second, event(second)));
        hub.deliver(&[]);
        assert_eq!(seconds(&heard.lock().expect("no panic")), (1..=3_000).collect::<Vec<_>>());
        assert_eq!(hub.dropped(), 0);
    }

    #[test]
    fn a_stream_whose_reader_is_gone_is_forgotten() {
        let hub = Hub::default();
        drop((hub.subscribe(), hub.subscribe()));
        let mut heard = hub.subscribe();
        assert_eq!(hub.lock().streams.len(), 1);
        drop(hub.subscribe());
        hub.record(1, event(1));
        hub.deliver(&[]);
        assert_eq!(hub.lock().streams.len(), 1);
        assert_eq!(heard.try_recv(), Some(Event { sequence: 1, ..event(1) }));
        drop(hub);
        assert!(heard.is_closed());
    }

    /// With two breakers under one registry, each event has one number, which is the same everywhere.
    #[test]
    fn the_number_of_an_event_rises_over_the_whole_registry() {
        let (one, other, registry) = (Hub::default(), Hub::default(), Arc::new(Hub::default()));
        let mut streams = [&one, &other, &*registry].map(Hub::subscribe);
        one.pass_on_to(Arc::clone(&registry));
        other.pass_on_to(Arc::clone(&registry));
        one.record(1, event(1));
        other.record(1, event(2));
        registry.append(event(3));
        one.record(2, event(4));
        let numbers: [Vec<_>; 3] = streams.each_mut().map(|stream| {
            std::iter::from_fn(|| stream.try_recv()).map(|event| (event.sequence, event.at.as_secs())).collect()
        });
        let expected = [vec![(1, 1), (4, 4)], vec![(2, 2)], vec![(1, 1), (2, 2), (3, 3), (4, 4)]];
        assert_eq!(numbers, expected);
        assert_eq!(one.history().iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 4]);
    }
}
