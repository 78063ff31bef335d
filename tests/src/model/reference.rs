//! The reference: slow, and obviously right. One list of events, one list of probes, no cleverness.

mod checks;

use std::time::Duration;

use breaker_core::{Cause, Config, Mode, State};

use checks::Checks;

const MS: u64 = 1_000_000;

/// A window, in milliseconds or calls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Length {
    /// The last so many milliseconds.
    Time(u64),
    /// The last so many calls.
    Calls(u32),
}

/// A configuration in whole numbers: shares are fractions, times are milliseconds.
#[derive(Clone, Debug)]
pub struct Spec {
    /// `failure_threshold`.
    pub threshold: Option<u32>,
    /// `consecutive_failures`.
    pub streak: Option<u32>,
    /// `failure_rate`.
    pub rate: Option<(u32, u32)>,
    /// `slow_call_duration` and `slow_call_rate`.
    pub slow: Option<(u64, (u32, u32))>,
    /// `response_times`; a rule about slow calls needs them.
    pub timed: bool,
    /// `minimum_requests`.
    pub minimum: Option<u32>,
    /// `window`.
    pub window: Length,
    /// `open_timeout`.
    pub open: u64,
    /// Whether `open_timeout_multiplier` is 2.
    pub doubling: bool,
    /// `success_threshold`.
    pub successes: u32,
    /// `half_open_max_calls`.
    pub probes: u32,
    /// `half_open_timeout`.
    pub lease: u64,
}

fn share((part, whole): (u32, u32)) -> f64 {
    f64::from(part) / f64::from(whole)
}

fn reaches(part: u64, whole: u64, (num, den): (u32, u32)) -> bool {
    part * u64::from(den) >= whole * u64::from(num)
}

impl Spec {
    pub(super) const OPEN_MAX: u64 = 60_000;
    /// `health_check_interval`.
    const INTERVAL: u64 = 4_000;

    pub(super) fn config(&self) -> Config {
        let mut builder = Config::builder()
            .open_timeout(Duration::from_millis(self.open))
            .open_timeout_max(Duration::from_millis(Self::OPEN_MAX))
            .open_timeout_multiplier(if self.doubling { 2.0 } else { 1.0 })
            .response_times(self.is_timed())
            .success_threshold(self.successes)
            .half_open_max_calls(self.probes)
            .half_open_timeout(Duration::from_millis(self.lease))
            .enable_health_check(true)
            .health_check_interval(Duration::from_millis(Self::INTERVAL))
            .health_check_timeout(Duration::from_millis(Self::INTERVAL))
            .health_check_failures(1);
        builder = match self.window {
            Length::Time(ms) => builder.window(Duration::from_millis(ms)),
            Length::Calls(calls) => builder.window(calls),
        };
        if let Some(threshold) = self.threshold {
            builder = builder.failure_threshold(threshold);
        }
        if let Some(streak) = self.streak {
            builder = builder.consecutive_failures(streak);
        }
        if let Some(rate) = self.rate {
            builder = builder.failure_rate(share(rate));
        }
        if let Some((duration, rate)) = self.slow {
            builder = builder.slow_call_duration(Duration::from_millis(duration)).slow_call_rate(share(rate));
        }
        if let Some(minimum) = self.minimum {
            builder = builder.minimum_requests(minimum);
        }
        builder.build().expect("the generated configuration is valid")
    }

    fn is_timed(&self) -> bool {
        self.timed || self.slow.is_some()
    }

    /// Whether the window holds successes: where a call is not timed, only if a rule or the window needs them.
    pub(super) fn places_successes(&self) -> bool {
        self.is_timed() || self.success_can_trip() || matches!(self.window, Length::Calls(_))
    }

    /// `failure_threshold` is 5 where no other rule is set.
    fn threshold(&self) -> Option<u32> {
        let other = self.streak.is_some() || self.rate.is_some() || self.slow.is_some();
        self.threshold.or(if other { None } else { Some(5) })
    }

    pub(super) fn minimum_for_rates(&self) -> u64 {
        let default = if let Length::Calls(calls) = self.window { calls.min(10) } else { 10 };
        u64::from(self.minimum.unwrap_or(default))
    }

