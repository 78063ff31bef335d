//! Panics from outside the call: permits that are dropped while unwinding, and calls made in destructors meanwhile.

use std::future::{Ready, pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::Pin;
use std::task::{Context, Poll};

use breaker_core::{CircuitBreaker, CircuitBreakerError, Config, Permit, Registry, circuit_breaker};
use breaker_tests::{Rig, block_on, poll_once, rig};

fn closed() -> Rig {
    rig(Config::builder().failure_threshold(100).build())
}

/// Runs a closure when it is dropped, which happens while its thread unwinds.
struct InDestructor<F: FnMut()>(F);

impl<F: FnMut()> Drop for InDestructor<F> {
    fn drop(&mut self) {
        assert!(std::thread::panicking());
        (self.0)();
    }
}

fn while_unwinding(run: impl FnMut()) {
    let payload = catch_unwind(AssertUnwindSafe(|| {
        let _destructor = InDestructor(run);
        panic_any("of something else")
    }));
    assert_eq!(payload.expect_err("it panics").downcast_ref(), Some(&"of something else"));
}

/// Returns successes, failures, ignored and abandoned calls.
fn ends(breaker: &CircuitBreaker) -> [u64; 4] {
    breaker_tests::assert_identity(breaker);
    let m = breaker.metrics();
    assert_eq!(m.in_flight, 0);
    [m.successes, m.failures, m.ignored, m.abandoned]
}

#[test]
fn a_permit_given_while_the_thread_unwinds_is_abandoned_when_it_is_dropped() {
    let rig = closed();
    while_unwinding(|| drop(rig.breaker.try_acquire().expect("closed")));
    assert_eq!(ends(&rig.breaker), [0, 0, 0, 1]);
}

#[test]
fn a_permit_given_while_the_thread_unwinds_counts_its_own_outcome() {
    let rig = closed();
    let outcomes: [fn(Permit); 3] = [Permit::success, Permit::failure, Permit::ignore];
    for (end, expected) in outcomes.into_iter().zip([[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0]]) {
        while_unwinding(|| end(rig.breaker.try_acquire().expect("closed")));
        assert_eq!(ends(&rig.breaker), expected);
    }
}

#[test]
fn a_call_of_a_destructor_counts_its_own_outcome() {
    let rig = closed();
    let breaker = &rig.breaker;
    while_unwinding(|| assert_eq!(breaker.call(|| Ok::<_, ()>(7)), Ok(7)));
    while_unwinding(|| assert_eq!(block_on(breaker.call_async(ready(Ok::<_, ()>(7)))), Ok(7)));
    assert_eq!(ends(breaker), [2, 0, 0, 0]);
    while_unwinding(|| assert!(breaker.call(|| Err::<(), _>(())).is_err()));
    while_unwinding(|| assert!(block_on(breaker.call_async(ready(Err::<(), _>(())))).is_err()));
    while_unwinding(|| {
        let call = AssertUnwindSafe(|| breaker.call(|| -> Result<(), ()> { panic_any("its own") }));
        assert!(catch_unwind(call).is_err());
        let call = breaker.try_acquire().expect("closed").run(async { panic_any::<&str>("its own") as Result<(), ()> });
        assert!(catch_unwind(AssertUnwindSafe(|| block_on(call))).is_err());
    });
    assert_eq!(ends(breaker), [2, 4, 0, 0]);
    while_unwinding(|| assert!(poll_once(&mut Box::pin(breaker.call_async(pending::<Result<(), ()>>()))).is_pending()));
    assert_eq!(ends(breaker), [2, 4, 0, 1]);
}

/// A permit can't know where a panic comes from, since the call may use whatever holds the permit. So the panic counts
/// as a failure.
#[test]
fn a_permit_that_a_panic_drops_is_a_failure_wherever_the_panic_comes_from() {
    struct Connection(#[expect(dead_code, reason = "held while the call runs")] Permit);

    let rig = closed();
    let connections: Vec<_> = (0..2).map(|_| Connection(rig.breaker.try_acquire().expect("closed"))).collect();
    let unrelated = catch_unwind(AssertUnwindSafe(move || {
        let _pool = connections;
        panic_any("of something else")
    }));
    assert!(unrelated.is_err());
    assert_eq!(ends(&rig.breaker), [0, 2, 0, 0]);
}

#[test]
fn a_pending_call_that_another_ones_panic_drops_is_abandoned() {
    let rig = closed();
    let mut call = Box::pin(rig.breaker.call_async(pending::<Result<(), ()>>()));
    assert!(poll_once(&mut call).is_pending());
    let mut call = Some(call);
    while_unwinding(|| drop(call.take()));
    assert_eq!(ends(&rig.breaker), [0, 0, 0, 1]);
}

type Text = Result<String, CircuitBreakerError>;

fn breaker(service: &str) -> CircuitBreaker {
    Registry::global().get(service).expect("annotated")
}

#[circuit_breaker(service = "unwinding-fallback", failure_if = |_| true, fallback = |error| async { pending::<()>().await; Err(error) })]
async fn waits_in_its_fallback() -> Text {
    Err(CircuitBreakerError::timed_out("other", breaker_tests::s(1.0)))
}

#[test]
fn a_pending_fallback_that_another_ones_panic_drops_has_neither_succeeded_nor_failed() {
    let mut call = Some(Box::pin(waits_in_its_fallback()));
    assert!(poll_once(call.as_mut().expect("there")).is_pending());
    while_unwinding(|| drop(call.take()));
    while_unwinding(|| assert!(poll_once(&mut Box::pin(waits_in_its_fallback())).is_pending()));
    let m = breaker("unwinding-fallback").metrics();
    assert_eq!((m.failures, m.fallback_successes, m.fallback_failures), (2, 0, 0));
}

/// Returns its result, and panics when it is dropped.
struct Bomb(Ready<Text>);

impl Future for Bomb {
    type Output = Text;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Text> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        panic_any("in the drop of a future");
    }
}

#[circuit_breaker(service = "unwinding-drop")]
fn panics_when_it_is_dropped() -> impl Future<Output = Text> {
    Bomb(ready(Ok("fine".to_owned())))
}

#[test]
fn a_future_that_panics_when_it_is_dropped_has_failed() {
    assert!(catch_unwind(|| block_on(panics_when_it_is_dropped())).is_err());
    assert_eq!(ends(&breaker("unwinding-drop")), [0, 1, 0, 0]);
}
