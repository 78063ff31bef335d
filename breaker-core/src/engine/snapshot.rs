//! A snapshot of all counters of an engine. Not on the hot path.

use super::latency::Distribution;
use super::limits::{Limits, WindowLength};
use super::memory::Engine;
use super::policy::Counts;
use super::stripe::Stripe;
use super::transition::Machine;
use super::window::{self, SlowCalls};
use crate::sync::{AtomicU64, Ordering, lock};

/// State under the lock, and sums over all stripes.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) machine: Machine,
    pub(crate) limits: Limits,
    /// closed→open, open→half-open, half-open→closed, half-open→open, open→closed.
    pub(crate) transitions: [u64; 5],
    /// Nanoseconds closed, open and half-open.
    pub(crate) times: [u64; 3],
    pub(crate) successes: u64,
    pub(crate) failures: u64,
    pub(crate) ignored: u64,
    pub(crate) abandoned: u64,
    pub(crate) in_flight: u64,
    pub(crate) rejections: [u64; 3],
    pub(crate) timeouts: u64,
    pub(crate) slow: u64,
    pub(crate) late: u64,
    pub(crate) would_reject: u64,
    pub(crate) fallback_successes: u64,
    pub(crate) fallback_failures: u64,
    pub(crate) window: Counts,
    pub(crate) in_a_row: u64,
    pub(crate) latency: Distribution,
}

impl Engine {
    /// Takes a snapshot. Call `settle` first, so that the state is that of `now`.
    pub(crate) fn snapshot(&self, now: u64) -> Snapshot {
        let (machine, limits, transitions, times, window) = {
            let mut locked = lock(&self.locked);
            let slice = self.locked_geometry(locked.machine.word(&locked.limits)).slice_at(now);
            let window = match locked.limits.window {
                WindowLength::Calls(_) => {
                    let successes = window::successes(&self.stripes_of(locked.machine.version), slice);
                    locked.by_count.counts(successes)
                }
                WindowLength::Time(_) => self.window_of(&mut locked, slice, SlowCalls::Counted).2,
            };
            (locked.machine.clone(), locked.limits, locked.transitions, locked.times.read(now), window)
        };
        // Parts before their whole: the Acquire load of a timeout makes its failure visible.
        let (timeouts, slow, late) = (self.total(|s| &s.timeouts), self.total(|s| &s.slow), self.total(|s| &s.late));
        // Ends before admissions: the Acquire of an end makes its admission visible, so ends never exceed admissions.
        let (successes, failures) = (self.total(|s| &s.successes), self.total(|s| &s.failures));
        let (ignored, abandoned) = (self.total(|s| &s.ignored), self.total(|s| &s.abandoned));
        let ended = successes + failures + ignored + abandoned;
        let in_flight = self.total(|s| &s.admitted).saturating_sub(ended);
        Snapshot {
            window,
            in_a_row: self.in_a_row(machine.counted_in, limits.consecutive_failures.is_some()),
            machine,
            limits,
            transitions,
            times,
            successes,
            failures,
            ignored,
            abandoned,
            in_flight,
            // Relaxed: a rejection is not part of another counter.
            rejections: std::array::from_fn(|reason| {
                self.live_stripes().map(|s| s.rejections[reason].load(Ordering::Relaxed)).sum()
            }),
            timeouts,
            slow,
            late,
            would_reject: self.total(|s| &s.would_reject),
            fallback_successes: self.total(|s| &s.fallback_successes),
            fallback_failures: self.total(|s| &s.fallback_failures),
            latency: Distribution::collect(self.live_stripes().map(|stripe| &stripe.latency), &self.spill),
        }
    }

    fn total(&self, counter: fn(&Stripe) -> &AtomicU64) -> u64 {
        self.live_stripes().map(|stripe| counter(stripe).load(Ordering::Acquire)).sum()
    }
}