    /// What a share needs before metrics show it.
    pub(super) fn minimum_shown(&self) -> u64 {
        let rates = self.rate.is_some() || self.slow.is_some();
        if rates { self.minimum_for_rates() } else { u64::from(self.minimum.unwrap_or(1)) }
    }

    fn success_can_trip(&self) -> bool {
        self.rate.is_some() || self.slow.is_some() || (self.threshold().is_some() && self.minimum.unwrap_or(1) > 1)
    }
}

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    /// The service answered.
    Success,
    /// It did not.
    Failure,
    /// The result says nothing about it.
    Ignored,
    /// The permit is dropped without a verdict.
    Dropped,
    /// A failure that opens the circuit for so many milliseconds.
    OpenFor(u64),
}

#[derive(Clone, Copy, Debug)]
struct Event {
    at: u64,
    /// Of a window of another length, only the slice was known: `at` is the last moment that it can be from.
    is_dated: bool,
    failure: bool,
    slow: bool,
}

/// What the breaker gave a call on its way in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pass {
    generation: u64,
    start: u64,
    /// Whether the call is measured: as it was when it was admitted.
    timed: bool,
    probe: Option<u64>,
    /// H7, or a bypass: counted nowhere.
    exempt: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counters {
    pub(super) requests: u64,
    pub(super) successes: u64,
    pub(super) failures: u64,
    pub(super) ignored: u64,
    pub(super) abandoned: u64,
    pub(super) rejected: [u64; 3],
    pub(super) slow: u64,
    pub(super) late: u64,
    pub(super) in_flight: u64,
    pub(super) would_reject: u64,
}

#[derive(Debug)]
pub(super) struct Model {
    pub(super) spec: Spec,
    pub(super) now: u64,
    pub(super) mode: Mode,
    state: State,
    generation: u64,
    events: Vec<Event>,
    streak: u64,
    /// The same, whatever rules there were.
    run: u64,
    until: u64,
    opened: u64,
    asked_for: Option<u64>,
    reopenings: u32,
    probes: Vec<(u64, u64)>,
    next_probe: u64,
    probe_successes: u32,
    checks: Checks,
    /// C4: when half-open began, or the last call was let in.
    traffic: u64,
    pub(super) counters: Counters,
    /// What the thread is in the middle of: the generations of probes; none for a bypass.
    frames: Vec<Option<u64>>,
    pub(super) transitions: Vec<(State, State, Cause)>,
    /// A rule was met while `ForcedClosed` kept the circuit from opening: T3 leaves open whether the next success
    /// (which neither completes a minimum nor evicts anything) opens it.
    overdue: bool,
}

impl Model {
    pub(super) fn new(spec: Spec) -> Self {
        Self {
            spec,
            now: 0,
            mode: Mode::Automatic,
            state: State::Closed,
            generation: 0,
            events: Vec::new(),
            streak: 0,
            run: 0,
            until: 0,
            opened: 0,
            asked_for: None,
            reopenings: 0,
            probes: Vec::new(),
            next_probe: 0,
            probe_successes: 0,
            checks: Checks::default(),
            traffic: 0,
            counters: Counters::default(),
            frames: Vec::new(),
            transitions: Vec::new(),
            overdue: false,
        }
    }

    pub(super) fn effective(&self) -> State {
        match self.state {
            _ if self.mode == Mode::ForcedOpen => State::Open,
            State::Open if self.now >= self.until => State::HalfOpen,
            state => state,
        }
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        let open = self.mode != Mode::ForcedOpen && self.effective() == State::Open;
        open.then(|| Duration::from_nanos(self.until - self.now))
    }

    /// The failures in a row that metrics show.
    pub(super) fn in_a_row(&self) -> u64 {
        if self.spec.streak.is_some() { self.streak } else { self.run }
    }

    /// Requests, failures and slow calls in the window now.
    pub(super) fn window(&self) -> (u64, u64, u64) {
        let held: Vec<_> = match self.spec.window {
            Length::Time(ms) => {
                let present = slice(self.now, ms);
                self.events.iter().filter(|event| slice(event.at, ms) + 16 > present).collect()
            }
            Length::Calls(calls) => self.events.iter().skip(self.events.len().saturating_sub(calls as usize)).collect(),
        };
        let count = |of: fn(&Event) -> bool| held.iter().filter(|event| of(event)).count() as u64;
        (held.len() as u64, count(|event| event.failure), count(|event| event.slow))
    }

