//! `request_timeout` if a call's task is not polled for a while, because its executor is stopped or its caller is busy.

use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::task::Poll;
use std::time::Duration;

use breaker_core::{CallError, CircuitBreaker, CircuitBreakerError, Config, ConfigBuilder};
use breaker_tests::{Rig, ms, pass, poll_once, rig, s, settle};
use tokio::runtime::Builder;

fn timing(config: &ConfigBuilder) -> Rig {
    rig(config.clone().failure_threshold(9).request_timeout(ms(100)).build())
}

fn timed_out<T>(timeout: Duration) -> Result<T, CallError<()>> {
    Err(CallError::Breaker(CircuitBreakerError::timed_out("svc", timeout)))
}

#[test]
fn the_time_counts_from_the_first_poll_not_from_the_making_of_the_future() {
    let rig = timing(&Config::builder());
    let mut call = Box::pin(rig.breaker.call_async(pending::<Result<(), ()>>()));
    rig.wait(3.0);
    assert_eq!(rig.breaker.metrics().requests, 0);
    assert_eq!(poll_once(&mut call), Poll::Pending);
    rig.wait(0.099);
    assert_eq!(poll_once(&mut call), Poll::Pending);
    rig.wait(0.001);
    assert_eq!(poll_once(&mut call), Poll::Ready(timed_out(ms(100))));
}

#[test]
fn a_call_that_is_still_pending_at_a_late_poll_times_out_there() {
    let rig = timing(&Config::builder().slow_call_duration(ms(100)).slow_call_rate(1.0));
    let mut call = Box::pin(rig.breaker.call_async(pending::<Result<(), ()>>()));
    assert_eq!(poll_once(&mut call), Poll::Pending);
    rig.wait(3.0);
    assert_eq!(rig.breaker.metrics().in_flight, 1, "a call does not end before it is polled");
    assert_eq!(poll_once(&mut call), Poll::Ready(timed_out(ms(100))));
    let m = rig.breaker.metrics();
    assert_eq!((m.timeouts, m.failures, m.slow, m.response_time.max), (1, 1, 1, Some(s(3.0))));
    rig.assert_identity();
}

#[test]
fn a_result_that_is_ready_at_a_late_poll_is_returned_and_counts_as_what_it_is() {
    for result in [Ok(7), Err(())] {
        let rig = timing(&Config::builder().slow_call_duration(ms(100)).slow_call_rate(1.0));
        let ready = Cell::new(false);
        let mut call = Box::pin(
            rig.breaker.call_async(poll_fn(|_| if ready.get() { Poll::Ready(result) } else { Poll::Pending })),
        );
        assert_eq!(poll_once(&mut call), Poll::Pending);
        rig.wait(3.0);
        ready.set(true);
        assert_eq!(poll_once(&mut call), Poll::Ready(result.map_err(CallError::Inner)));
        let m = rig.breaker.metrics();
        assert_eq!((m.successes, m.failures), (u64::from(result.is_ok()), u64::from(result.is_err())));
        assert_eq!((m.timeouts, m.slow, m.response_time.max), (0, 1, Some(s(3.0))));
    }
}

#[test]
fn a_call_that_is_dropped_after_its_deadline_without_a_poll_is_abandoned() {
    let rig = timing(&Config::builder());
    let mut call = Box::pin(rig.breaker.call_async(pending::<Result<(), ()>>()));
    assert_eq!(poll_once(&mut call), Poll::Pending);
    rig.wait(3.0);
    drop(call);
    let m = rig.breaker.metrics();
    assert_eq!((m.abandoned, m.timeouts, m.failures), (1, 0, 0));
    rig.assert_identity();
}

/// Without response times, the admission does not read the clock.
#[test]
fn without_response_times_the_time_counts_from_the_end_of_the_first_poll() {
    for (response_times, ends_at) in [(true, 0.1), (false, 3.1)] {
        let rig = timing(&Config::builder().response_times(response_times));
        let mut blocks = Some(s(3.0));
        let mut call = Box::pin(rig.breaker.call_async(poll_fn(|_| {
            blocks.take().into_iter().for_each(|time| rig.time.advance(time));
            Poll::<Result<(), ()>>::Pending
        })));
        let first = poll_once(&mut call);
        assert_eq!(first.is_ready(), response_times);
        if first.is_pending() {
            rig.wait(ends_at - 3.001);
            assert_eq!(poll_once(&mut call), Poll::Pending);
            rig.wait(0.001);
            assert_eq!(poll_once(&mut call), Poll::Ready(timed_out(ms(100))));
        }
    }
}

#[tokio::test]
async fn a_task_whose_executor_stood_still_gets_its_result_if_there_is_one_and_else_the_timeout() {
    let rig = timing(&Config::builder());
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let [ready, pends] = [rig.breaker.clone(), rig.breaker.clone()];
    let ready = tokio::spawn(async move { ready.call_async(async { receiver.await.map_err(drop) }).await });
    let pends = tokio::spawn(async move { pends.call_async(pending::<Result<(), ()>>()).await });
    settle().await;
    sender.send(7).expect("the call is waiting");
    pass(&rig.time, 3.0).await;
    assert_eq!(ready.await.expect("no panic"), Ok(7));
    assert_eq!(pends.await.expect("no panic"), timed_out(ms(100)));
}

/// The deadline of a call does not depend on a runtime.
#[test]
fn a_call_first_polled_on_a_runtime_that_is_not_driven_any_more_is_woken_elsewhere() {
    let config = || Config::builder().request_timeout(ms(20)).build().expect("valid");
    for paused in [false, true] {
        let breaker = CircuitBreaker::new("svc", config());
        let mut call = Box::pin(breaker.call_async(pending()));
        let stands_still = Builder::new_current_thread().enable_time().start_paused(paused).build().expect("a runtime");
        stands_still.block_on(async { assert_eq!(poll_once(&mut call), Poll::Pending) });
        let another = Builder::new_current_thread().build().expect("a runtime");
        assert_eq!(another.block_on(&mut call), timed_out::<()>(ms(20)), "paused: {paused}");
        drop(stands_still);
    }
}
