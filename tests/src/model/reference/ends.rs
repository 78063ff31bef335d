//! How a call ends, and how the rules evaluate it.

use std::time::Duration;

use breaker_core::{Cause, Mode, State};

use super::super::spec::{End, MS, Spec, reaches, share};
use super::{Model, Pass};

impl Model {
    /// Ends a call. `opened` returns what the real breaker did, for the one case that the rules leave open.
    pub(in super::super) fn end(&mut self, pass: Pass, end: End, opened: impl Fn() -> bool) {
        if pass.exempt {
            return;
        }
        // Only the end of a probe evaluates leases; the end of another call (in shadow mode) doesn't.
        if pass.probe.is_some() {
            self.settle();
        }
        let limit = self.spec.slow.map_or(u64::MAX, |(duration, _)| duration * MS);
        let slow = pass.timed && self.now - pass.start >= limit && end != End::Ignored;
        self.counters.in_flight -= 1;
        self.counters.slow += u64::from(slow);
        match end {
            End::Success => self.counters.successes += 1,
            End::Failure | End::OpenFor(_) => self.counters.failures += 1,
            End::Ignored => self.counters.ignored += 1,
            End::Dropped => self.counters.abandoned += 1,
        }
        if pass.probe.is_some() && end == End::Success && !slow {
            self.learn(self.now - pass.start);
        }
        if pass.generation != self.generation {
            self.counters.late += 1;
        } else if self.state == State::Closed {
            self.end_counted(end, slow, opened);
        } else if let Some(probe) = pass.probe {
            self.end_probe(probe, end, slow);
        }
    }

    fn end_counted(&mut self, end: End, slow: bool, opened: impl Fn() -> bool) {
        let failure = matches!(end, End::Failure | End::OpenFor(_));
        if end == End::Ignored || (end == End::Dropped && !slow) {
            return;
        }
        if failure || slow || self.spec.places_successes() {
            self.events.place(self.now, failure, slow);
        }
        if end != End::Dropped {
            self.streak = if failure { self.streak + 1 } else { 0 };
            self.run = if failure { self.run + 1 } else { 0 };
        }
        let may_open = matches!(self.mode, Mode::Automatic | Mode::Shadow);
        if let End::OpenFor(ms) = end {
            if may_open {
                let open_for = ms.min(Spec::OPEN_MAX) * MS;
                self.open(Cause::OpenFor { open_for: Duration::from_nanos(open_for) }, self.now, Some(open_for));
            } else {
                self.overdue |= self.verdict(true).is_some();
            }
            return;
        }
        if !failure && !slow && !self.spec.success_can_trip() {
            return;
        }
        let Some(cause) = self.verdict(failure) else { return };
        if !may_open {
            self.overdue = true;
        } else if failure || !self.overdue || opened() {
            self.open(cause, self.now, None);
        }
    }

    /// The rule of consecutive failures is evaluated only at a failure.
    fn verdict(&self, failure: bool) -> Option<Cause> {
        let (requests, failures, slow) = self.window();
        if let Some(threshold) = self.spec.streak
            && failure
            && self.streak >= u64::from(threshold)
        {
            return Some(Cause::ConsecutiveFailures { failures: self.streak, threshold });
        }
        if let Some(threshold) = self.spec.threshold
            && requests >= u64::from(self.spec.minimum.unwrap_or(1))
            && failures >= u64::from(threshold)
        {
            let requests = self.spec.places_successes().then_some(requests);
            return Some(Cause::FailureThreshold { failures, requests, threshold });
        }
        if requests < self.spec.minimum_for_rates() {
            return None;
        }
        if let Some(rate) = self.spec.rate
            && reaches(failures, requests, rate)
        {
            return Some(Cause::FailureRate { failures, requests, threshold: share(rate) });
        }
        let (_, rate) = self.spec.slow?;
        reaches(slow, requests, rate).then_some(Cause::SlowCallRate { slow, requests, threshold: share(rate) })
    }

    fn end_probe(&mut self, probe: u64, end: End, slow: bool) {
        self.probes.retain(|(id, _)| *id != probe);
        let slow = slow && self.spec.slow.is_some();
        match end {
            End::Failure => self.reopen(Cause::ProbeFailed, self.now, None),
            End::OpenFor(ms) => {
                let open_for = ms.min(Spec::OPEN_MAX) * MS;
                self.reopen(Cause::OpenFor { open_for: Duration::from_nanos(open_for) }, self.now, Some(open_for));
            }
            End::Success | End::Dropped if slow => self.reopen(Cause::ProbeSlow, self.now, None),
            End::Success => {
                self.probe_successes += 1;
                self.close_if_proven();
            }
            End::Ignored | End::Dropped => {}
        }
    }
}
