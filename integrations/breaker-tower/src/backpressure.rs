//! A service that isn't ready while its circuit is open.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use breaker_core::{CircuitBreaker, Clock, EventStream, RejectionReason};
use futures_core::Stream;

/// How often a half-open circuit is looked at while its probes are in flight: a probe that ends frees its place without
/// an event.
const WHILE_PROBING: Duration = Duration::from_millis(10);

/// What the last `poll_ready` has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// The inner service was asked.
    Inner,
    /// The breaker rejects calls, so the inner service wasn't asked.
    Refusing,
    /// The breaker rejects calls, and the task waits until it doesn't.
    Waiting,
}

/// What a service that isn't ready waits for.
#[derive(Default)]
pub(crate) struct Backpressure(Option<Pin<Box<dyn Future<Output = ()> + Send + Sync>>>);

impl Backpressure {
    /// Looks at a breaker that rejects calls, or did so before.
    #[cold]
    pub(crate) fn readiness(&mut self, breaker: &CircuitBreaker, may_wait: bool, cx: &mut Context<'_>) -> Readiness {
        if breaker.peek().is_ok() {
            self.0 = None;
            return Readiness::Inner;
        }
        if !may_wait {
            return Readiness::Refusing;
        }
        let wait = self.0.get_or_insert_with(|| Box::pin(admitting(breaker.clone(), breaker.subscribe())));
        if wait.as_mut().poll(cx).is_pending() {
            return Readiness::Waiting;
        }
        self.0 = None;
        Readiness::Inner
    }
}

/// The events were subscribed to before the first look, so that no change is missed.
async fn admitting(breaker: CircuitBreaker, mut events: EventStream) {
    while let Err(rejection) = breaker.peek() {
        let pause = match rejection.reason {
            RejectionReason::HalfOpen => Some(WHILE_PROBING),
            _ => rejection.retry_after,
        };
        changed(breaker.clock(), pause, &mut events).await;
    }
}

/// Waits until the pause is over, or something has changed.
async fn changed(clock: &Clock, pause: Option<Duration>, events: &mut EventStream) {
    let mut over = pin!(async {
        match pause {
            Some(pause) => clock.sleep(pause).await,
            None => std::future::pending().await,
        }
    });
    poll_fn(|cx| {
        // The stream can't end: the breaker is alive.
        if Pin::new(&mut *events).poll_next(cx).is_ready() {
            return Poll::Ready(());
        }
        over.as_mut().poll(cx)
    })
    .await;
}

impl fmt::Debug for Backpressure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backpressure").field("waiting", &self.0.is_some()).finish()
    }
}
