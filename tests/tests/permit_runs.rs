//! Futures and streams that own their permit, as wrappers name and return them.

use std::future::{Future, pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use breaker_core::{
    CallError, CircuitBreaker, CircuitBreakerError, Config, Outcome, Permit, PermitFuture, PermitStream, PolledPermit,
    State, classify_fn,
};
use breaker_tests::{Rig, block_on, poll_once, rig, s};
use futures_core::Stream;
use static_assertions::assert_impl_all;

assert_impl_all!(PermitFuture<std::future::Ready<Result<u8, u8>>>: Send, Sync, Unpin);

type Answer = Result<u8, u8>;

fn one() -> Rig {
    rig(Config::builder().failure_threshold(9).build())
}

fn permit(rig: &Rig) -> Permit {
    rig.breaker.try_acquire().expect("closed")
}

/// Returns successes, failures, timeouts, ignored and abandoned calls, and calls in flight.
fn ends(rig: &Rig) -> [u64; 6] {
    rig.assert_identity();
    let m = rig.breaker.metrics();
    [m.successes, m.failures, m.timeouts, m.ignored, m.abandoned, m.in_flight]
}

fn timed_out<T>(timeout: Duration) -> Result<T, CallError<u8>> {
    Err(CallError::Breaker(CircuitBreakerError::timed_out("svc", timeout)))
}

/// A stream of ready items. `None` is one poll that is pending.
struct Items(Vec<Option<Answer>>);

impl Stream for Items {
    type Item = Answer;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Answer>> {
        if self.0.is_empty() {
            return Poll::Ready(None);
        }
        match self.0.remove(0) {
            Some(item) => Poll::Ready(Some(item)),
            None => Poll::Pending,
        }
    }
}

fn next<S: Stream + Unpin>(stream: &mut S) -> Poll<Option<S::Item>> {
    Pin::new(stream).poll_next(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_future_records_how_it_ended() {
    let rig = one();
    assert_eq!(block_on(permit(&rig).run(ready(Answer::Ok(1)))), Ok(1));
    assert_eq!(block_on(permit(&rig).run(ready(Answer::Err(2)))), Err(CallError::Inner(2)));
    let ignoring = classify_fn(|_: &Answer| Outcome::Ignore);
    assert_eq!(block_on(permit(&rig).run_classified(ready(Answer::Err(3)), ignoring)), Err(CallError::Inner(3)));
    let mut pending = permit(&rig).run(pending::<Answer>());
    assert_eq!(poll_once(&mut pending), Poll::Pending);
    assert_eq!(ends(&rig), [1, 1, 0, 1, 0, 1]);
    drop(pending);
    drop(permit(&rig).run(ready(Answer::Ok(1))));
    assert_eq!(ends(&rig), [1, 1, 0, 1, 2, 0], "dropped before its end: abandoned");
}

#[test]
fn it_has_a_name_is_static_and_can_be_spawned() {
    struct Client(&'static CircuitBreaker);

    impl Client {
        fn call(&self) -> Result<PermitFuture<std::future::Ready<Answer>>, breaker_core::Rejection> {
            Ok(self.0.try_acquire()?.run(ready(Ok(7))))
        }
    }

    let client = Client(CircuitBreaker::new("named", Config::default()).leak());
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let answer = runtime.block_on(async { tokio::spawn(client.call().expect("closed")).await.expect("no panic") });
    assert_eq!((answer, client.0.metrics().successes), (Ok(7), 1));
    let kept = client.0.clone().try_acquire().expect("closed");
    assert!(std::ptr::eq(kept.breaker(), client.0), "no reference count for a breaker in a static");
}

#[test]
fn its_own_panic_is_a_failure_and_another_ones_is_not() {
    let rig = one();
    let mut panics = permit(&rig).run(poll_fn(|_| -> Poll<Answer> { panic!("a bug") }));
    assert!(catch_unwind(AssertUnwindSafe(|| poll_once(&mut panics))).is_err());
    assert_eq!(ends(&rig), [0, 1, 0, 0, 0, 0]);
    let panicking = classify_fn(|_: &Answer| panic!("a bug in the classifier"));
    let mut judged = permit(&rig).run_classified(ready(Answer::Ok(1)), panicking);
    assert!(catch_unwind(AssertUnwindSafe(|| poll_once(&mut judged))).is_err());
    assert_eq!(ends(&rig), [0, 2, 0, 0, 0, 0]);
    let waiting = permit(&rig).run(pending::<Answer>());
    let unwound = catch_unwind(AssertUnwindSafe(move || {
        let _waiting = waiting;
        panic!("elsewhere");
    }));
    assert!(unwound.is_err());
    assert_eq!(ends(&rig), [0, 2, 0, 0, 1, 0]);
}

#[test]
fn a_future_whose_drop_panics_has_failed_and_the_call_has_ended() {
    struct Bomb;

    impl Future for Bomb {
        type Output = Answer;

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Answer> {
            Poll::Ready(Ok(1))
        }
    }

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("as it is dropped");
        }
    }

    let rig = one();
    let mut call = permit(&rig).run(Bomb);
    assert!(catch_unwind(AssertUnwindSafe(|| poll_once(&mut call))).is_err());
    assert_eq!(ends(&rig), [0, 1, 0, 0, 0, 0]);
}

#[test]
fn it_obeys_the_request_timeout_or_one_of_its_own() {
    let rig = rig(Config::builder().failure_threshold(9).request_timeout(s(2.0)).build());
    let mut of_the_service = permit(&rig).run(pending::<Answer>());
    let mut shorter = permit(&rig).run(pending::<Answer>()).timeout(s(1.0));
    let mut longer = permit(&rig).run(pending::<Answer>()).timeout(s(5.0));
    for call in [&mut of_the_service, &mut shorter, &mut longer] {
        assert_eq!(poll_once(call), Poll::Pending);
    }
    rig.wait(1.0);
    assert_eq!(poll_once(&mut shorter), Poll::Ready(timed_out(s(1.0))));
    rig.wait(1.0);
    assert_eq!(poll_once(&mut of_the_service), Poll::Ready(timed_out(s(2.0))));
    assert_eq!(poll_once(&mut longer), Poll::Pending);
    rig.wait(3.0);
    assert_eq!(poll_once(&mut longer), Poll::Ready(timed_out(s(5.0))));
    assert_eq!(ends(&rig), [0, 3, 3, 0, 0, 0]);
}

#[test]
fn a_timeout_of_its_own_needs_none_of_the_service() {
    let rig = one();
    let mut call = permit(&rig).run(pending::<Answer>()).timeout(s(1.0));
    assert_eq!(poll_once(&mut call), Poll::Pending);
    rig.wait(1.0);
    assert_eq!(poll_once(&mut call), Poll::Ready(timed_out(s(1.0))));
}

#[test]
fn a_probe_that_runs_so_closes_the_circuit() {
    let rig = rig(Config::builder().consecutive_failures(1).success_threshold(1).open_timeout(s(5.0)).build());
    rig.calls("F");
    rig.wait(5.0);
    let probe = permit(&rig);
    assert!(probe.is_probe());
    assert_eq!(block_on(probe.run(ready(Answer::Ok(1)))), Ok(1));
    assert_eq!(rig.state(), State::Closed);
}

#[test]
fn a_stream_is_judged_by_its_first_item() {
    let rig = one();
    let mut stream = permit(&rig).stream(Items(vec![None, Some(Ok(1)), Some(Err(2))]));
    assert_eq!(next(&mut stream), Poll::Pending);
    assert_eq!(ends(&rig), [0, 0, 0, 0, 0, 1]);
    assert_eq!(next(&mut stream), Poll::Ready(Some(Ok(1))));
    assert_eq!(ends(&rig), [1, 0, 0, 0, 0, 0]);
    assert_eq!(next(&mut stream), Poll::Ready(Some(Err(CallError::Inner(2)))), "passed on, but not counted");
    assert_eq!((next(&mut stream), next(&mut stream)), (Poll::Ready(None), Poll::Ready(None)));
    let mut failing = permit(&rig).stream(Items(vec![Some(Err(1))]));
    assert_eq!(next(&mut failing), Poll::Ready(Some(Err(CallError::Inner(1)))));
    let mut empty = permit(&rig).stream(Items(vec![]));
    assert_eq!(next(&mut empty), Poll::Ready(None));
    assert_eq!(ends(&rig), [2, 1, 0, 0, 0, 0]);
    drop(permit(&rig).stream(Items(vec![])));
    assert_eq!(ends(&rig), [2, 1, 0, 0, 1, 0]);
}

#[test]
fn or_by_all_of_them() {
    let rig = one();
    let mut good = permit(&rig).stream(Items(vec![Some(Ok(1)), Some(Ok(2))])).judged_at_end();
    assert_eq!((next(&mut good), next(&mut good)), (Poll::Ready(Some(Ok(1))), Poll::Ready(Some(Ok(2)))));
    assert_eq!(ends(&rig), [0, 0, 0, 0, 0, 1]);
    rig.wait(3.0);
    assert_eq!(next(&mut good), Poll::Ready(None));
    assert_eq!((ends(&rig), rig.breaker.metrics().response_time.max), ([1, 0, 0, 0, 0, 0], Some(s(3.0))));
    let mut bad = permit(&rig).stream(Items(vec![Some(Ok(1)), Some(Err(2)), Some(Ok(3))])).judged_at_end();
    let items: Vec<_> = (0..4).map(|_| next(&mut bad)).collect();
    let error = Poll::Ready(Some(Err(CallError::Inner(2))));
    assert_eq!(items, [Poll::Ready(Some(Ok(1))), error, Poll::Ready(Some(Ok(3))), Poll::Ready(None)]);
    assert_eq!(ends(&rig), [1, 1, 0, 0, 0, 0], "at the first item that is not a success");
    let ignoring = classify_fn(|item: &Answer| if item.is_ok() { Outcome::Success } else { Outcome::Ignore });
    let mut ignored = permit(&rig).stream_classified(Items(vec![Some(Err(2))]), ignoring).judged_at_end();
    assert!(next(&mut ignored).is_ready());
    assert_eq!(next(&mut ignored), Poll::Ready(None));
    let mut cut_off = permit(&rig).stream(Items(vec![Some(Ok(1)), Some(Ok(2))])).judged_at_end();
    assert!(next(&mut cut_off).is_ready());
    drop(cut_off);
    assert_eq!(ends(&rig), [1, 1, 0, 1, 1, 0]);
}

#[test]
fn a_stream_obeys_its_timeout_until_it_is_judged() {
    let rig = rig(Config::builder().failure_threshold(9).request_timeout(s(2.0)).build());
    let mut late = permit(&rig).stream(Items(vec![None, None]));
    assert_eq!(next(&mut late), Poll::Pending);
    rig.wait(2.0);
    assert_eq!(next(&mut late), Poll::Ready(Some(timed_out(s(2.0)))));
    assert_eq!(next(&mut late), Poll::Ready(None));
    let mut judged = permit(&rig).stream(Items(vec![None, Some(Ok(1)), None, Some(Ok(2))]));
    assert_eq!((next(&mut judged), next(&mut judged)), (Poll::Pending, Poll::Ready(Some(Ok(1)))));
    rig.wait(9.0);
    assert_eq!((next(&mut judged), next(&mut judged)), (Poll::Pending, Poll::Ready(Some(Ok(2)))));
    let mut whole = permit(&rig).stream(Items(vec![None, Some(Ok(1)), None])).judged_at_end().timeout(s(4.0));
    assert_eq!((next(&mut whole), next(&mut whole)), (Poll::Pending, Poll::Ready(Some(Ok(1)))));
    rig.wait(4.0);
    assert_eq!(next(&mut whole), Poll::Ready(Some(timed_out(s(4.0)))));
    assert_eq!(ends(&rig), [1, 2, 2, 0, 0, 0]);
}

#[test]
fn a_stream_that_panics_has_failed() {
    struct Panics;

    impl Stream for Panics {
        type Item = Answer;

        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Answer>> {
            panic!("a bug")
        }
    }

    let rig = one();
    let mut stream: PermitStream<Panics> = permit(&rig).stream(Panics);
    assert!(catch_unwind(AssertUnwindSafe(|| next(&mut stream))).is_err());
    assert_eq!(ends(&rig), [0, 1, 0, 0, 0, 0]);
}

#[test]
fn what_is_left_of_a_stream_is_known_as_far_as_it_can_be() {
    struct Three;

    impl Stream for Three {
        type Item = Answer;

        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Answer>> {
            Poll::Ready(Some(Ok(1)))
        }

        fn size_hint(&self) -> (usize, Option<usize>) {
            (3, Some(3))
        }
    }

    let rig = one();
    let mut stream = permit(&rig).stream(Three);
    assert_eq!(stream.size_hint(), (1, Some(4)), "a timeout may end the stream early, or follow the last item");
    assert!(next(&mut stream).is_ready());
    assert_eq!(stream.size_hint(), (3, Some(3)));
}

mod counted_waker {
    use std::sync::Arc;
    use std::task::{Wake, Waker};

    pub(super) struct Counts;

    impl Wake for Counts {
        fn wake(self: Arc<Self>) {}
    }

    /// Returns a waker, and a handle whose strong count includes the waker's clones.
    pub(super) fn counted() -> (Waker, Arc<Counts>) {
        let counts = Arc::new(Counts);
        (Waker::from(Arc::clone(&counts)), counts)
    }
}

#[test]
fn what_is_judged_waits_for_nothing_any_more() {
    let rig = one();
    let (waker, counts) = counted_waker::counted();
    let mut stream = permit(&rig).stream(Items(vec![None, Some(Ok(1)), None])).timeout(s(1.0));
    let mut cx = Context::from_waker(&waker);
    assert!(Pin::new(&mut stream).poll_next(&mut cx).is_pending());
    assert!(std::sync::Arc::strong_count(&counts) > 2, "its timer holds a waker");
    assert!(Pin::new(&mut stream).poll_next(&mut cx).is_ready());
    assert_eq!(std::sync::Arc::strong_count(&counts), 2, "judged");
    let mut ready = false;
    let mut future = permit(&rig).run(poll_fn(move |_| {
        if std::mem::replace(&mut ready, true) { Poll::Ready(Answer::Ok(1)) } else { Poll::Pending }
    }));
    assert!(Pin::new(&mut future).poll(&mut cx).is_pending());
    assert!(Pin::new(&mut future).poll(&mut cx).is_ready());
    assert_eq!(std::sync::Arc::strong_count(&counts), 2);
}

#[test]
fn an_ignored_item_decides_nothing_unless_nothing_else_comes() {
    let judge = |items: &[Answer]| {
        let rig = one();
        let ignoring = classify_fn(|item: &Answer| match item {
            Ok(_) => Outcome::Success,
            Err(0) => Outcome::Ignore,
            Err(_) => Outcome::Failure,
        });
        let items = Items(items.iter().copied().map(Some).collect());
        let mut stream = permit(&rig).stream_classified(items, ignoring).judged_at_end();
        while next(&mut stream) != Poll::Ready(None) {}
        let [successes, failures, _, ignored, ..] = ends(&rig);
        (successes, failures, ignored)
    };
    assert_eq!(judge(&[Ok(1), Err(0), Err(1)]), (0, 1, 0), "the failure counts");
    assert_eq!(judge(&[Ok(1), Err(0)]), (1, 0, 0));
    assert_eq!(judge(&[Err(0), Ok(1)]), (1, 0, 0));
    assert_eq!(judge(&[Err(0)]), (0, 0, 1));
    assert_eq!(judge(&[]), (1, 0, 0));
}

/// Polls one part of a call.
fn part<T>(permit: &mut PolledPermit, part: Poll<T>) -> Poll<Result<T, CircuitBreakerError>> {
    permit.poll(&mut Context::from_waker(Waker::noop()), |_| part)
}

#[test]
fn a_call_in_parts_ends_with_its_outcome() {
    let rig = one();
    for outcome in [Outcome::Success, Outcome::Failure, Outcome::Ignore] {
        let mut permit = permit(&rig).polled();
        assert_eq!(part(&mut permit, Poll::Ready("headers")), Poll::Ready(Ok("headers")));
        assert_eq!(part::<()>(&mut permit, Poll::Pending), Poll::Pending);
        assert_eq!(part(&mut permit, Poll::Ready("body")), Poll::Ready(Ok("body")));
        permit.record(outcome);
    }
    drop(permit(&rig).polled());
    assert_eq!(ends(&rig), [1, 1, 0, 1, 1, 0]);
}

#[test]
fn a_timeout_covers_all_parts_of_a_call() {
    for timed in [true, false] {
        let config = Config::builder().failure_threshold(9).request_timeout(s(10.0)).response_times(timed);
        let rig = rig(config.build());
        let mut permit = permit(&rig).polled();
        assert_eq!(part::<()>(&mut permit, Poll::Pending), Poll::Pending);
        rig.time.advance(s(6.0));
        // A part that is ready is returned, however late.
        assert_eq!(part(&mut permit, Poll::Ready(1)), Poll::Ready(Ok(1)));
        rig.time.advance(s(4.0));
        let timeout = CircuitBreakerError::timed_out("svc", s(10.0));
        assert_eq!(part::<()>(&mut permit, Poll::Pending), Poll::Ready(Err(timeout)), "timed: {timed}");
        assert_eq!(ends(&rig), [0, 1, 1, 0, 0, 0]);
        // The call has ended: later parts and outcomes count nothing.
        assert_eq!(part(&mut permit, Poll::Ready(2)), Poll::Ready(Ok(2)));
        permit.record(Outcome::Success);
        assert_eq!(ends(&rig), [0, 1, 1, 0, 0, 0]);
    }
}

#[test]
fn a_panic_in_a_part_is_a_failure() {
    let rig = one();
    let mut permit = permit(&rig).polled();
    let mut cx = Context::from_waker(Waker::noop());
    let panicked = catch_unwind(AssertUnwindSafe(|| permit.poll(&mut cx, |_| -> Poll<()> { panic!("in a part") })));
    assert!(panicked.is_err());
    assert_eq!(ends(&rig), [0, 1, 0, 0, 0, 0], "counted at once, though the permit is still there");
    permit.record(Outcome::Success);
    assert_eq!(ends(&rig), [0, 1, 0, 0, 0, 0]);
}

/// A probe runs in `enter` and in its polls, and calls made there are part of it.
#[test]
fn what_a_permit_enters_is_part_of_its_probe() {
    let rig = rig(Config::builder().consecutive_failures(1).success_threshold(1).open_timeout(s(30.0)).build());
    let fail = || rig.breaker.call(|| Err::<u8, u8>(1));
    assert!(fail().is_err());
    rig.time.advance(s(30.0));
    let mut probe = rig.breaker.try_acquire_idle().expect("a probe");
    assert!(matches!(rig.breaker.call(|| Ok::<_, u8>(1)), Err(CallError::Breaker(_))), "not entered");
    assert_eq!(probe.enter(|| rig.breaker.call(|| Ok::<_, u8>(1))), Ok(1));
    assert!(matches!(rig.breaker.call(|| Ok::<_, u8>(1)), Err(CallError::Breaker(_))), "left");
    let mut polled = probe.polled();
    let mut cx = Context::from_waker(Waker::noop());
    let nested = polled.poll(&mut cx, |_| Poll::Ready(rig.breaker.call(|| Ok::<_, u8>(2))));
    assert_eq!(nested, Poll::Ready(Ok(Ok(2))));
    assert_eq!(rig.breaker.state(), State::HalfOpen, "the nested calls are not the probe");
    polled.record(Outcome::Success);
    assert_eq!(rig.breaker.state(), State::Closed);
}

/// A panic that the owner of the permit catches doesn't leave the thread in the probe.
#[test]
fn a_probe_that_has_panicked_is_left() {
    let rig = rig(Config::builder().consecutive_failures(1).open_timeout(s(30.0)).build());
    assert!(rig.breaker.call(|| Err::<u8, u8>(1)).is_err());
    rig.time.advance(s(30.0));
    let mut probe = rig.breaker.try_acquire_idle().expect("a probe");
    assert!(catch_unwind(AssertUnwindSafe(|| probe.enter(|| panic!("in the probe")))).is_err());
    assert_eq!(rig.breaker.state(), State::Open, "the probe has failed");
    assert!(matches!(rig.breaker.call(|| Ok::<_, u8>(1)), Err(CallError::Breaker(_))), "not part of a probe");
    rig.time.advance(s(30.0));
    assert_eq!(rig.breaker.call(|| Ok::<_, u8>(1)), Ok(1));
    drop(probe.run(ready(Ok::<_, u8>(2))));
    assert_eq!(
        (rig.breaker.metrics().successes, rig.breaker.metrics().abandoned),
        (1, 0),
        "the probe has ended before"
    );
    rig.assert_identity();
}

#[test]
fn a_panic_is_the_calls_only_where_it_runs() {
    let rig = one();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        rig.breaker.try_acquire_idle().expect("closed").enter(|| panic!("in the call"));
    }));
    assert!(panicked.is_err());
    assert_eq!(ends(&rig), [0, 1, 0, 0, 0, 0]);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _idle = rig.breaker.try_acquire_idle().expect("closed");
        panic!("elsewhere");
    }));
    assert!(panicked.is_err());
    assert_eq!(ends(&rig), [0, 1, 0, 0, 1, 0]);
}

#[test]
fn a_future_that_has_panicked_is_over() {
    let rig = one();
    let mut future = permit(&rig).run(poll_fn(|_| -> Poll<Answer> { panic!("in the future") }));
    for panics in ["in the future", "call polled after completion"] {
        let panicked = catch_unwind(AssertUnwindSafe(|| poll_once(&mut future))).expect_err("a panic");
        assert_eq!(panicked.downcast_ref::<&str>(), Some(&panics));
        assert_eq!(ends(&rig), [0, 1, 0, 0, 0, 0]);
    }
}
