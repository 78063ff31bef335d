//! Calls that run without admission and are not counted: inside `bypass` and `bypass_sync`, and inside the health check
//! of their own service (rule C3).

use std::cell::Cell;
use std::future::{Future, pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use breaker_core::{
    Bypass, CallError, CircuitBreaker, CircuitBreakerError, Clock, Config, Metrics, Mode, Outcome, Permit, Registry,
    State, bypass, bypass_sync, circuit_breaker,
};
use breaker_tests::{Down, Rig, block_on, ms, pass, poll_once, rig, s, settle};
use static_assertions::{assert_impl_all, assert_not_impl_any};

/// Returns a rig that opens at the second consecutive failure. If `timed`, calls of 10 ms or more are slow.
fn rig_of(timed: bool) -> Rig {
    let config = Config::builder().consecutive_failures(2).open_timeout(s(5.0)).half_open_max_calls(1);
    let config =
        if timed { config.slow_call_duration(ms(10)).slow_call_rate(1.0) } else { config.response_times(false) };
    rig(config.build())
}

/// Checks in each state and mode, timed or not, that `run` changes no counter and causes no transition.
fn in_every_state(run: impl Fn(&Rig)) {
    for timed in [true, false] {
        for mode in [Mode::Automatic, Mode::Shadow, Mode::ForcedOpen, Mode::ForcedClosed] {
            for wait in [None, Some(0.0), Some(5.0), Some(5.1)] {
                let rig = rig_of(timed);
                rig.calls("S");
                if let Some(wait) = wait {
                    rig.calls("FF");
                    rig.wait(wait);
                }
                // Half-open, with no permit left.
                let probe = (wait == Some(5.1)).then(|| rig.breaker.try_acquire().expect("a probe"));
                rig.breaker.set_mode(mode);
                let before = rig.breaker.metrics();
                let moves = rig.transitions();
                run(&rig);
                assert_eq!(without_time(rig.breaker.metrics()), without_time(before), "{mode:?} after {wait:?}");
                assert_eq!(rig.transitions(), moves);
                drop(probe);
                rig.assert_identity();
            }
        }
    }
}

/// Returns the counters without the values that depend on the time, which passes in these tests.
fn without_time(metrics: Metrics) -> impl PartialEq + std::fmt::Debug {
    let m = metrics;
    let window = (m.window.requests, m.window.failures, m.window.slow);
    let calls = (m.requests, m.successes, m.failures, m.timeouts, m.rejections, m.ignored, m.abandoned, m.slow);
    let rest = (m.late, m.in_flight, m.would_reject, m.consecutive_failures, m.fallback_successes, m.fallback_failures);
    (calls, rest, window, m.response_time.max)
}

#[test]
fn a_call_in_a_bypass_runs_in_every_state_and_mode_and_is_counted_nowhere() {
    in_every_state(|rig| {
        for outcome in [Outcome::Success, Outcome::Failure, Outcome::Ignore, Outcome::OpenFor(s(1.0))] {
            let slow = || {
                rig.time.advance(ms(20));
                Err::<(), _>(Down)
            };
            let inner = Err(CallError::Inner(Down));
            assert_eq!(bypass_sync(|| rig.breaker.call_classified(slow, |_| outcome)), inner);
            let call = async { rig.breaker.call_async_classified(async { slow() }, |_| outcome).await };
            assert_eq!(block_on(bypass(call)), inner);
            bypass_sync(|| rig.breaker.try_acquire().expect("a permit").record(outcome));
            bypass_sync(|| rig.breaker.record(outcome, ms(20)));
        }
        bypass_sync(|| drop(rig.breaker.try_acquire()));
        bypass_sync(|| rig.breaker.count_fallback(true));
        bypass_sync(|| assert_eq!(rig.breaker.peek(), Ok(())));
    });
}

#[test]
fn a_panic_in_a_bypassed_call_counts_nothing_and_ends_the_bypass() {
    in_every_state(|rig| {
        let panicking =
            AssertUnwindSafe(|| bypass_sync(|| rig.breaker.call(|| -> Result<(), Down> { panic!("boom") })));
        assert!(catch_unwind(panicking).is_err());
    });
    let rig = rig_of(true);
    assert!(catch_unwind(|| bypass_sync(|| panic!("boom"))).is_err());
    rig.calls("FF");
    assert_eq!(rig.breaker.metrics().requests, 2);
}

#[test]
fn calls_before_and_after_a_bypass_are_ordinary_ones() {
    let rig = rig_of(true);
    rig.calls("F");
    bypass_sync(|| bypass_sync(|| rig.calls("FSF")));
    rig.calls("F X");
    bypass_sync(|| {
        bypass_sync(|| ());
        rig.calls("SF");
    });
    rig.calls("X");
    assert_eq!((rig.breaker.metrics().requests, rig.breaker.metrics().rejections), (4, 2));
}

#[test]
fn a_thread_that_makes_its_first_call_in_a_bypass_counts_the_later_ones() {
    let rig = rig_of(true);
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            bypass_sync(|| rig.calls("FF"));
            rig.calls("S");
        });
        thread.join().expect("no call is rejected");
    });
    assert_eq!(rig.breaker.metrics().requests, 1);
}

