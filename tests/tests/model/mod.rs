//! The engine against a simple model, on random sequences of calls, outcomes, drops, clock steps, modes, resets
//! and reconfigurations. After every step both must agree on everything that can be seen.

mod reference;

use std::time::Duration;

use breaker_core::{EventKind, Mode, Outcome, Permit};
use breaker_tests::{Rig, rig};
use proptest::prelude::*;
use proptest::test_runner::Config as Runs;
use reference::{End, Length, Model, Pass, Spec};

#[derive(Clone, Debug)]
enum Step {
    /// That many calls, one after another, each so many milliseconds long.
    Calls(u16, End, u64),
    Acquire,
    /// Ends one of the open calls, chosen by the number.
    Finish(usize, End),
    Wait(u64),
    SetMode(Mode),
    Reset,
    Reconfigure(Spec),
}

fn fraction() -> impl Strategy<Value = (u32, u32)> {
    prop_oneof![Just((1, 2)), Just((1, 3)), Just((3, 5)), Just((1, 1)), Just((7, 10)), Just((1, 10))]
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        6 => Just(End::Success),
        6 => Just(End::Failure),
        1 => Just(End::Ignored),
        1 => Just(End::Dropped),
        1 => (1_u64..100_000).prop_map(End::OpenFor),
    ]
}

fn spec() -> impl Strategy<Value = Spec> {
    let window = prop_oneof![
        prop_oneof![Just(16_000), Just(7_000), Just(1_001), Just(60_000), 100_u64..30_000].prop_map(Length::Time),
        (1_u32..20).prop_map(Length::Calls),
    ];
    let rules = (
        proptest::option::of(prop_oneof![3 => 1_u32..8, 1 => 60_u32..300]),
        proptest::option::weighted(0.3, 1_u32..5),
        proptest::option::weighted(0.4, fraction()),
        proptest::option::weighted(0.3, (1_u64..3_000, fraction())),
        proptest::option::weighted(0.4, 1_u32..12),
    );
    let opening = (1_u64..20_000, any::<bool>(), 1_u32..4, 1_u32..4, 1_u64..20_000);
    (window, rules, opening).prop_map(|(window, rules, (open, doubling, successes, probes, lease))| {
        let (mut threshold, streak, rate, slow, mut minimum) = rules;
        if let Length::Calls(calls) = window {
            // A window that can't hold what a rule waits for is a conflict, also with the default threshold.
            let default = streak.is_none() && rate.is_none() && slow.is_none();
            threshold = threshold.or(if default { Some(5) } else { None }).map(|threshold| threshold.min(calls));
            minimum = minimum.map(|minimum| minimum.min(calls));
        }
        Spec { threshold, streak, rate, slow, minimum, window, open, doubling, successes, probes, lease }
    })
}

fn step() -> impl Strategy<Value = Step> {
    let mode = prop_oneof![
        4 => Just(Mode::Automatic),
        1 => Just(Mode::ForcedOpen),
        1 => Just(Mode::ForcedClosed),
        2 => Just(Mode::Shadow),
    ];
    prop_oneof![
        12 => (1_u16..6, end(), prop_oneof![3 => Just(0), 1 => 0_u64..3_000]).prop_map(|(n, e, d)| Step::Calls(n, e, d)),
        1 => (50_u16..200, end()).prop_map(|(calls, end)| Step::Calls(calls, end, 0)),
        6 => Just(Step::Acquire),
        6 => (any::<usize>(), end()).prop_map(|(which, end)| Step::Finish(which, end)),
        6 => prop_oneof![1_u64..100, 100_u64..5_000, 5_000_u64..40_000].prop_map(Step::Wait),
        2 => mode.prop_map(Step::SetMode),
        1 => Just(Step::Reset),
        1 => spec().prop_map(Step::Reconfigure),
    ]
}

/// The breaker and its model, side by side, with the calls that both have in flight.
struct Pair {
    rig: Rig,
    model: Model,
    open_calls: Vec<(Permit, Pass)>,
}

