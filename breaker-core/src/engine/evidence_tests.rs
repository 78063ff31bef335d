use super::*;
use crate::engine::limits::tests::NONE;
use crate::engine::limits::{Limits, WindowLength};
use crate::engine::slot::Slot;

const FAILED: Sample = Sample { failure: true, slow: false };

/// Slices of 100 ns, and a number of failures that opens the circuit.
fn limits(failures: u32) -> Limits {
    Limits { failure_threshold: Some(failures), window: WindowLength::Time(1_600), ..NONE }
}

/// Returns the slots of three threads: this one, and two that have ended.
fn slots() -> [Slot; 3] {
    let first = Slot::current();
    let others = std::thread::spawn(|| [Some(Slot::current()), std::thread::spawn(Slot::current).join().ok()]);
    let [second, third] = others.join().expect("it only takes a slot").map(|slot| slot.expect("it only takes a slot"));
    let all = [first, second, third];
    assert!(first != second && second != third && third != first && !all.contains(&Slot::SHARED), "{all:?}");
    all
}

/// Returns the stripes of these slots.
fn stripes(engine: &Engine, slots: [Slot; 3]) -> [ThreadStripe<'_>; 3] {
    slots.map(|slot| ThreadStripe::own(engine.stripe(slot)))
}

fn fail(engine: &Engine, here: ThreadStripe<'_>, now: u64) -> Option<PendingTransition> {
    engine.record_closed(here, engine.word(), End::Failure, FAILED, &|| now)
}

/// Counts failures until one is not spared. Returns how many there were, and the verdict of the last one up to the point
/// where it would publish the headroom.
fn until_asked(engine: &Engine, here: ThreadStripe<'_>, now: u64) -> (usize, Evidence) {
    let gather = || engine.gather(here, engine.word(), End::Failure, FAILED, &|| now);
    (1..).find_map(|n| Some((n, gather()?))).expect("a level has an end")
}

#[test]
fn a_verdict_that_was_delayed_spares_no_call_of_an_earlier_slice() {
    let engine = Engine::new(0, limits(40), 0);
    let [delayed, ahead, behind] = stripes(&engine, slots());
    for here in [ahead, behind] {
        engine.slice_at(150, here, engine.word()).expect("one window");
    }
    let (before, evidence) = until_asked(&engine, delayed, 150);
    for n in before + 1..40 {
        assert!(fail(&engine, ahead, 250).is_none(), "failure {n}");
    }
    assert_eq!(engine.judge(&evidence), None);
    assert!(fail(&engine, behind, 150).is_some(), "the fortieth failure, by a clock that is behind");
}

#[test]
fn a_level_after_a_slice_has_begun_includes_what_that_slice_has_spared_since_the_sum() {
    let engine = Engine::new(0, limits(40), 0);
    let [delayed, second, third] = stripes(&engine, slots());
    for here in [delayed, second, third] {
        assert!(fail(&engine, here, 50).is_none());
    }
    let (before, evidence) = until_asked(&engine, delayed, 50);
    assert!(fail(&engine, second, 150).is_none());
    let (after, asked) = until_asked(&engine, third, 150);
    assert!(before > 2 && after > 2, "the levels of both slices spare some: {before}, {after}");
    assert_eq!([&evidence, &asked].map(|evidence| engine.judge(evidence)), [None, None]);
    for n in 3 + before + 1 + after + 1..40 {
        assert!(fail(&engine, [delayed, second, third][n % 3], 150).is_none(), "failure {n}");
    }
    assert!(fail(&engine, second, 150).is_some(), "the fortieth failure");
}

/// A thread whose calls are interrupted between reading the clock, counting, and publishing the headroom.
struct Interrupted<'a> {
    here: ThreadStripe<'a>,
    /// The time that the next call has read.
    read: u64,
    /// What the last call has gathered.
    gathered: Option<Evidence>,
}

impl Interrupted<'_> {
    /// Takes the next step of this thread. Returns whether it has counted a failure of a time since `from`, and whether
    /// that opens the circuit.
    fn step(&mut self, engine: &Engine, from: u64, now: u64) -> (bool, bool) {
        if let Some(evidence) = self.gathered.take() {
            return (false, engine.judge(&evidence).is_some());
        }
        let at = std::mem::replace(&mut self.read, now);
        self.gathered = engine.gather(self.here, engine.word(), End::Failure, FAILED, &|| at);
        (at >= from, false)
    }
}

#[test]
fn w5_no_trip_is_missed_however_late_a_verdict_is() {
    let mut random = {
        let mut seed = 1_u64;
        move |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % below
        }
    };
    let (slots, mut spared, mut left_out) = (slots(), 0, 0);
    for round in 0..20_000_u64 {
        let threshold = 8 + random(30);
        let engine = Engine::new(0, limits(u32::try_from(threshold).expect("small")), 0);
        let mut threads = stripes(&engine, slots).map(|here| Interrupted { here, read: 0, gathered: None });
        // Some of the threads have called before, and then no thread for a while, often for more than two windows.
        for thread in &threads {
            if random(2) == 0 {
                assert!(fail(&engine, thread.here, 0).is_none());
            }
        }
        let from = 800 * (3 + random(6));
        let (mut now, mut counted, mut opened) = (from, 0, false);
        // A thread that runs for long, so that others are interrupted for long.
        let mut running = 0;
        while counted < threshold {
            if random(4) == 0 {
                running = usize::try_from(random(3)).expect("small");
            }
            // No failure leaves the window.
            now = (now + random(2) * random(60)).min(from + 1_499);
            let (has_counted, opens) = threads[running].step(&engine, from, now);
            counted += u64::from(has_counted);
            opened |= opens;
            spared += u64::from(has_counted && threads[running].gathered.is_none());
            left_out += u64::from(threads.iter().any(|thread| {
                let stripe = thread.here.stripe;
                stripe.present.slice().number > 0 && !engine.stripes.counts(stripe)
            }));
        }
        for thread in &mut threads {
            opened |= thread.gathered.take().is_some_and(|evidence| engine.judge(&evidence).is_some());
        }
        assert!(opened, "round {round}: {threshold} failures, and no verdict has seen them all");
    }
    assert!(spared > 10_000, "{spared} calls were spared their sums");
    assert!(left_out > 10_000, "{left_out} calls found a stripe left out");
}
