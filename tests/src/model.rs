//! Runs the engine beside a simple model: after each step, both must agree on everything that can be observed.
//!
//! The test `model` generates random steps; the fuzzer decodes them from bytes.

mod reference;
mod spec;
mod window;

use std::future::ready;
use std::time::Duration;

use breaker_core::{EventKind, Mode, Outcome, Permit, Registry, bypass_sync};
use tokio::runtime::Runtime;

use crate::{Rig, rig_in_registry, settle};
use reference::{Model, Pass};

pub use spec::{End, Length, Spec};

/// One step.
#[derive(Clone, Debug)]
pub enum Step {
    /// This many calls, one after another, each taking this many milliseconds.
    Calls(u16, End, u64),
    /// Starts one call. It stays in flight if it is admitted.
    Acquire,
    /// One call that makes these steps while it runs, and ends this way.
    Around(Vec<Step>, End),
    /// Makes these steps inside a bypass.
    Bypass(Vec<Step>),
    /// Ends one of the calls in flight, chosen by the number.
    Finish(usize, End),
    /// A call at the end of the open period, taking this many milliseconds.
    Probe(u64, End),
    /// Advances the clock by this many milliseconds.
    Wait(u64),
    /// Sets the mode.
    SetMode(Mode),
    /// Closes the circuit and empties the window.
    Reset,
    /// Registers a health check whose first run succeeds (`true`) or fails.
    Check(bool),
    /// Changes the configuration.
    Reconfigure(Spec),
}

/// Returns an error that shows both sides if they differ.
macro_rules! agree {
    ($real:expr, $model:expr $(, $($what:tt)+)?) => {{
        let (real, model) = (&$real, &$model);
        if real != model {
            let what = [stringify!($real) $(, &format!($($what)+))?].join(": ");
            return Err(format!("{what}: the breaker has {real:?}, the model {model:?}"));
        }
    }};
}

/// The breaker and its model, with the calls that both have in flight.
#[derive(Debug)]
pub struct Pair {
    registry: Registry,
    rig: Rig,
    model: Model,
    open_calls: Vec<(Permit, Pass)>,
    /// Runs health checks; created for the first one.
    runtime: Option<Runtime>,
}

