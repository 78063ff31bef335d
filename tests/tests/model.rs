//! The engine against a simple model, on random sequences of calls, outcomes, drops, clock steps, modes, resets and
//! reconfigurations. After each step both must agree on everything that can be observed.

use breaker_core::Mode;
use breaker_tests::model::{End, Length, Pair, Spec, Step};
use proptest::prelude::*;
use proptest::test_runner::Config as Runs;

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
    let lease = proptest::option::weighted(0.6, 1_u64..20_000);
    let opening = (1_u64..20_000, any::<bool>(), 1_u32..4, 1_u32..4, lease);
    let timed = any::<bool>();
    (window, rules, timed, opening).prop_map(|(window, rules, timed, (open, doubling, successes, probes, lease))| {
        let (mut threshold, streak, rate, slow, mut minimum) = rules;
        if let Length::Calls(calls) = window {
            // A window too short for a rule is rejected, so limit the rules to the window.
            threshold = threshold.map(|threshold| threshold.min(calls));
            minimum = minimum.map(|minimum| minimum.min(calls));
        }
        Spec { threshold, streak, rate, slow, timed, minimum, window, open, doubling, successes, probes, lease }
    })
}

fn step() -> impl Strategy<Value = Step> {
    let mode = prop_oneof![
        4 => Just(Mode::Automatic),
        1 => Just(Mode::ForcedOpen),
        1 => Just(Mode::ForcedClosed),
        2 => Just(Mode::Shadow),
    ];
    let step = prop_oneof![
        12 => (1_u16..6, end(), prop_oneof![3 => Just(0), 1 => 0_u64..3_000]).prop_map(|(n, e, d)| Step::Calls(n, e, d)),
        1 => (50_u16..200, end()).prop_map(|(calls, end)| Step::Calls(calls, end, 0)),
        6 => Just(Step::Acquire),
        6 => (any::<usize>(), end()).prop_map(|(which, end)| Step::Finish(which, end)),
        6 => prop_oneof![1_u64..100, 100_u64..5_000, 5_000_u64..40_000].prop_map(Step::Wait),
        2 => mode.prop_map(Step::SetMode),
        1 => Just(Step::Reset),
        3 => any::<bool>().prop_map(Step::Check),
        1 => spec().prop_map(Step::Reconfigure),
    ];
    // About one call in five makes others while it runs.
    step.prop_recursive(3, 12, 4, |step| {
        let steps = proptest::collection::vec(step.clone(), 0..4);
        prop_oneof![
            8 => step,
            2 => (steps.clone(), end()).prop_map(|(steps, end)| Step::Around(steps, end)),
            1 => steps.prop_map(Step::Bypass),
        ]
    })
}

/// One failure opens the circuit. Mostly, the lease is not set and is learned.
fn lease_spec() -> impl Strategy<Value = Spec> {
    let lease = proptest::option::weighted(0.2, 1_u64..20_000);
    let slow = proptest::option::weighted(0.2, (1_u64..40_000, fraction()));
    let opening = (1_u64..5_000, any::<bool>(), 1_u32..4, 1_u32..4);
    (opening, lease, slow).prop_map(|((open, doubling, successes, probes), lease, slow)| Spec {
        threshold: None,
        streak: Some(1),
        rate: None,
        slow,
        timed: true,
        minimum: None,
        window: Length::Time(60_000),
        open,
        doubling,
        successes,
        probes,
        lease,
    })
}

fn lease_step() -> impl Strategy<Value = Step> {
    let long = || prop_oneof![1_u64..10_000, 10_000_u64..130_000];
    prop_oneof![
        8 => (long(), prop_oneof![6 => Just(End::Success), 1 => end()]).prop_map(|(ms, end)| Step::Probe(ms, end)),
        4 => Just(Step::Calls(1, End::Failure, 0)),
        2 => Just(Step::Probe(0, End::Ignored)),
        3 => Just(Step::Acquire),
        3 => any::<usize>().prop_map(|which| Step::Finish(which, End::Success)),
        2 => long().prop_map(Step::Wait),
        1 => Just(Step::Reset),
        1 => lease_spec().prop_map(Step::Reconfigure),
    ]
}

fn agrees(spec: Spec, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut pair = Pair::new(spec);
    for step in steps {
        pair.apply(step).map_err(TestCaseError::fail)?;
    }
    pair.end();
    Ok(())
}

proptest! {
    #![proptest_config(Runs { cases: Runs::default().cases.max(2_500), failure_persistence: None, ..Runs::default() })]

    #[test]
    fn the_engine_agrees_with_the_model(spec in spec(), steps in proptest::collection::vec(step(), 1..60)) {
        agrees(spec, steps)?;
    }

    #[test]
    fn h4_leases_are_those_of_the_model(spec in lease_spec(), steps in proptest::collection::vec(lease_step(), 1..40)) {
        agrees(spec, steps)?;
    }
}