#[test]
fn a_call_that_was_admitted_outside_is_counted_where_it_ends_and_the_other_way_round() {
    for timed in [true, false] {
        let rig = rig_of(timed);
        let outside = rig.breaker.try_acquire().expect("closed");
        bypass_sync(|| outside.success());
        let inside = bypass_sync(|| rig.breaker.try_acquire().expect("a bypass"));
        assert!(!inside.is_probe());
        inside.failure();
        let m = rig.breaker.metrics();
        assert_eq!((m.requests, m.successes, m.failures), (1, 1, 0));
        // The same for futures. Their admission is at their first poll.
        let gate = Cell::new(false);
        let opened = || poll_fn(|_| if gate.get() { Poll::Ready(Err::<(), _>(Down)) } else { Poll::Pending });
        let mut outside = Box::pin(rig.breaker.call_async(opened()));
        let mut inside = Box::pin(rig.breaker.call_async(opened()));
        assert!(poll_once(&mut outside).is_pending());
        assert!(bypass_sync(|| poll_once(&mut inside)).is_pending());
        gate.set(true);
        assert!(bypass_sync(|| poll_once(&mut outside)).is_ready() && poll_once(&mut inside).is_ready());
        let m = rig.breaker.metrics();
        assert_eq!((m.requests, m.failures, m.in_flight), (2, 1, 0));
        rig.assert_identity();
    }
}

#[test]
fn a_bypassed_call_that_is_dropped_while_pending_counts_nothing() {
    in_every_state(|rig| {
        let mut call = Box::pin(bypass(rig.breaker.call_async(pending::<Result<(), Down>>())));
        assert!(poll_once(&mut call).is_pending());
    });
}

#[tokio::test]
async fn spawned_tasks_and_threads_are_not_part_of_a_bypass() {
    let rig = Arc::new(rig_of(true));
    rig.breaker.set_mode(Mode::ForcedOpen);
    let (task, thread) = (Arc::clone(&rig), Arc::clone(&rig));
    bypass(async move {
        tokio::spawn(async move { task.calls("X") }).await.expect("rejected there");
        std::thread::spawn(move || thread.calls("X")).join().expect("rejected there");
    })
    .await;
    assert_eq!(rig.breaker.metrics().rejections, 2);
}

#[test]
fn a_request_timeout_cuts_a_bypassed_call_off_uncounted() {
    for timed in [true, false] {
        let rig = rig(Config::builder().response_times(timed).request_timeout(ms(100)).build());
        rig.breaker.set_mode(Mode::ForcedOpen);
        let never = || pending::<Result<(), Down>>();
        let by_permit = async { rig.breaker.try_acquire().expect("a bypass").run(never()).await };
        let calls: [Pin<Box<dyn Future<Output = _>>>; 2] =
            [Box::pin(rig.breaker.call_async(never())), Box::pin(by_permit)];
        for call in calls {
            let mut call = Box::pin(bypass(call));
            assert!(poll_once(&mut call).is_pending());
            rig.wait(0.1);
            let timed_out = CircuitBreakerError::timed_out("svc", ms(100));
            assert_eq!(poll_once(&mut call), Poll::Ready(Err(CallError::Breaker(timed_out))));
        }
        let m = rig.breaker.metrics();
        assert_eq!((m.requests, m.failures, m.timeouts), (0, 0, 0));
    }
}

#[derive(Debug, PartialEq)]
enum OrderError {
    Broken,
    Rejected,
}

impl From<CircuitBreakerError> for OrderError {
    fn from(_: CircuitBreakerError) -> Self {
        Self::Rejected
    }
}

#[circuit_breaker(service = "bypassed orders", consecutive_failures = 2, fallback = |error| Ok(from_cache(error)))]
async fn order(works: bool) -> Result<u32, OrderError> {
    tokio::task::yield_now().await;
    if works { Ok(1) } else { Err(OrderError::Broken) }
}