impl Pair {
    /// Creates both, closed, with nothing counted.
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        let (registry, rig) = rig_in_registry(spec.config());
        Self { registry, rig, model: Model::new(spec.with_default_rules()), open_calls: Vec::new(), runtime: None }
    }

    /// Makes one step on both. Returns what they disagree on, if anything.
    pub fn apply(&mut self, step: Step) -> Result<(), String> {
        match step {
            Step::Calls(count, end, ms) => {
                for _ in 0..count {
                    if let Some((permit, pass)) = self.acquire()? {
                        self.wait(ms);
                        self.finish(permit, pass, end);
                    }
                }
            }
            Step::Acquire => {
                if let Some(call) = self.acquire()? {
                    self.open_calls.push(call);
                }
            }
            Step::Around(steps, end) => self.around(steps, end)?,
            Step::Bypass(steps) => {
                self.model.enter_frame(None);
                bypass_sync(|| self.apply_all(steps))?;
                self.model.leave_frame();
            }
            Step::Finish(which, end) => {
                if !self.open_calls.is_empty() {
                    let (permit, pass) = self.open_calls.swap_remove(which % self.open_calls.len());
                    self.finish(permit, pass, end);
                }
            }
            Step::Probe(ms, end) => {
                let left = self.model.retry_after().map_or(0, |left| left.as_nanos().div_ceil(1_000_000));
                self.wait(u64::try_from(left).unwrap_or(u64::MAX));
                if let Some((permit, pass)) = self.acquire()? {
                    self.wait(ms);
                    self.finish(permit, pass, end);
                }
            }
            Step::Wait(ms) => self.wait(ms),
            Step::SetMode(mode) => {
                self.rig.breaker.set_mode(mode);
                self.model.set_mode(mode);
            }
            Step::Reset => {
                self.rig.breaker.reset();
                self.model.reset();
            }
            Step::Check(is_good) => {
                self.check(is_good);
                self.model.check(is_good);
            }
            Step::Reconfigure(spec) => {
                self.rig.breaker.reconfigure(spec.config());
                self.model.reconfigure(spec.with_default_rules());
            }
        }
        self.compare()
    }

    fn apply_all(&mut self, steps: Vec<Step>) -> Result<(), String> {
        steps.into_iter().try_for_each(|step| self.apply(step))
    }

    /// Makes a call that runs the steps. A running call can't be dropped, so `End::Dropped` ends it as ignored.
    fn around(&mut self, steps: Vec<Step>, end: End) -> Result<(), String> {
        let breaker = self.rig.breaker.clone();
        let expected = self.model.admit();
        let mut made = None;
        let body = || {
            self.model.enter_frame(expected);
            made = Some(self.apply_all(steps));
            self.model.leave_frame();
            Ok::<_, ()>(())
        };
        let (end, outcome) = match end {
            End::Success => (end, Outcome::Success),
            End::Failure => (end, Outcome::Failure),
            End::Ignored | End::Dropped => (End::Ignored, Outcome::Ignore),
            End::OpenFor(ms) => (end, Outcome::OpenFor(Duration::from_millis(ms))),
        };
        let _ = breaker.call_classified(body, |_| outcome);
        match (made, expected) {
            (Some(made), Some(pass)) => {
                made?;
                self.model.end(pass, end, || breaker.state() != breaker_core::State::Closed);
                Ok(())
            }
            (None, None) => Ok(()),
            (made, expected) => Err(format!("the breaker ran {made:?}, the model {expected:?}")),
        }
    }

    /// Drops the calls in flight, and checks that each call was counted once.
    ///
    /// # Panics
    /// If one was not.
    #[track_caller]
    pub fn end(mut self) {
        self.open_calls.clear();
        self.rig.assert_identity();
    }

    fn wait(&mut self, ms: u64) {
        self.rig.time.advance(Duration::from_millis(ms));
        self.model.now += ms * 1_000_000;
    }

    /// Runs a new check once. Thresholds of several consecutive checks are therefore not covered here.
    fn check(&mut self, is_good: bool) {
        let runtime = || tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let runtime = self.runtime.get_or_insert_with(runtime);
        runtime.block_on(async {
            let check = move || ready(if is_good { Ok(()) } else { Err("down") });
            let guard = self.registry.health_check("svc", check);
            settle().await;
            let found = self.registry.health().services.into_iter().find_map(|service| service.check);
            assert_eq!(found.map(|check| check.successes), Some(u32::from(is_good)), "it has ended");
            drop(guard);
            settle().await;
        });
    }

    fn acquire(&mut self) -> Result<Option<(Permit, Pass)>, String> {
        match (self.rig.breaker.try_acquire(), self.model.admit()) {
            (Ok(permit), Some(pass)) => Ok(Some((permit, pass))),
            (Err(rejected), None) => {
                agree!(rejected.retry_after, self.model.retry_after(), "retry_after of {:?}", rejected);
                Ok(None)
            }
            (real, expected) => {
                let admitted = if real.is_ok() { "admitted" } else { "rejected" };
                Err(format!("the breaker {admitted}, the model {expected:?}"))
            }
        }
    }

    fn finish(&mut self, permit: Permit, pass: Pass, end: End) {
        match end {
            End::Success => permit.success(),
            End::Failure => permit.failure(),
            End::Ignored => permit.ignore(),
            End::Dropped => drop(permit),
            End::OpenFor(ms) => permit.record(Outcome::OpenFor(Duration::from_millis(ms))),
        }
        let breaker = &self.rig.breaker;
        self.model.end(pass, end, || breaker.state() != breaker_core::State::Closed);
    }

    fn compare(&mut self) -> Result<(), String> {
        self.model.settle();
        let (seen, model) = (self.rig.breaker.metrics(), &self.model);
        agree!(self.rig.state(), model.effective());
        agree!(seen.state, model.effective());
        agree!(seen.mode, model.mode);
        let c = model.counters;
        agree!(seen.requests, c.requests, "requests");
        agree!(seen.successes, c.successes, "successes");
        agree!(seen.failures, c.failures, "failures");
        agree!(seen.ignored, c.ignored, "ignored");
        agree!(seen.abandoned, c.abandoned, "abandoned");
        agree!(seen.in_flight, c.in_flight, "in flight");
        let by = &seen.rejections_by_reason;
        agree!([by.open, by.half_open, by.forced_open], c.rejected, "rejections");
        agree!(seen.slow, c.slow, "slow");
        agree!(seen.late, c.late, "late");
        agree!(seen.would_reject, c.would_reject, "would_reject");
        let window = (seen.window.requests, seen.window.failures, seen.window.slow);
        agree!(window, model.window(), "window");
        // A window that holds only failures has no failure rate.
        let shown = model.spec.places_successes() && window.0 >= model.spec.minimum_shown().max(1);
        agree!(seen.window.failure_rate.is_some(), shown, "failure rate {:?}", seen.window);
        if seen.state == breaker_core::State::Closed {
            agree!(seen.consecutive_failures, model.in_a_row(), "streak");
        }
        agree!(seen.retry_after, model.retry_after(), "retry_after");
        let events: Vec<_> = self
            .rig
            .events()
            .into_iter()
            .filter_map(|event| match event.kind {
                EventKind::Transition { from, to, cause, .. } => Some((from, to, cause)),
                _ => None,
            })
            .collect();
        agree!(&events, &model.transitions);
        Ok(())
    }
}
