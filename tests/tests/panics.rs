//! Panics in the user's code (rule T5, case 34).

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};

use breaker_core::{Config, Outcome, State};
use breaker_tests::{Rig, block_on, rig, s};

fn one() -> Rig {
    rig(Config::builder().consecutive_failures(1).success_threshold(1).open_timeout(s(5.0)).build())
}

/// Checks that the panic reaches the caller with its own payload.
#[track_caller]
fn panics(body: impl FnOnce()) {
    let payload = catch_unwind(AssertUnwindSafe(body)).expect_err("the panic keeps unwinding");
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"boom"));
}

#[track_caller]
fn assert_one_failure(rig: &Rig) {
    let metrics = rig.breaker.metrics();
    assert_eq!((metrics.requests, metrics.failures, metrics.in_flight), (1, 1, 0), "{metrics:?}");
    assert_eq!((metrics.successes, metrics.abandoned, metrics.window.failures), (0, 0, 1));
    assert_eq!(rig.state(), State::Open);
    rig.assert_identity();
}

#[test]
fn case_34_a_panic_in_the_function() {
    let rig = one();
    panics(|| drop(rig.breaker.call(|| -> Result<(), ()> { panic_any("boom") })));
    assert_one_failure(&rig);
}

#[test]
fn case_34_a_panic_in_the_future() {
    let rig = one();
    panics(|| drop(block_on(rig.breaker.call_async(async { panic_any::<&str>("boom") as Result<(), ()> }))));
    assert_one_failure(&rig);
}

#[test]
fn case_34_a_panic_in_the_classifier() {
    let rig = one();
    let classify = |_: &Result<(), ()>| -> Outcome { panic_any("boom") };
    panics(|| drop(rig.breaker.call_classified(|| Ok(()), classify)));
    assert_one_failure(&rig);
}

#[test]
fn case_34_a_panic_in_the_classifier_of_a_future() {
    let rig = one();
    let classify = |_: &Result<(), ()>| -> Outcome { panic_any("boom") };
    panics(|| drop(block_on(rig.breaker.call_async_classified(async { Ok(()) }, classify))));
    assert_one_failure(&rig);
}

#[test]
fn case_34_a_permit_that_is_dropped_by_a_panic_is_a_failure() {
    let rig = one();
    panics(|| {
        let _permit = rig.breaker.try_acquire().expect("closed");
        panic_any("boom")
    });
    assert_one_failure(&rig);
}

#[test]
fn case_34_a_panicking_probe_gives_its_permit_back_and_opens() {
    let rig = one();
    rig.calls("F");
    rig.wait(5.0);
    panics(|| drop(rig.breaker.call(|| -> Result<(), ()> { panic_any("boom") })));
    assert_eq!(rig.state(), State::Open);
    rig.wait(5.0);
    rig.calls("S");
    assert_eq!(rig.state(), State::Closed);
}

#[test]
fn t5_a_hundred_panics_open_the_circuit() {
    let rig = rig(Config::builder().failure_threshold(100).build());
    for _ in 0..100 {
        assert_eq!(rig.state(), State::Closed);
        panics(|| drop(rig.breaker.call(|| -> Result<(), ()> { panic_any("boom") })));
    }
    assert_eq!(rig.state(), State::Open);
}
