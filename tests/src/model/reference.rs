//! The reference model. It is slow and simple on purpose: one list of events and one list of probes.

mod checks;
mod ends;

use std::time::Duration;

use breaker_core::{Cause, Mode, State};

use super::spec::{MS, Spec};
use super::window::Window;
use checks::Checks;

/// What a call gets at its admission.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pass {
    generation: u64,
    start: u64,
    /// Whether the call is timed, decided at its admission.
    timed: bool,
    probe: Option<u64>,
    /// Part of a probe (H7) or inside a bypass: not counted.
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
    events: Window,
    streak: u64,
    /// Like `streak`, but counted under any configuration.
    run: u64,
    until: u64,
    opened: u64,
    asked_for: Option<u64>,
    reopenings: u32,
    probes: Vec<(u64, u64)>,
    next_probe: u64,
    probe_successes: u32,
    /// The lease learned from a success that came after its own lease.
    learned_lease: u64,
    checks: Checks,
    /// C4: the later of the start of half-open and the last admission.
    traffic: u64,
    pub(super) counters: Counters,
    /// What this thread is running: the generations of its calls, `None` for a bypass.
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
            events: Window::default(),
            streak: 0,
            run: 0,
            until: 0,
            opened: 0,
            asked_for: None,
            reopenings: 0,
            probes: Vec::new(),
            next_probe: 0,
            probe_successes: 0,
            learned_lease: 0,
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

    /// Returns the consecutive failures that metrics show.
    pub(super) fn in_a_row(&self) -> u64 {
        if self.spec.streak.is_some() { self.streak } else { self.run }
    }

    /// Returns the requests, failures and slow calls in the window now.
    pub(super) fn window(&self) -> (u64, u64, u64) {
        self.events.counts(self.spec.window, self.now)
    }

    /// H4: returns how long a probe may take.
    fn lease(&self) -> u64 {
        let lease = self.spec.lease();
        lease.max(self.learned_lease.min(lease.max(Spec::OPEN_MAX * MS)))
    }

    /// H4: a success that comes after its lease sets the following leases to twice its duration.
    fn learn(&mut self, took: u64) {
        if self.spec.lease.is_none() && took >= self.lease() {
            self.learned_lease = took * 2;
        }
    }

    /// H4: a probe that outlives its lease fails at that instant. Returns whether that has opened the circuit.
    pub(super) fn settle(&mut self) -> bool {
        if self.state != State::HalfOpen || self.mode == Mode::ForcedOpen {
            return false;
        }
        let lease = self.lease();
        let ends = self.probes.iter().map(|(_, start)| start + lease);
        let Some(end) = ends.min().filter(|end| self.now >= *end) else { return false };
        self.reopen(Cause::ProbeTimedOut, end, None);
        true
    }

    /// From now on this thread is inside this call, or inside a bypass if there is none.
    pub(super) fn enter_frame(&mut self, pass: Option<Pass>) {
        // Only calls inside a probe are part of a call, so any other call gets a generation that no circuit has.
        let frame = pass.map(|pass| if pass.probe.is_some() { pass.generation } else { u64::MAX });
        self.frames.push(frame);
    }

    pub(super) fn leave_frame(&mut self) {
        self.frames.pop();
    }

    /// H7: returns whether a call is part of what this thread is running.
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
        self.learned_lease = 0;
        if self.state == State::Closed {
            self.empty();
        } else {
            self.close(Cause::Reset);
        }
    }

    /// Keeps the state, the counters, and the part of the window that still fits.
    pub(super) fn reconfigure(&mut self, spec: Spec) {
        self.settle();
        self.events.reconfigure(&self.spec, &spec, self.now);
        if self.spec.streak.is_none() {
            self.streak = 0;
        }
        self.spec = spec;
        if self.spec.lease.is_some() {
            self.learned_lease = 0;
        }
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

    /// Opens the circuit because a probe has failed.
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