impl Pair {
    fn new(spec: Spec) -> Self {
        let rig = rig(Ok(spec.config()));
        Self { rig, model: Model::new(spec), open_calls: Vec::new() }
    }

    fn apply(&mut self, step: Step) -> Result<(), TestCaseError> {
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
            Step::Finish(which, end) => {
                if !self.open_calls.is_empty() {
                    let (permit, pass) = self.open_calls.swap_remove(which % self.open_calls.len());
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
            Step::Reconfigure(spec) => {
                self.rig.breaker.reconfigure(spec.config());
                self.model.reconfigure(spec);
            }
        }
        self.compare()
    }

    fn wait(&mut self, ms: u64) {
        self.rig.time.advance(Duration::from_millis(ms));
        self.model.now += ms * 1_000_000;
    }

    fn acquire(&mut self) -> Result<Option<(Permit, Pass)>, TestCaseError> {
        match (self.rig.breaker.try_acquire(), self.model.admit()) {
            (Ok(permit), Some(pass)) => Ok(Some((permit, pass))),
            (Err(refused), None) => {
                prop_assert_eq!(refused.retry_after, self.model.retry_after(), "retry_after of {:?}", refused);
                Ok(None)
            }
            (real, expected) => {
                let admitted = if real.is_ok() { "admitted" } else { "refused" };
                Err(TestCaseError::fail(format!("the breaker {admitted}, the model {expected:?}")))
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

    fn compare(&mut self) -> Result<(), TestCaseError> {
        self.model.settle();
        let (seen, model) = (self.rig.breaker.metrics(), &self.model);
        prop_assert_eq!(self.rig.state(), model.effective());
        prop_assert_eq!(seen.state, model.effective());
        prop_assert_eq!(seen.mode, model.mode);
        let c = model.counters;
        prop_assert_eq!(seen.requests, c.requests, "requests");
        prop_assert_eq!(seen.successes, c.successes, "successes");
        prop_assert_eq!(seen.failures, c.failures, "failures");
        prop_assert_eq!(seen.ignored, c.ignored, "ignored");
        prop_assert_eq!(seen.abandoned, c.abandoned, "abandoned");
        prop_assert_eq!(seen.in_flight, c.in_flight, "in flight");
        let by = &seen.rejections_by_reason;
        prop_assert_eq!([by.open, by.half_open, by.forced_open], c.rejected, "rejections");
        prop_assert_eq!(seen.slow, c.slow, "slow");
        prop_assert_eq!(seen.late, c.late, "late");
        prop_assert_eq!(seen.would_reject, c.would_reject, "would_reject");
        let window = (seen.window.requests, seen.window.failures, seen.window.slow);
        prop_assert_eq!(window, model.window(), "window");
        let shown = window.0 >= model.spec.minimum_shown().max(1);
        prop_assert_eq!(seen.window.failure_rate.is_some(), shown, "failure rate {:?}", seen.window);
        if seen.state == breaker_core::State::Closed {
            prop_assert_eq!(seen.consecutive_failures, model.streak, "streak");
        }
        prop_assert_eq!(seen.retry_after, model.retry_after(), "retry_after");
        let events: Vec<_> = self
            .rig
            .events()
            .into_iter()
            .filter_map(|event| match event.kind {
                EventKind::Transition { from, to, cause } => Some((from, to, cause)),
                _ => None,
            })
            .collect();
        prop_assert_eq!(&events, &model.transitions);
        Ok(())
    }
}

proptest! {
    #![proptest_config(Runs { cases: Runs::default().cases.max(2_500), failure_persistence: None, ..Runs::default() })]

    #[test]
    fn the_engine_agrees_with_the_model(spec in spec(), steps in proptest::collection::vec(step(), 1..60)) {
        let mut pair = Pair::new(spec);
        for step in steps {
            pair.apply(step)?;
        }
        pair.open_calls.clear();
        pair.rig.assert_identity();
    }
}
