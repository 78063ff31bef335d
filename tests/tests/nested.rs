//! Calls within calls of one breaker, made by hand (rule H7). A call that this thread makes while it polls or runs a
//! live probe is part of that probe.

mod ends;

use std::cell::Cell;
use std::future::{Future, pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use breaker_core::{
    CallError, CircuitBreaker, CircuitBreakerError, Clock, Config, Mode, Outcome, RejectionReason, State,
};
use breaker_tests::{Down, Rig, block_on, ms, poll_once, rig, s};
use futures_core::Stream;

fn config(timed: bool) -> Config {
    let config = Config::builder().consecutive_failures(1).open_timeout(s(5.0)).half_open_timeout(s(10.0));
    let config = config.success_threshold(1).half_open_max_calls(1).response_times(timed);
    config.build().expect("valid")
}

/// Returns a half-open rig: one probe may run, and its success closes the circuit.
fn half_open() -> Rig {
    let rig = rig(Ok(config(true)));
    rig.calls("F");
    rig.wait(5.0);
    rig
}

/// Returns the counters, without the failure that opened the circuit.
fn counted(breaker: &CircuitBreaker) -> [u64; 5] {
    let m = breaker.metrics();
    [m.successes, m.failures - 1, m.rejections, m.abandoned + m.ignored, m.in_flight]
}

#[expect(clippy::unnecessary_wraps, reason = "what a call runs gives a result")]
fn ok() -> Result<(), Down> {
    Ok(())
}

fn is_rejected(result: &Result<(), CallError<Down>>) -> bool {
    matches!(result, Err(CallError::Breaker(CircuitBreakerError::Rejected(_))))
}

/// Pending until the gate is open.
fn gate(open: &Cell<bool>) -> impl Future<Output = Result<(), Down>> {
    poll_fn(|_| if open.get() { Poll::Ready(Ok(())) } else { Poll::Pending })
}

/// A stream of one row. Each poll makes a nested call.
struct Rows<'a> {
    polls: usize,
    nested: Box<dyn Fn() -> Result<(), Down> + 'a>,
}

impl Stream for Rows<'_> {
    type Item = Result<(), Down>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.polls += 1;
        let row = (self.nested)();
        match self.polls {
            1 | 3 => Poll::Pending,
            2 => Poll::Ready(Some(row)),
            _ => Poll::Ready(None),
        }
    }
}

#[test]
fn a_nested_call_is_a_part_of_its_probe_so_the_circuit_closes() {
    for timed in [true, false] {
        let rig = rig(Ok(config(timed)));
        rig.calls("F");
        rig.wait(5.0);
        let result = rig.breaker.call(|| {
            assert_eq!(rig.breaker.peek(), Ok(()));
            assert_eq!(rig.breaker.call(ok), Ok(()));
            // Nested deeper, and with both outcomes.
            let failed = rig.breaker.call(|| {
                assert_eq!(rig.breaker.call(ok), Ok(()));
                Err::<(), _>(Down)
            });
            assert_eq!(failed, Err(CallError::Inner(Down)));
            ok()
        });
        assert_eq!((result, rig.state()), (Ok(()), State::Closed));
        assert_eq!(counted(&rig.breaker), [1, 0, 0, 0, 0], "only the probe is counted");
        rig.assert_identity();
    }
}

/// Runs a closure as a probe of this breaker.
type Probe = fn(&CircuitBreaker, &dyn Fn(&CircuitBreaker) -> Result<(), Down>);

