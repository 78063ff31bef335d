//! `request_timeout` (rule A2), on the manual clock and under tokio's paused time.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use breaker_core::{CallError, CircuitBreaker, CircuitBreakerError, Config, State};
use breaker_tests::{Rig, assert_identity, block_on, ms, poll_once, rig, s};
use tokio::runtime::{Builder, Runtime};

fn timing(timeout: Duration) -> Rig {
    rig(Config::builder().consecutive_failures(2).request_timeout(timeout).build())
}

fn timed_out<T>(timeout: Duration) -> Result<T, CallError<()>> {
    Err(CallError::Breaker(CircuitBreakerError::timed_out("svc", timeout)))
}

/// Counts its wakeups.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a2_a_timeout_cancels_the_call_and_is_a_failure_and_a_timeout() {
    let rig = timing(s(2.0));
    let mut call = Box::pin(rig.breaker.call_async(pending::<Result<(), ()>>()));
    assert_eq!(poll_once(&mut call), Poll::Pending);
    rig.wait(1.999);
    assert_eq!(poll_once(&mut call), Poll::Pending);
    rig.wait(0.001);
    assert_eq!(poll_once(&mut call), Poll::Ready(timed_out(s(2.0))));
    let m = rig.breaker.metrics();
    assert_eq!((m.failures, m.timeouts, m.in_flight, m.abandoned), (1, 1, 0, 0));
    assert_eq!((m.window.failures, m.response_time.max), (1, Some(s(2.0))));
    rig.assert_identity();
}

#[test]
fn a2_the_time_counts_from_the_admission() {
    let rig = timing(s(2.0));
    // The first poll takes nearly all of the timeout.
    let slow_to_pend = std::future::poll_fn(|_| {
        rig.wait(1.9);
        Poll::<Result<(), ()>>::Pending
    });
    let mut call = Box::pin(rig.breaker.call_async(slow_to_pend));
    assert_eq!(poll_once(&mut call), Poll::Pending);
    // The next poll ends at 3.8 s, less than 2 s after the end of the first one.
    assert_eq!(poll_once(&mut call), Poll::Ready(timed_out(s(2.0))));
}

#[test]
fn a2_timeouts_open_the_circuit() {
    let rig = timing(s(2.0));
    for state in [State::Closed, State::Open] {
        let mut call = Box::pin(rig.breaker.call_async(pending::<Result<(), ()>>()));
        let _ = poll_once(&mut call);
        rig.wait(2.0);
        assert_eq!(poll_once(&mut call), Poll::Ready(timed_out(s(2.0))));
        assert_eq!(rig.state(), state);
    }
}

#[test]
fn a2_a_probe_that_times_out_opens_again() {
    let rig = timing(s(2.0));
    rig.calls("FF");
    rig.wait(30.0);
    let mut probe = Box::pin(rig.breaker.call_async(pending::<Result<(), ()>>()));
    let _ = poll_once(&mut probe);
    assert_eq!(rig.state(), State::HalfOpen);
    rig.wait(2.0);
    assert!(poll_once(&mut probe).is_ready());
    assert_eq!(rig.state(), State::Open);
    assert_eq!(rig.last_cause(), Some(breaker_core::Cause::ProbeFailed));
}

