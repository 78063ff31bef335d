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

/// The verdict of a call, up to the point where it would publish the headroom.
fn gathered(engine: &Engine, here: ThreadStripe<'_>, now: u64) -> Evidence {
    engine.gather(here, engine.word(), End::Failure, FAILED, &|| now).expect("nothing spares the first call")
}

#[test]
fn a_verdict_that_was_delayed_spares_no_call_of_an_earlier_slice() {
    let engine = Engine::new(0, limits(10), 0);
    let [delayed, ahead, behind] = stripes(&engine, slots());
    let evidence = gathered(&engine, delayed, 150);
    for _ in 0..8 {
        assert!(fail(&engine, ahead, 250).is_none());
    }
    assert!(!engine.judge(&evidence));
    assert!(fail(&engine, behind, 150).is_some(), "the tenth failure, by a clock that is behind");
}

#[test]
fn the_first_level_of_a_slice_includes_what_the_last_one_has_spared_since_the_sum() {
    let engine = Engine::new(0, limits(13), 0);
    let [delayed, second, third] = stripes(&engine, slots());
    // Until each has two failures, the level of the first slice spares them.
    for here in [delayed, second, delayed, delayed, delayed, delayed] {
        assert!(fail(&engine, here, 50).is_none());
    }
    let slice = |now: u64| engine.locked_geometry(engine.word()).slice_at(now);
    assert_eq!(engine.hot.headroom.in_slice(slice(50)).bad, 2);
    let evidence = gathered(&engine, delayed, 150);
    for here in [second, third] {
        assert!(engine.gather(here, engine.word(), End::Failure, FAILED, &|| 50).is_none(), "spared");
    }
    assert!(!engine.judge(&evidence));
    let ends = [delayed, third, third, second].map(|here| fail(&engine, here, 150));
    assert!(ends[3].is_some(), "the thirteenth failure: {ends:?}");
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
    /// Takes the next step of this thread. Returns whether it has counted a failure, and whether that opens the circuit.
    fn step(&mut self, engine: &Engine, now: u64) -> (bool, bool) {
        if let Some(evidence) = self.gathered.take() {
            return (false, engine.judge(&evidence));
        }
        let at = std::mem::replace(&mut self.read, now);
        self.gathered = engine.gather(self.here, engine.word(), End::Failure, FAILED, &|| at);
        (true, false)
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
    let (slots, mut spared) = (slots(), 0);
    for round in 0..20_000_u64 {
        let threshold = 8 + random(30);
        let engine = Engine::new(0, limits(u32::try_from(threshold).expect("small")), 0);
        let mut threads = stripes(&engine, slots).map(|here| Interrupted { here, read: 0, gathered: None });
        let (mut now, mut counted, mut opened) = (0, 0, false);
        // A thread that runs for long, so that others are interrupted for long.
        let mut running = 0;
        while counted < threshold {
            if random(4) == 0 {
                running = usize::try_from(random(3)).expect("small");
            }
            // No failure leaves the window.
            now = (now + random(2) * random(60)).min(1_499);
            let (has_counted, opens) = threads[running].step(&engine, now);
            counted += u64::from(has_counted);
            opened |= opens;
            spared += u64::from(has_counted && threads[running].gathered.is_none());
        }
        for thread in &mut threads {
            opened |= thread.gathered.take().is_some_and(|evidence| engine.judge(&evidence));
        }
        assert!(opened, "round {round}: {threshold} failures, and no verdict has seen them all");
    }
    assert!(spared > 10_000, "{spared} calls were spared their sums");
}