#[test]
fn each_kind_of_call_can_be_nested_in_each_kind_of_probe() {
    let nested = |breaker: &CircuitBreaker| {
        assert_eq!(breaker.call(ok), Ok(()));
        assert_eq!(block_on(breaker.call_async(async { ok() })), Ok(()));
        for end in [breaker_core::Permit::success, breaker_core::Permit::failure, drop] {
            let permit = breaker.try_acquire().expect("a part of the probe");
            assert!(!permit.is_probe());
            end(permit);
        }
        assert_eq!(block_on(breaker.try_acquire().expect("a part").run(ready(ok()))), Ok(()));
        breaker.record(Outcome::Failure, ms(1));
        ok()
    };
    let probes: [Probe; 4] = [
        |breaker, nested| assert_eq!(breaker.call(|| nested(breaker)), Ok(())),
        |breaker, nested| assert_eq!(block_on(breaker.call_async(async { nested(breaker) })), Ok(())),
        |breaker, nested| {
            let permit = breaker.try_acquire().expect("a probe");
            assert_eq!(block_on(permit.run(async { nested(breaker) })), Ok(()));
        },
        |breaker, nested| {
            let permit = breaker.try_acquire().expect("a probe");
            // Pending before its item and before its end.
            let mut rows = permit.stream(Rows { polls: 0, nested: Box::new(|| nested(breaker)) }).judged_at_end();
            let polled: Vec<_> =
                (0..4).map(|_| Pin::new(&mut rows).poll_next(&mut Context::from_waker(Waker::noop()))).collect();
            let item = Poll::Ready(Some(Ok(())));
            assert_eq!(polled, [Poll::Pending, item, Poll::Pending, Poll::Ready(None)]);
        },
    ];
    for probe in probes {
        let rig = half_open();
        probe(&rig.breaker, &nested);
        assert_eq!((rig.state(), counted(&rig.breaker)), (State::Closed, [1, 0, 0, 0, 0]));
        rig.assert_identity();
    }
}

#[test]
fn what_judges_a_probe_is_a_part_of_it_too() {
    let rig = half_open();
    let judging = |_: &Result<(), Down>| {
        assert_eq!(rig.breaker.call(ok), Ok(()));
        Outcome::Success
    };
    assert_eq!(rig.breaker.call_classified(ok, judging), Ok(()));
    assert_eq!((rig.state(), counted(&rig.breaker)), (State::Closed, [1, 0, 0, 0, 0]));
}

#[test]
fn joined_calls_that_are_pending_with_their_probe_are_parts_of_it() {
    let rig = half_open();
    let (first, second) = (Cell::new(false), Cell::new(false));
    let mut probe = Box::pin(rig.breaker.call_async(async {
        let joined = tokio::join!(rig.breaker.call_async(gate(&first)), rig.breaker.call_async(gate(&second)));
        assert_eq!(rig.breaker.call(ok), Ok(()), "after it was pending, too");
        joined.0.and(joined.1).map_err(|_| Down)
    }));
    for open in [&first, &second] {
        assert!(poll_once(&mut probe).is_pending());
        rig.calls("X");
        open.set(true);
    }
    assert_eq!(poll_once(&mut probe), Poll::Ready(Ok(())));
    assert_eq!((rig.state(), counted(&rig.breaker)), (State::Closed, [1, 0, 2, 0, 0]));
}

#[test]
fn calls_joined_with_a_probe_are_not_a_part_of_it() {
    let rig = half_open();
    let open = Cell::new(false);
    let mut joined =
        Box::pin(async { tokio::join!(rig.breaker.call_async(gate(&open)), rig.breaker.call_async(gate(&open))) });
    open.set(false);
    assert!(poll_once(&mut joined).is_pending());
    open.set(true);
    let Poll::Ready((probe, beside)) = poll_once(&mut joined) else { panic!("both have ended") };
    assert!(probe.is_ok() && is_rejected(&beside));
    assert_eq!(counted(&rig.breaker), [1, 0, 1, 0, 0]);
}

#[test]
fn between_the_polls_of_a_probe_a_call_is_an_ordinary_one() {
    let rig = half_open();
    let mut probe = Box::pin(rig.breaker.call_async(pending::<Result<(), Down>>()));
    for _ in 0..3 {
        assert!(poll_once(&mut probe).is_pending());
        assert_eq!(rig.rejection_reason(), RejectionReason::HalfOpen);
    }
    drop(probe);
    rig.calls("S");
    assert_eq!((rig.state(), counted(&rig.breaker)), (State::Closed, [1, 0, 3, 1, 0]));
}

