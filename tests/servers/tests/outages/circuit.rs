//! When a circuit opened and closed, and what had happened by then.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use breaker_core::{CircuitBreaker, EventKind, Metrics, State};

/// Watches a breaker.
#[derive(Debug, Default, Clone)]
pub(crate) struct Watch(Arc<Mutex<Seen>>);

#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    /// The counters when the circuit opened for the very first time.
    pub(crate) first: Option<Metrics>,
    /// When the circuit opened for the first time since [`Watch::forget`].
    pub(crate) opened: Option<Instant>,
    /// When it closed for the last time since then.
    pub(crate) closed: Option<Instant>,
}

impl Watch {
    pub(crate) fn new(breaker: &CircuitBreaker) -> Self {
        let watch = Self::default();
        let (inside, of) = (watch.clone(), breaker.clone());
        breaker.on_event(move |event| {
            let EventKind::Transition { from, to, .. } = event.kind else { return };
            let (now, metrics) = (Instant::now(), of.metrics());
            let mut seen = inside.lock();
            if (from, to) == (State::Closed, State::Open) {
                seen.opened.get_or_insert(now);
                seen.first.get_or_insert(metrics);
            }
            if to == State::Closed {
                seen.closed = Some(now);
            }
        });
        watch
    }

    /// Forgets when the circuit opened and closed.
    pub(crate) fn forget(&self) {
        let mut seen = self.lock();
        (seen.opened, seen.closed) = (None, None);
    }

    pub(crate) fn seen(&self) -> Seen {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Checks that no more calls were admitted than the numbers allow. At the moment when the circuit opens for the first
/// time, these have failed or are in flight: those that opened it, and one of each other caller. The counters are read a
/// little later, so there may be probes, too.
pub(crate) fn opened_within(breaker: &CircuitBreaker, opened: &Metrics, callers: usize) -> Option<String> {
    let config = breaker.config();
    let threshold = u64::from(config.failure_threshold()?);
    let probes = u64::from(config.half_open_max_calls()) * opened.transitions.open_to_half_open;
    let allowed = threshold + callers as u64 - 1 + probes;
    let admitted = opened.failures + opened.in_flight;
    (admitted > allowed).then(|| format!("{admitted} calls failed or were in flight when it opened, not {allowed}"))
}
