//! `call_async_mapped`: the breaker's error becomes one of the call's own type.

use std::cell::Cell;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use breaker_core::{CircuitBreakerError, Config, Mode, Outcome};
use breaker_tests::{block_on, poll_once, rig, s};

#[test]
fn results_are_returned_unchanged_and_counted_as_they_are_classified() {
    let rig = rig(Config::builder().consecutive_failures(2).build());
    let unused = |error: CircuitBreakerError| -> String { unreachable!("{error}") };
    let call = rig.breaker.call_async_mapped(async { Ok::<_, String>(1) }, Outcome::of, unused);
    assert_eq!(block_on(call), Ok(1));
    let failed = || async { Err::<u8, _>("down".to_owned()) };
    let call = rig.breaker.call_async_mapped(failed(), |_| Outcome::Ignore, unused);
    assert_eq!(block_on(call), Err("down".to_owned()));
    assert_eq!(block_on(rig.breaker.call_async_mapped(failed(), Outcome::of, unused)), Err("down".to_owned()));
    let metrics = rig.breaker.metrics();
    assert_eq!((metrics.successes, metrics.ignored, metrics.failures), (1, 1, 1));
    rig.assert_identity();
}

#[test]
fn a_rejection_and_a_timeout_become_the_error_of_the_call() {
    let rig = rig(Config::builder().consecutive_failures(1).request_timeout(s(2.0)).build());
    let call = |begun: Cell<bool>| {
        let future = async move {
            begun.set(true);
            pending::<Result<(), String>>().await
        };
        Box::pin(rig.breaker.call_async_mapped(future, Outcome::of, |error| format!("{error}, mapped")))
    };
    let mut timed = call(Cell::default());
    assert_eq!(poll_once(&mut timed), Poll::Pending);
    rig.wait(2.0);
    assert_eq!(
        poll_once(&mut timed),
        Poll::Ready(Err("circuit breaker `svc`: call timed out after 2s, mapped".to_owned()))
    );
    let Poll::Ready(Err(rejected)) = poll_once(&mut call(Cell::default())) else { panic!("the circuit is open") };
    assert!(rejected.starts_with("circuit breaker `svc` is open") && rejected.ends_with(", mapped"), "{rejected}");
    let metrics = rig.breaker.metrics();
    assert_eq!((metrics.timeouts, metrics.failures, metrics.rejections), (1, 1, 1));
    rig.assert_identity();
}

#[test]
fn a_panic_of_the_mapping_reaches_the_caller_after_the_rejection_was_counted() {
    let rig = rig(Config::builder().consecutive_failures(1).build());
    rig.breaker.set_mode(Mode::ForcedOpen);
    let call = rig.breaker.call_async_mapped(async { Ok::<(), ()>(()) }, Outcome::of, |_| panic!("mapping"));
    catch_unwind(AssertUnwindSafe(|| block_on(call))).expect_err("it panics").downcast::<&str>().expect("mapping");
    rig.breaker.set_mode(Mode::Automatic);
    rig.calls("S");
    assert_eq!((rig.breaker.metrics().rejections, rig.breaker.metrics().in_flight), (1, 0));
    rig.assert_identity();
}
