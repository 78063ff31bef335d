//! The number of threads that empty the queues of busy listeners is limited. In a binary of its own, because they
//! belong to the process.

use std::thread;

use breaker_core::{CircuitBreaker, Config, State};
use breaker_tests::slow::Slow;
use breaker_tests::{Rig, rig, transition};

/// The limit.
const WORKERS: usize = 8;

fn one() -> Result<Config, breaker_core::ConfigError> {
    Config::builder().consecutive_failures(1).build()
}

fn open(breaker: &CircuitBreaker) {
    breaker.call(|| Err::<(), _>(())).expect_err("it fails");
}

#[test]
fn with_eight_workers_hung_other_busy_queues_wait_and_idle_listeners_hear() {
    let breakers: Vec<_> = (0..=WORKERS).map(|_| CircuitBreaker::new("workers", one().expect("valid"))).collect();
    let slow: Vec<_> = breakers
        .iter()
        .map(|breaker| {
            let (slow, listener) = Slow::new();
            breaker.on_event(listener);
            slow
        })
        .collect();
    let mut callers = Vec::new();
    for (number, (breaker, slow)) in breakers.iter().zip(&slow).enumerate() {
        callers.push(thread::spawn({
            let breaker = breaker.clone();
            move || open(&breaker)
        }));
        slow.next();
        breaker.reset();
        slow.go();
        if number < WORKERS {
            // A worker runs this event and is blocked in it.
            assert_eq!(transition(&slow.next()), Some((State::Open, State::Closed)));
        }
    }
    for caller in callers {
        caller.join().expect("each ran only its own event");
    }
    let idle: Rig = rig(one());
    idle.calls("F");
    assert_eq!(idle.transitions(), [(State::Closed, State::Open)], "the caller runs the listener");
    assert!(slow[WORKERS].hears.try_recv().is_err(), "no ninth worker");
    slow[3].go();
    assert_eq!(
        transition(&slow[WORKERS].next()),
        Some((State::Open, State::Closed)),
        "the event is delivered when a worker is free"
    );
}
