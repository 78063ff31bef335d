//! Calls that are dropped before they end (rule A1).

use breaker_core::{Config, State};
use breaker_tests::{poll_once, rig, s};

#[test]
fn a1_a_call_dropped_by_its_caller_is_neutral() {
    let rig = rig(Config::builder().consecutive_failures(2).build());
    rig.calls("F");
    let mut call = Box::pin(rig.breaker.call_async(std::future::pending::<Result<(), ()>>()));
    assert!(poll_once(&mut call).is_pending());
    assert_eq!(rig.breaker.metrics().in_flight, 1);
    drop(call);
    let metrics = rig.breaker.metrics();
    assert_eq!((metrics.abandoned, metrics.in_flight, metrics.window.requests), (1, 0, 1));
    assert_eq!(metrics.consecutive_failures, 1);
    rig.calls("F");
    assert_eq!(rig.state(), State::Open);
}

#[test]
fn a1_a_future_that_was_never_polled_made_no_call() {
    let rig = rig(Config::builder().build());
    drop(rig.breaker.call_async(std::future::ready(Ok::<_, ()>(()))));
    assert_eq!(rig.breaker.metrics().requests, 0);
}

#[test]
fn a1_an_abandoned_call_that_had_run_for_the_slow_duration_counts_as_slow() {
    let rig = rig(Config::builder().slow_call_duration(s(4.0)).slow_call_rate(1.0).minimum_requests(2).build());
    for _ in 0..2 {
        let permit = rig.breaker.try_acquire().expect("closed");
        rig.wait(4.0);
        drop(permit);
    }
    let metrics = rig.breaker.metrics();
    assert_eq!((metrics.abandoned, metrics.slow, metrics.window.slow), (2, 2, 2));
    assert_eq!(rig.state(), State::Open);
    rig.assert_identity();
}
