//! Several calls of one breaker in one task, as `join!` polls them. Each counts separately.

use std::cell::Cell;
use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::Pin;
use std::task::Poll;

use breaker_core::{CallError, CircuitBreakerError, Config, RejectionReason, State};
use breaker_tests::{Rig, poll_once, rig, s};

fn half_open(probes: u32) -> Rig {
    let config = Config::builder().consecutive_failures(2).success_threshold(2).half_open_max_calls(probes);
    let rig = rig(config.open_timeout(s(5.0)).build());
    rig.calls("FF");
    rig.wait(5.0);
    rig
}

/// Completes as soon as the cell is set.
fn ends_with<T: Copy>(end: &Cell<Option<Result<T, ()>>>) -> impl Future<Output = Result<T, ()>> {
    poll_fn(|_| end.get().map_or(Poll::Pending, Poll::Ready))
}

/// Pending at the first poll; the second poll panics.
fn panics_later() -> impl Future<Output = Result<(), ()>> {
    let polled = Cell::new(false);
    poll_fn(move |_| if polled.replace(true) { panic_any("boom") } else { Poll::Pending })
}

fn panics<F: Future + ?Sized>(joined: Pin<Box<F>>) {
    let poll = AssertUnwindSafe(move || poll_once(&mut { joined }).is_pending());
    assert_eq!(catch_unwind(poll).expect_err("it keeps unwinding").downcast_ref(), Some(&"boom"));
}

fn rejected<T>(result: &Result<T, CallError<()>>) -> Option<RejectionReason> {
    match result {
        Err(CallError::Breaker(CircuitBreakerError::Rejected(rejection))) => Some(rejection.reason),
        _ => None,
    }
}

#[test]
fn each_call_counts_its_own_outcome_whichever_ends_first() {
    let rig = rig(Config::builder().failure_threshold(9).build());
    let (first, second) = (Cell::new(None), Cell::new(None));
    let mut joined = Box::pin(async {
        tokio::join!(rig.breaker.call_async(ends_with(&first)), rig.breaker.call_async(ends_with(&second)))
    });
    assert!(poll_once(&mut joined).is_pending());
    assert_eq!(rig.breaker.metrics().in_flight, 2);
    second.set(Some(Err(())));
    assert!(poll_once(&mut joined).is_pending());
    let m = rig.breaker.metrics();
    assert_eq!((m.failures, m.in_flight), (1, 1));
    first.set(Some(Ok(7)));
    assert_eq!(poll_once(&mut joined), Poll::Ready((Ok(7), Err::<(), _>(CallError::Inner(())))));
    let m = rig.breaker.metrics();
    assert_eq!((m.successes, m.failures, m.in_flight), (1, 1, 0));
    rig.assert_identity();
}

#[test]
fn a_panic_in_one_is_its_failure_and_the_other_is_abandoned() {
    for panics_first in [true, false] {
        let rig = rig(Config::builder().failure_threshold(9).build());
        let breaker = rig.breaker.clone();
        let mut joined: Pin<Box<dyn Future<Output = ()>>> = Box::pin(async move {
            let (other, panics) = (breaker.call_async(pending::<Result<(), ()>>()), breaker.call_async(panics_later()));
            if panics_first {
                let _ = tokio::join!(biased; panics, other);
            } else {
                let _ = tokio::join!(biased; other, panics);
            }
        });
        assert!(poll_once(&mut joined).is_pending());
        panics(joined);
        let m = rig.breaker.metrics();
        assert_eq!((m.requests, m.failures, m.abandoned, m.in_flight), (2, 1, 1, 0));
        assert_eq!((m.window.failures, m.window.requests), (1, 1));
        rig.assert_identity();
    }
}

#[test]
fn with_one_probe_the_other_call_is_rejected_and_the_probe_decides() {
    let rig = half_open(1);
    let first = Cell::new(None);
    let mut joined = Box::pin(async {
        let second = async { Ok::<_, ()>(()) };
        tokio::join!(biased; rig.breaker.call_async(ends_with(&first)), rig.breaker.call_async(second))
    });
    assert!(poll_once(&mut joined).is_pending());
    first.set(Some(Ok(7)));
    let Poll::Ready((probe, other)) = poll_once(&mut joined) else { panic!("both have ended") };
    assert_eq!((probe, rejected(&other)), (Ok(7), Some(RejectionReason::HalfOpen)));
    assert_eq!(rig.state(), State::HalfOpen);
    rig.calls("S");
    assert_eq!(rig.state(), State::Closed);
    rig.assert_identity();
}

#[test]
fn with_one_probe_two_calls_that_are_ready_at_once_are_two_probes_one_after_the_other() {
    let rig = half_open(1);
    let mut joined = Box::pin(async {
        tokio::join!(rig.breaker.call_async(async { Ok::<_, ()>(1) }), rig.breaker.call_async(async { Ok::<_, ()>(2) }))
    });
    assert_eq!(poll_once(&mut joined), Poll::Ready((Ok(1), Ok(2))));
    assert_eq!(rig.state(), State::Closed);
}

#[test]
fn a_probe_that_panics_opens_and_takes_no_other_probes_place_with_it() {
    let rig = half_open(2);
    let breaker = rig.breaker.clone();
    let mut joined = Box::pin(async move {
        tokio::join!(breaker.call_async(pending::<Result<(), ()>>()), breaker.call_async(panics_later()))
    });
    assert!(poll_once(&mut joined).is_pending());
    panics(joined);
    assert_eq!(rig.state(), State::Open);
    let m = rig.breaker.metrics();
    assert_eq!((m.failures, m.abandoned, m.late, m.in_flight), (3, 1, 1, 0));
    rig.wait(5.0);
    rig.calls("SS");
    assert_eq!(rig.state(), State::Closed);
    rig.assert_identity();
}

#[test]
fn a_cancelled_join_gives_both_probes_back_and_decides_nothing() {
    let rig = half_open(2);
    let mut joined = Box::pin(async {
        tokio::join!(rig.breaker.call_async(pending::<Result<(), ()>>()), rig.breaker.call_async(panics_later()))
    });
    assert!(poll_once(&mut joined).is_pending());
    rig.calls("X");
    drop(joined);
    assert_eq!(rig.state(), State::HalfOpen);
    let m = rig.breaker.metrics();
    assert_eq!((m.abandoned, m.in_flight), (2, 0));
    rig.calls("SS");
    assert_eq!(rig.state(), State::Closed);
    rig.assert_identity();
}