    /// H4: a probe that has outlived its lease has failed at that instant. Whether that has opened the circuit.
    pub(super) fn settle(&mut self) -> bool {
        if self.state != State::HalfOpen || self.mode == Mode::ForcedOpen {
            return false;
        }
        let ends = self.probes.iter().map(|(_, start)| start + self.spec.lease * MS);
        let Some(end) = ends.min().filter(|end| self.now >= *end) else { return false };
        self.reopen(Cause::ProbeTimedOut, end, None);
        true
    }

    /// The thread is in the middle of such a call from now on; of a bypass without one.
    pub(super) fn enter_frame(&mut self, pass: Option<Pass>) {
        // Of what is no probe, nothing is a part: no circuit has this generation.
        let frame = pass.map(|pass| if pass.probe.is_some() { pass.generation } else { u64::MAX });
        self.frames.push(frame);
    }

    pub(super) fn leave_frame(&mut self) {
        self.frames.pop();
    }

    /// H7: whether a call is a part of what the thread is in the middle of.
    fn is_exempt(&self) -> bool {
        let live = |generation| self.state == State::HalfOpen && generation == self.generation;
        self.frames.iter().any(|frame| frame.is_none_or(live))
    }

    pub(super) fn admit(&mut self) -> Option<Pass> {
        self.settle();
        if self.is_exempt() {
            let (generation, start) = (self.generation, self.now);
            return Some(Pass { generation, start, timed: false, probe: None, exempt: true });
        }
        self.counters.requests += 1;
        if self.mode == Mode::ForcedOpen {
            self.counters.rejected[2] += 1;
            return None;
        }
        if self.state == State::Open && self.now >= self.until {
            self.enter(State::HalfOpen, Cause::OpenTimeoutElapsed);
            self.traffic = self.now;
        }
        let mut probe = None;
        if self.state == State::HalfOpen && self.probes.len() < self.spec.probes as usize {
            self.next_probe += 1;
            self.probes.push((self.next_probe, self.now));
            probe = Some(self.next_probe);
        } else if self.state != State::Closed {
            if self.mode != Mode::Shadow {
                self.counters.rejected[usize::from(self.state == State::HalfOpen)] += 1;
                return None;
            }
            self.counters.would_reject += 1;
        }
        self.traffic = self.now;
        self.counters.in_flight += 1;
        Some(Pass { generation: self.generation, start: self.now, timed: self.spec.is_timed(), probe, exempt: false })
    }