#[test]
fn the_manual_clock_wakes_the_call_at_its_deadline() {
    let rig = timing(s(2.0));
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut call = pin!(rig.breaker.call_async(pending::<Result<(), ()>>()));
    assert!(call.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(wakes.0.load(Ordering::SeqCst), 0);
    rig.wait(2.0);
    assert_eq!(wakes.0.load(Ordering::SeqCst), 1);
    assert!(call.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
}

/// Otherwise, a clock that is not advanced would keep the tasks of all calls that ever waited.
#[test]
fn a_call_that_is_over_leaves_no_waker_with_the_manual_clock() {
    let rig = timing(s(2.0));
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut dropped = Box::pin(rig.breaker.call_async(pending::<Result<(), ()>>()));
    let mut polls = 0;
    let mut ended = Box::pin(rig.breaker.call_async(std::future::poll_fn(|_| {
        polls += 1;
        if polls < 2 { Poll::Pending } else { Poll::Ready(Ok::<_, ()>(())) }
    })));
    let cx = &mut Context::from_waker(&waker);
    assert!(dropped.as_mut().poll(cx).is_pending() && ended.as_mut().poll(cx).is_pending());
    let waiting = Arc::strong_count(&wakes);
    assert!(waiting > 2, "{waiting}: no waker is registered with the clock");
    assert!(ended.as_mut().poll(cx).is_ready());
    drop((dropped, ended));
    assert_eq!(Arc::strong_count(&wakes), 2, "the two of the test");
    rig.wait(2.0);
    assert_eq!(wakes.0.load(Ordering::SeqCst), 0, "no waker is left");
}

/// One task may poll two calls, and a call may move to another task, so each call has its own waker.
#[test]
fn the_manual_clock_wakes_the_task_that_polled_a_call_last() {
    let rig = timing(s(2.0));
    let tasks = [(); 2].map(|()| Arc::new(Wakes::default()));
    let mut calls = [(); 2].map(|()| Box::pin(rig.breaker.call_async(pending::<Result<(), ()>>())));
    for task in &tasks {
        let waker = Waker::from(Arc::clone(task));
        for call in &mut calls {
            assert!(call.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        }
    }
    rig.wait(1.0);
    let woken = tasks.each_ref().map(|task| task.0.load(Ordering::SeqCst) > 0);
    assert_eq!(woken, [false, true]);
}

#[test]
fn a_result_that_is_there_at_the_deadline_is_taken() {
    let rig = timing(s(2.0));
    let mut polls = 0;
    let mut call = Box::pin(rig.breaker.call_async(std::future::poll_fn(|_| {
        polls += 1;
        if polls < 2 { Poll::Pending } else { Poll::Ready(Ok::<_, ()>(7)) }
    })));
    let _ = poll_once(&mut call);
    rig.wait(9.0);
    assert_eq!(poll_once(&mut call), Poll::Ready(Ok(7)));
    assert_eq!((rig.breaker.metrics().timeouts, rig.breaker.metrics().successes), (0, 1));
}

#[test]
fn the_cancelled_future_is_dropped_at_once() {
    let rig = timing(s(2.0));
    let held = Arc::new(());
    let inside = Arc::clone(&held);
    let mut call = Box::pin(rig.breaker.call_async(async move {
        let () = pending().await;
        drop(inside);
        Ok::<_, ()>(())
    }));
    let _ = poll_once(&mut call);
    assert_eq!(Arc::strong_count(&held), 2);
    rig.wait(2.0);
    assert!(poll_once(&mut call).is_ready());
    assert_eq!(Arc::strong_count(&held), 1, "the wrapped future still holds what it held");
}

#[test]
fn a_timeout_of_exactly_the_slow_duration_is_slow() {
    let rig = rig(Config::builder().failure_threshold(9).slow_call_duration(s(2.0)).request_timeout(s(2.0)).build());
    let mut call = Box::pin(rig.breaker.call_async(pending::<Result<(), ()>>()));
    let _ = poll_once(&mut call);
    rig.wait(2.0);
    assert!(poll_once(&mut call).is_ready());
    let m = rig.breaker.metrics();
    assert_eq!((m.slow, m.timeouts, m.window.slow), (1, 1, 1));
}

#[test]
fn a_plain_call_has_no_timeout() {
    let rig = timing(s(2.0));
    assert!(rig.call('S', s(60.0)));
    assert_eq!((rig.breaker.metrics().timeouts, rig.breaker.metrics().successes), (0, 1));
}

#[test]
fn a_new_timeout_holds_for_the_next_call() {
    let rig = timing(s(60.0));
    rig.breaker.reconfigure(Config::builder().request_timeout(s(1.0)).build().expect("valid"));
    let mut call = Box::pin(rig.breaker.call_async(pending::<Result<(), ()>>()));
    let _ = poll_once(&mut call);
    rig.wait(1.0);
    assert_eq!(poll_once(&mut call), Poll::Ready(timed_out(s(1.0))));
}

#[test]
fn m2_the_longest_timeout_never_comes() {
    let rig = timing(Duration::MAX);
    let mut call = Box::pin(rig.breaker.call_async(pending::<Result<(), ()>>()));
    rig.wait(1e9);
    let _ = poll_once(&mut call);
    rig.wait(1e9);
    assert_eq!(poll_once(&mut call), Poll::Pending);
}

fn on_tokio(timeout: Duration) -> CircuitBreaker {
    CircuitBreaker::new("svc", Config::builder().request_timeout(timeout).build().expect("valid"))
}

#[tokio::test(start_paused = true)]
async fn paused_tokio_time_runs_to_the_deadline() {
    let breaker = on_tokio(s(30.0));
    let (real, virtually) = (Instant::now(), tokio::time::Instant::now());
    let result = breaker.call_async(pending::<Result<(), ()>>()).await;
    assert_eq!(result, timed_out(s(30.0)));
    let passed = virtually.elapsed();
    assert!(passed >= s(29.9) && passed < s(30.1), "{passed:?}");
    assert!(real.elapsed() < s(20.0), "it waited in real time");
    assert_eq!((breaker.metrics().timeouts, breaker.metrics().failures), (1, 1));
    assert_identity(&breaker);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_ends_before_the_deadline_is_left_alone() {
    let breaker = on_tokio(s(30.0));
    let call = breaker.call_async(async {
        tokio::time::sleep(s(29.0)).await;
        Ok::<_, ()>(7)
    });
    assert_eq!(call.await, Ok(7));
    assert_eq!((breaker.metrics().timeouts, breaker.metrics().successes), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn the_callers_own_timeout_abandons_the_call() {
    let breaker = on_tokio(s(30.0));
    assert!(tokio::time::timeout(s(1.0), breaker.call_async(pending::<Result<(), ()>>())).await.is_err());
    let m = breaker.metrics();
    assert_eq!((m.abandoned, m.timeouts, m.failures, m.in_flight), (1, 0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn m2_the_longest_timeout_is_fine_on_tokio() {
    let breaker = on_tokio(Duration::MAX);
    let call = breaker.call_async(async {
        tokio::time::sleep(s(1e6)).await;
        Ok::<_, ()>(7)
    });
    assert_eq!(call.await, Ok(7));
}

/// Returns how often the panic hook runs on this thread during `run`, including for caught panics.
fn panics(run: impl FnOnce()) -> usize {
    let before = Arc::new(std::panic::take_hook());
    let others = Arc::clone(&before);
    let here = std::thread::current().id();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::panic::set_hook(Box::new(move |panic| {
        counted.fetch_add(usize::from(std::thread::current().id() == here), Ordering::SeqCst);
        others(panic);
    }));
    run();
    std::panic::set_hook(Box::new(move |panic| before(panic)));
    count.load(Ordering::SeqCst)
}

fn without_timers() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime")
}

fn with_timers(paused: bool) -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(paused).build().expect("a runtime")
}

#[test]
fn a_runtime_without_timers_is_no_reason_to_panic() {
    let breaker = on_tokio(s(30.0));
    let mut results = Vec::new();
    let hook_runs = panics(|| {
        without_timers().block_on(async {
            for _ in 0..3 {
                let call = breaker.call_async(async {
                    tokio::task::yield_now().await;
                    tokio::task::yield_now().await;
                    Ok::<_, ()>(7)
                });
                results.push(call.await);
            }
        });
    });
    assert_eq!((results, hook_runs), (vec![Ok(7); 3], 0));
}

#[test]
fn a_runtime_without_timers_cuts_a_call_off_at_its_deadline() {
    let breaker = on_tokio(ms(20));
    let mut result = Ok(());
    let hook_runs = panics(|| result = without_timers().block_on(breaker.call_async(pending())));
    assert_eq!((result, hook_runs), (timed_out(ms(20)), 0));
}

#[test]
fn a_pending_call_whose_runtime_has_ended_goes_on_in_another_one() {
    let breaker = on_tokio(s(30.0));
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let mut call = Box::pin(breaker.call_async(async { receiver.await.map_err(|_| ()) }));
    let hook_runs = panics(|| {
        let first = with_timers(false);
        first.block_on(async { assert_eq!(poll_once(&mut call), Poll::Pending) });
        drop(first);
        with_timers(false).block_on(async { assert_eq!(poll_once(&mut call), Poll::Pending) });
        sender.send(7).expect("the call is waiting");
        assert_eq!(with_timers(false).block_on(&mut call), Ok(7));
    });
    assert_eq!(hook_runs, 0);
}

#[test]
fn a_pending_call_whose_runtime_has_ended_is_cut_off_in_another_one() {
    for paused in [false, true] {
        let breaker = on_tokio(ms(20));
        let mut call = Box::pin(breaker.call_async(pending()));
        let hook_runs = panics(|| {
            let first = with_timers(paused);
            first.block_on(async { assert_eq!(poll_once(&mut call), Poll::Pending) });
            drop(first);
            assert_eq!(without_timers().block_on(&mut call), timed_out::<()>(ms(20)));
        });
        assert_eq!(hook_runs, 0, "paused: {paused}");
    }
}

#[test]
fn outside_of_a_runtime_a_call_is_woken_at_its_deadline() {
    struct Unpark(std::thread::Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let breaker = on_tokio(ms(20));
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut call = pin!(breaker.call_async(pending::<Result<(), ()>>()));
    let result = loop {
        match call.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => break result,
            Poll::Pending => std::thread::park(),
        }
    };
    assert_eq!(result, timed_out(ms(20)));
}

#[test]
fn outside_of_a_runtime_the_time_is_looked_at_when_polled() {
    let breaker = on_tokio(Duration::from_nanos(1));
    assert_eq!(block_on(breaker.call_async(pending::<Result<(), ()>>())), timed_out(Duration::from_nanos(1)));
}

#[tokio::test(start_paused = true)]
async fn m3_on_a_manual_clock_that_stands_still_no_call_times_out() {
    let rig = timing(s(2.0));
    let mut call = Box::pin(rig.breaker.call_async(pending::<Result<(), ()>>()));
    assert!(tokio::time::timeout(s(3_600.0), &mut call).await.is_err(), "the call used tokio's time");
    rig.wait(1.999);
    assert!(tokio::time::timeout(s(3_600.0), &mut call).await.is_err(), "a millisecond early");
    rig.wait(0.001);
    assert_eq!(call.await, timed_out(s(2.0)));
    assert_eq!(rig.breaker.metrics().timeouts, 1);
}
