//! An event stream: a queue between the hub and one reader.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;

use crate::event::Event;
use crate::unwind::{release, wake};

/// Events that a stream holds before it drops the oldest.
pub(super) const CAPACITY: usize = 256;
/// Capacity that an empty queue keeps.
const KEPT: usize = 16;

/// The events of a breaker or a registry since [`subscribe`](crate::CircuitBreaker::subscribe) was called. Works in any
/// executor.
///
/// A stream holds up to 256 events that its reader has not received. If the reader falls further behind, the stream
/// drops the oldest events and counts them in [`missed`](Self::missed).
///
/// A breaker's stream ends when the breaker is dropped; a registry's stream ends when the registry and all its breakers
/// are dropped. [`Registry::global`](crate::Registry::global), its breakers and [leaked](crate::CircuitBreaker::leak)
/// breakers live as long as the process. A waker that blocks delays the call that caused the event and the listeners
/// that are notified after it.
///
/// ```
/// use breaker_core::{CircuitBreaker, Config, EventKind, State};
///
/// let breaker = CircuitBreaker::new("mail", Config::builder().consecutive_failures(1).build()?);
/// let mut events = breaker.subscribe();
/// let _ = breaker.call(|| Err::<(), _>("connection refused"));
/// let event = events.try_recv().expect("the circuit has opened");
/// assert!(matches!(event.kind, EventKind::Transition { to: State::Open, .. }));
/// assert!(events.try_recv().is_none() && !events.is_closed());
/// # Ok::<(), breaker_core::ConfigError>(())
/// ```
pub struct EventStream(Arc<Shared>);

/// The hub's half of a stream.
#[derive(Clone)]
pub(super) struct Sender(Arc<Shared>);

struct Shared(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    events: VecDeque<Event>,
    missed: u64,
    /// Waker of the task that waits in `recv`.
    waker: Option<Waker>,
    /// Whether the hub is dropped.
    closed: bool,
    /// Whether the reader is dropped.
    unread: bool,
}

/// Creates both halves of a stream.
pub(super) fn stream() -> (Sender, EventStream) {
    let shared = Arc::new(Shared(Mutex::default()));
    (Sender(Arc::clone(&shared)), EventStream(shared))
}

impl EventStream {
    /// Waits for the next event. Returns `None` once the breaker or registry is dropped and all events are received.
    ///
    /// This method is cancel safe: dropping the future loses no event.
    pub async fn recv(&mut self) -> Option<Event> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// Returns the next event, or `None` if the queue is empty. To tell whether more can come, use
    /// [`is_closed`](Self::is_closed).
    pub fn try_recv(&mut self) -> Option<Event> {
        self.0.lock().pop()
    }

    /// Returns how many events this stream has dropped because its reader was more than 256 events behind.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.0.lock().missed
    }

    /// Whether the stream has ended: its breaker or registry is dropped, and all events are received.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        let inner = self.0.lock();
        inner.closed && inner.events.is_empty()
    }

    fn poll_recv(&mut self, cx: &Context<'_>) -> Poll<Option<Event>> {
        if let Some(event) = self.try_recv() {
            return Poll::Ready(Some(event));
        }
        // A waker is user code, so it is cloned before the lock is taken, and the old one is dropped after the lock is
        // released.
        let mut waker = Some(cx.waker().clone());
        let mut inner = self.0.lock();
        let polled = match inner.pop() {
            Some(event) => Poll::Ready(Some(event)),
            None if inner.closed => Poll::Ready(None),
            None => {
                mem::swap(&mut inner.waker, &mut waker);
                Poll::Pending
            }
        };
        drop(inner);
        release(waker);
        polled
    }
}

impl Stream for EventStream {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.get_mut().poll_recv(cx)
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        let mut inner = self.0.lock();
        inner.unread = true;
        let left = (mem::take(&mut inner.events), inner.waker.take());
        drop(inner);
        release(left);
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.0.lock();
        f.debug_struct("EventStream")
            .field("waiting", &inner.events.len())
            .field("missed", &inner.missed)
            .field("closed", &inner.closed)
            .finish_non_exhaustive()
    }
}

impl Sender {
    /// Adds an event to the queue. The caller must call [`wake`](Self::wake) afterwards, without holding a lock.
    pub(super) fn push(&self, event: &Event) {
        let mut inner = self.0.lock();
        if inner.unread {
            return;
        }
        if inner.events.len() == CAPACITY {
            inner.events.pop_front();
            inner.missed += 1;
        }
        inner.events.push_back(event.clone());
    }

    /// Wakes the reader if it waits and there is an event or the end to receive.
    pub(super) fn wake(&self) {
        let mut inner = self.0.lock();
        let waker = if inner.events.is_empty() && !inner.closed { None } else { inner.waker.take() };
        drop(inner);
        if let Some(waker) = waker {
            wake(waker);
        }
    }

    /// Ends the stream: no more events follow.
    pub(super) fn close(&self) {
        self.0.lock().closed = true;
        self.wake();
    }

    pub(super) fn is_read(&self) -> bool {
        !self.0.lock().unread
    }
}

impl Inner {
    fn pop(&mut self) -> Option<Event> {
        let event = self.events.pop_front();
        if self.events.is_empty() {
            self.events.shrink_to(KEPT);
        }
        event
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // No user code runs under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::event::EventKind;

    fn event(sequence: u64) -> Event {
        Event {
            sequence,
            service: None,
            at: Duration::ZERO,
            wall_time: SystemTime::UNIX_EPOCH,
            kind: EventKind::Reconfigured,
        }
    }

    #[test]
    fn a_reader_that_lags_loses_the_oldest_and_sees_how_many() {
        let (sender, mut stream) = stream();
        (1..=300).for_each(|sequence| sender.push(&event(sequence)));
        assert_eq!(stream.missed(), 44);
        let rest: Vec<_> = std::iter::from_fn(|| stream.try_recv()).map(|event| event.sequence).collect();
        assert_eq!(rest, (45..=300).collect::<Vec<_>>());
        sender.push(&event(301));
        assert_eq!((stream.try_recv().map(|event| event.sequence), stream.missed()), (Some(301), 44));
    }

    #[test]
    fn what_waits_is_read_after_the_end() {
        let (sender, mut stream) = stream();
        sender.push(&event(1));
        sender.close();
        assert!(!stream.is_closed(), "one event is left");
        let cx = Context::from_waker(Waker::noop());
        assert_eq!(stream.poll_recv(&cx), Poll::Ready(Some(event(1))));
        assert!(stream.is_closed());
        assert_eq!(stream.poll_recv(&cx), Poll::Ready(None));
    }

    #[test]
    fn nothing_is_kept_for_a_reader_that_is_gone() {
        let (sender, stream) = stream();
        sender.push(&event(1));
        drop(stream);
        assert!(!sender.is_read());
        sender.push(&event(2));
        assert!(sender.0.lock().events.is_empty());
    }
}