#[test]
fn through_the_probe_of_another_breaker_a_call_is_still_a_part() {
    let (a, b) = (half_open(), half_open());
    let result = a.breaker.call(|| {
        let inner = b.breaker.call(|| a.breaker.call(|| b.breaker.call(ok).map_err(|_| Down)).map_err(|_| Down));
        inner.map_err(|_| Down)
    });
    assert_eq!(result, Ok(()));
    for rig in [&a, &b] {
        assert_eq!((rig.state(), counted(&rig.breaker)), (State::Closed, [1, 0, 0, 0, 0]));
    }
}

#[test]
fn calls_of_another_breaker_within_a_probe_are_ordinary_ones() {
    let (a, closed, open) = (half_open(), rig(Ok(config(true))), rig(Ok(config(true))));
    open.calls("F");
    let result = a.breaker.call(|| {
        closed.calls("S");
        open.calls("X");
        ok()
    });
    assert_eq!(result, Ok(()));
    assert_eq!((closed.breaker.metrics().successes, open.breaker.metrics().rejections), (1, 1));
    closed.calls("F X");
}

#[test]
fn probes_of_more_breakers_than_fit_a_threads_own_place_are_all_found() {
    fn nest(breakers: &[CircuitBreaker], all: &[CircuitBreaker]) -> Result<(), Down> {
        match breakers {
            [] => all.iter().all(|breaker| breaker.call(ok).is_ok()).then_some(()).ok_or(Down),
            [first, rest @ ..] => first.call(|| nest(rest, all)).map_err(|_| Down),
        }
    }
    let rigs: Vec<_> = (0..20).map(|_| half_open()).collect();
    let breakers: Vec<_> = rigs.iter().map(|rig| rig.breaker.clone()).collect();
    assert_eq!(nest(&breakers, &breakers), Ok(()));
    for rig in &rigs {
        assert_eq!((rig.state(), counted(&rig.breaker)), (State::Closed, [1, 0, 0, 0, 0]));
    }
}

#[test]
fn spawned_threads_are_not_a_part_of_a_probe() {
    let rig = half_open();
    let result = rig.breaker.call(|| {
        std::thread::scope(|scope| scope.spawn(|| rig.calls("X")).join().expect("rejected there"));
        ok()
    });
    assert_eq!((result, counted(&rig.breaker)), (Ok(()), [1, 0, 1, 0, 0]));
}

#[tokio::test]
async fn spawned_tasks_are_not_a_part_of_a_probe() {
    let rig = Arc::new(half_open());
    let spawned = Arc::clone(&rig);
    let probe = async {
        tokio::spawn(async move { spawned.calls("X") }).await.expect("rejected there");
        ok()
    };
    assert_eq!((rig.breaker.call_async(probe).await, counted(&rig.breaker)), (Ok(()), [1, 0, 1, 0, 0]));
}

#[test]
fn a_permit_taken_by_hand_is_no_probe_that_calls_can_be_a_part_of() {
    let rig = half_open();
    let permit = rig.breaker.try_acquire().expect("a probe");
    rig.calls("X");
    permit.success();
    assert_eq!(counted(&rig.breaker), [1, 0, 1, 0, 0]);
}

#[test]
fn a_nested_call_of_the_closed_circuit_is_counted_like_any_other() {
    let rig = rig(Ok(config(true)));
    let result = rig.breaker.call(|| {
        rig.calls("S");
        rig.breaker.call(ok).map_err(|_| Down)
    });
    assert_eq!((result, rig.breaker.metrics().successes), (Ok(()), 3));
}

#[test]
fn a_listener_that_calls_when_the_circuit_half_opens_takes_the_probe_itself() {
    // The listener runs before the call that caused the transition. That call is a probe, but isn't running yet.
    let rig = rig(Ok(config(true)));
    rig.calls("F");
    let (breaker, rejected) = (rig.breaker.clone(), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&rejected);
    rig.breaker.on_event(move |event| {
        if breaker_tests::transition(event) == Some((State::Open, State::HalfOpen)) && breaker.call(ok).is_err() {
            seen.fetch_add(1, Ordering::SeqCst);
        }
    });
    rig.wait(5.0);
    rig.calls("S");
    assert_eq!((rejected.load(Ordering::SeqCst), rig.state()), (1, State::Closed));
}