    /// A call ends. `opened` says what the real breaker did, for the one case that the rules leave open.
    pub(super) fn end(&mut self, pass: Pass, end: End, opened: impl Fn() -> bool) {
        if pass.exempt {
            return;
        }
        // The end of a probe looks at the leases; that of another call (in shadow mode) doesn't.
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
            self.events.push(Event { at: self.now, is_dated: false, failure, slow });
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

    /// A run of failures is judged when it grows.
    fn verdict(&self, failure: bool) -> Option<Cause> {
        let (requests, failures, slow) = self.window();
        if let Some(threshold) = self.spec.streak
            && failure
            && self.streak >= u64::from(threshold)
        {
            return Some(Cause::ConsecutiveFailures { failures: self.streak, threshold });
        }
        if let Some(threshold) = self.spec.threshold()
            && requests >= u64::from(self.spec.minimum.unwrap_or(1))
            && failures >= u64::from(threshold)
        {
            return Some(Cause::FailureThreshold { failures, threshold });
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

    pub(super) fn set_mode(&mut self, mode: Mode) {
        self.settle();
        if mode == self.mode {
            return;
        }
        self.mode = mode;
        self.generation += 1;
        (self.streak, self.run) = (0, 0);
        self.traffic = self.now;
        self.forget_probes();
        if mode == Mode::ForcedClosed && self.state != State::Closed {
            self.close(Cause::Forced);
        }
    }

    pub(super) fn reset(&mut self) {
        self.settle();
        if self.state == State::Closed {
            self.empty();
        } else {
            self.close(Cause::Reset);
        }
    }

    /// State and counters stay; of the window, what still fits.
    pub(super) fn reconfigure(&mut self, spec: Spec) {
        self.settle();
        match (self.spec.window, spec.window) {
            (old, new) if old == new => {}
            (Length::Time(ms), Length::Time(_)) => {
                let present = slice(self.now, ms);
                self.events.retain(|event| slice(event.at, ms) + 16 > present);
                for event in self.events.iter_mut().filter(|event| !event.is_dated) {
                    (event.at, event.is_dated) = (end_of(slice(event.at, ms), ms).min(self.now), true);
                }
            }
            (Length::Calls(were), Length::Calls(calls)) => {
                let fit = were.min(calls) as usize;
                self.events.drain(..self.events.len().saturating_sub(fit));
            }
            _ => self.events.clear(),
        }
        let has_slow = spec.slow.is_none() || spec.slow.map(|(at, _)| at) == self.spec.slow.map(|(at, _)| at);
        // W6: what the new rules look at was not in the window.
        if !has_slow || (spec.places_successes() && !self.spec.places_successes()) {
            self.events.clear();
        }
        if self.spec.streak.is_none() {
            self.streak = 0;
        }
        self.spec = spec;
        if self.state == State::Open {
            self.until = self.deadline();
        }
        self.settle();
    }

    fn close_if_proven(&mut self) {
        let (checks, probes) = (u64::from(self.checks.counts), u64::from(self.probe_successes));
        if checks + probes >= u64::from(self.spec.successes) {
            self.close(match checks {
                0 => Cause::ProbesSucceeded { successes: probes },
                _ => Cause::HealthChecksSucceeded { checks, probes },
            });
        }
    }

    /// A probe has failed.
    fn reopen(&mut self, cause: Cause, at: u64, open_for: Option<u64>) {
        self.checks.probe_failed();
        self.open(cause, at, open_for);
    }

    fn open(&mut self, cause: Cause, at: u64, open_for: Option<u64>) {
        self.reopenings = if self.state == State::Closed { 0 } else { self.reopenings + 1 };
        self.enter(State::Open, cause);
        self.checks.opened();
        (self.opened, self.asked_for) = (at, open_for);
        self.until = self.deadline();
    }

    fn deadline(&self) -> u64 {
        let factor = if self.spec.doubling { 1 << self.reopenings.min(30) } else { 1 };
        let grown = (self.spec.open * factor).min(Spec::OPEN_MAX) * MS;
        self.opened + self.asked_for.unwrap_or(grown)
    }

    fn close(&mut self, cause: Cause) {
        self.enter(State::Closed, cause);
        self.reopenings = 0;
        self.checks = Checks::default();
        self.empty();
    }

    fn empty(&mut self) {
        self.generation += 1;
        self.events.clear();
        (self.streak, self.run) = (0, 0);
        self.overdue = false;
    }

    fn enter(&mut self, to: State, cause: Cause) {
        self.transitions.push((self.state, to, cause));
        self.state = to;
        self.generation += 1;
        self.forget_probes();
    }

    fn forget_probes(&mut self) {
        self.probes.clear();
        self.probe_successes = 0;
        self.checks.counts = false;
    }
}

/// Sixteen slices to a window: what is 16 slices old has left.
///
/// The engine multiplies by a number of slices to the nanosecond that is rounded up, so its slices end a few nanoseconds
/// early. It is the same here: a call is taken for the last moment of its slice when the window's length changes, and
/// whether that is before the end of another length's slice may hang on a nanosecond.
fn slice(at: u64, window_ms: u64) -> u64 {
    u64::try_from((u128::from(at) * slices_to_the_nanosecond(window_ms)) >> 64).expect("no test lasts so long")
}

/// The last nanosecond of a slice.
fn end_of(slice: u64, window_ms: u64) -> u64 {
    let next = (u128::from(slice + 1) << 64).div_ceil(slices_to_the_nanosecond(window_ms));
    u64::try_from(next).expect("no test lasts so long") - 1
}

/// In units of 2^-64.
fn slices_to_the_nanosecond(window_ms: u64) -> u128 {
    (16_u128 << 64).div_ceil(u128::from(window_ms * MS))
}