#[circuit_breaker(service = "bypassed orders", consecutive_failures = 2, fallback = |error| Ok(from_cache(error)))]
fn order_sync(works: bool) -> Result<u32, OrderError> {
    if works { Ok(1) } else { Err(OrderError::Broken) }
}

fn from_cache(error: OrderError) -> u32 {
    if error == OrderError::Broken { 2 } else { 3 }
}

#[tokio::test]
async fn annotated_functions_are_bypassed_and_their_fallbacks_run_uncounted() {
    let breaker = Registry::global().get("bypassed orders").expect("annotated");
    breaker.set_mode(Mode::ForcedOpen);
    assert_eq!((order(true).await, order_sync(true)), (Ok(3), Ok(3)));
    let before = breaker.metrics();
    assert_eq!((before.rejections, before.fallback_successes), (2, 2));
    assert_eq!(bypass(async { (order(true).await, order(false).await) }).await, (Ok(1), Ok(2)));
    assert_eq!(bypass_sync(|| (order_sync(true), order_sync(false))), (Ok(1), Ok(2)));
    let after = breaker.metrics();
    assert_eq!((after.requests, after.fallback_successes), (before.requests, before.fallback_successes));
}

#[test]
fn a_bypass_has_a_name_and_is_send_where_its_future_is() {
    assert_impl_all!(Bypass<std::future::Ready<()>>: Send, Sync, Unpin, Future);
    assert_not_impl_any!(Bypass<std::future::Ready<std::rc::Rc<()>>>: Send);
    let named: Bypass<std::future::Ready<u32>> = bypass(ready(1));
    assert_eq!(block_on(named), 1);
}

/// Returns a registry on a manual clock with one service whose health check runs every 10 s and times out after 2 s.
fn checked() -> (Registry, CircuitBreaker, breaker_core::ManualClock) {
    let (clock, time) = Clock::manual();
    let registry = Registry::with_clock(clock);
    let keys = Config::builder().enable_health_check(true).health_check_interval(s(10.0)).health_check_timeout(s(2.0));
    let keys = keys.consecutive_failures(1).open_timeout(s(60.0)).half_open_max_calls(1);
    let breaker = registry.get_or_create("db", keys.build().expect("valid"));
    (registry, breaker, time)
}

#[tokio::test]
async fn a_check_that_calls_its_own_breaker_is_neither_rejected_nor_counted() {
    let (registry, breaker, time) = checked();
    let _ = breaker.call(|| Err::<(), _>(Down));
    assert_eq!(breaker.state(), State::Open);
    let (asked, of_check) = (Arc::new(AtomicUsize::new(0)), breaker.clone());
    let counter = Arc::clone(&asked);
    let _guard = registry.health_check("db", move || {
        let (breaker, counter) = (of_check.clone(), Arc::clone(&counter));
        async move {
            breaker.call(|| Ok::<_, &str>(())).map_err(|_| "rejected")?;
            let pending = async {
                tokio::task::yield_now().await;
                counter.fetch_add(1, Ordering::SeqCst);
                Ok::<_, &str>(())
            };
            breaker.call_async(pending).await.map_err(|_| "rejected")
        }
    });
    settle().await;
    assert_eq!(
        (asked.load(Ordering::SeqCst), breaker.state()),
        (1, State::HalfOpen),
        "the check succeeded, so the circuit may probe"
    );
    let probe = breaker.try_acquire().expect("a probe");
    pass(&time, 10.0).await;
    assert_eq!((asked.load(Ordering::SeqCst), breaker.state()), (2, State::HalfOpen), "although no permit is left");
    drop(probe);
    let m = breaker.metrics();
    assert_eq!((m.requests, m.successes, m.failures, m.rejections, m.abandoned), (2, 0, 1, 0, 1));
}

#[tokio::test]
async fn a_call_of_another_breaker_inside_a_check_is_an_ordinary_one() {
    let (registry, breaker, _time) = checked();
    let other = rig_of(true);
    let called = other.breaker.clone();
    let _guard = registry
        .health_check("db", move || ready(called.call(|| Ok::<_, String>(())).map_err(|error| error.to_string())));
    settle().await;
    assert_eq!((breaker.metrics().requests, other.breaker.metrics().successes), (0, 1));
}

#[test]
fn permits_of_a_bypass_can_be_ended_in_every_way() {
    for end in [Permit::success, Permit::failure, Permit::ignore, drop] {
        in_every_state(|rig| bypass_sync(|| rig.breaker.try_acquire().map(end)).expect("a bypass"));
    }
}
