//! Counters that a test has reset to zero. Feature `test-util`.
//!
//! Threads add to the counters without a lock, so the counters can't be reset. Instead, their values at the reset are
//! subtracted on reading. The shortest and longest response times can't be subtracted, so they are reset.

use super::memory::Engine;
use super::snapshot::Snapshot;
use crate::sync::{Mutex, lock};

/// The counts at the last reset, if any.
#[derive(Debug, Default)]
pub(crate) struct Baseline(Mutex<Option<Counted>>);

#[derive(Debug)]
struct Counted {
    snapshot: Snapshot,
    dropped_events: u64,
}

impl Baseline {
    /// Resets all counts to zero, except the calls in flight.
    pub(crate) fn set(&self, engine: &Engine, now: u64, dropped_events: u64) {
        engine.live_stripes().for_each(|stripe| stripe.latency.restart_extremes());
        let counted = Counted { snapshot: engine.snapshot(now), dropped_events };
        *lock(&self.0) = Some(counted);
    }

    /// Returns the counts since the reset, and the events that listeners have missed since.
    pub(crate) fn since(&self, mut now: Snapshot, dropped_events: u64) -> (Snapshot, u64) {
        match &*lock(&self.0) {
            None => (now, dropped_events),
            Some(then) => {
                now.subtract(&then.snapshot);
                (now, dropped_events.saturating_sub(then.dropped_events))
            }
        }
    }
}

impl Snapshot {
    /// Subtracts the counters. Calls in flight, the window and the consecutive failures describe the present, and are
    /// kept.
    fn subtract(&mut self, then: &Self) {
        let counters = [
            (&mut self.successes, then.successes),
            (&mut self.failures, then.failures),
            (&mut self.ignored, then.ignored),
            (&mut self.abandoned, then.abandoned),
            (&mut self.timeouts, then.timeouts),
            (&mut self.slow, then.slow),
            (&mut self.late, then.late),
            (&mut self.would_reject, then.would_reject),
            (&mut self.fallback_successes, then.fallback_successes),
            (&mut self.fallback_failures, then.fallback_failures),
        ];
        let transitions = self.transitions.iter_mut().zip(then.transitions);
        let times = self.times.iter_mut().zip(then.times);
        let rejections = self.rejections.iter_mut().zip(then.rejections);
        for (now, then) in counters.into_iter().chain(transitions).chain(times).chain(rejections) {
            *now = now.saturating_sub(then);
        }
        self.latency.subtract(&then.latency);
    }
}
