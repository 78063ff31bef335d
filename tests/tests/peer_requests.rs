//! Features that users of other circuit breakers request most. Most are rules of this one, with tests of their own:
//!
//! | request | test |
//! |---|---|
//! | half-open never gets stuck | the engine's `explore::every_history_…`, `peer_bugs::a_dropped_probe_…`, `peer_bugs::a_hung_probe_…`, `leaks::a_hundred_thousand_forgotten_permits_…` |
//! | late results ignored | `late::…`, `peer_bugs::a_success_from_before_the_trip_…`, `peer_bugs::a_failure_from_before_the_trip_…` |
//! | cancelled and ignored outcomes are neutral | `abandoned::a1_…`, `trip::case_08_…`, `trip::t4_…` |
//! | changes of configuration keep state, window and subscribers | `reconfigure::…` |
//! | no lock around user code | here, `events::case_32_a_listener_may_call_the_breaker_in_every_way` |
//! | ignore beats failure | `attribute_judging::ignore_beats_failure` |
//! | fallbacks checked early, also async ones | `ui-tests/cases/fail/fallback`, `attribute_fallbacks::an_async_fallback_runs_for_a_timeout` |
//! | more than one probe | `half_open::case_20_…`, `probe_races::h1_…` |
//! | "N in a row" | `trip::case_06_…` |
//! | slow calls, also those that never ended | `trip::case_03_…`, `abandoned::a1_an_abandoned_call_that_had_run_for_the_slow_duration_…` |
//! | list the breakers, see inside, counters that survive | `registry::…`, `metrics::…`, `windows::case_15_…` |
//! | Retry-After honoured and sent | `trip::open_for_…` (two), `api::an_error_says_which_service_and_when_to_come_back` |
//! | try it without enforcing | `modes::case_31_…` |
//! | the breaker's name on every metric and error | here, `peer_bugs::metrics_carry_the_name_…` |
//!
//! Not supported: state shared between processes, breakers per host or tenant, a ramp after recovery.

use std::cell::RefCell;
use std::sync::{Arc, Mutex};

use breaker_core::{
    CallError, CircuitBreaker, CircuitBreakerError, Config, Metrics, Outcome, Registry, State, circuit_breaker,
};
use breaker_tests::{block_on, poll_once, rig, s};

/// Uses everything that would block if the caller held a lock.
fn use_all_of(breaker: &CircuitBreaker) {
    let _ = (breaker.state(), breaker.metrics(), breaker.history(), breaker.config());
    breaker.try_acquire().expect("closed").ignore();
    breaker.reconfigure(Config::clone(&breaker.config()));
    breaker.on_event(|_| ());
}

/// Calls the breaker when it is dropped.
struct OnDrop(CircuitBreaker);

impl Drop for OnDrop {
    fn drop(&mut self) {
        use_all_of(&self.0);
    }
}

#[test]
fn no_lock_is_held_around_user_code() {
    let breaker = rig(Config::builder().failure_threshold(100).build()).breaker;
    let _ = breaker.call(|| {
        use_all_of(&breaker);
        breaker.call(|| {
            use_all_of(&breaker);
            Ok::<_, CallError<()>>(())
        })
    });
    let _ = breaker.call_classified(
        || Err::<(), _>(OnDrop(breaker.clone())),
        |_| {
            use_all_of(&breaker);
            Outcome::Failure
        },
    );
    let _ = block_on(breaker.call_async(async { Err::<(), _>(OnDrop(breaker.clone())) }));
    let held = OnDrop(breaker.clone());
    let mut dropped = Box::pin(breaker.call_async(async move {
        std::future::pending::<()>().await;
        drop(held);
        Ok::<_, ()>(())
    }));
    assert!(poll_once(&mut dropped).is_pending());
    drop(dropped);
    let m = breaker.metrics();
    // The outer call, the inner one, two failures and one dropped call; the others were ignored.
    assert_eq!((m.successes, m.failures, m.abandoned, m.ignored, m.in_flight), (2, 2, 1, 6, 0));
}

#[test]
fn a_listener_of_a_registry_may_use_the_registry() {
    let registry = Registry::new();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (inner, sink) = (registry.clone(), Arc::clone(&heard));
    registry.on_event(move |event| {
        let _ =
            (inner.metrics(), inner.health(), inner.conflicts(), event.service.and_then(|service| inner.get(service)));
        let _ = inner.get_or_create("peer-requests-made-by-a-listener", Config::default());
        sink.lock().expect("no panic").push(event.service);
    });
    let config = Config::builder().consecutive_failures(1).build().expect("valid");
    let _ = registry.get_or_create("peer-requests-heard", config).call(|| Err::<(), _>(()));
    assert_eq!(*heard.lock().expect("no panic"), [Some("peer-requests-heard")]);
    assert!(registry.get("peer-requests-made-by-a-listener").is_some());
}

thread_local! {
    static RUNS: RefCell<u32> = const { RefCell::new(0) };
}

#[derive(Debug, PartialEq)]
enum Error {
    Parse,
    Breaker(&'static str),
}

impl From<std::num::ParseIntError> for Error {
    fn from(_: std::num::ParseIntError) -> Self {
        Self::Parse
    }
}

impl From<CircuitBreakerError> for Error {
    fn from(error: CircuitBreakerError) -> Self {
        Self::Breaker(error.service())
    }
}

#[circuit_breaker(service = "peer-requests-attribute", consecutive_failures = 3, success_threshold = 1)]
async fn parse(text: &str, waits: bool) -> Result<i32, Error> {
    RUNS.with_borrow_mut(|runs| *runs += 1);
    if waits {
        std::future::pending::<()>().await;
    }
    let number = text.parse()?;
    Ok(number)
}

fn metrics() -> Metrics {
    Registry::global().get("peer-requests-attribute").expect("annotated").metrics()
}

/// Bugs of the attributes in other frameworks, found by running them: `?` skips the recording, errors are not counted,
/// the open state never rejects, each call makes a new breaker, a dropped probe blocks half-open for good.
#[test]
fn an_attribute_records_every_exit_rejects_while_open_and_is_one_breaker() {
    let breaker = Registry::global().get("peer-requests-attribute").expect("annotated");
    for _ in 0..3 {
        assert_eq!(block_on(parse("x", false)), Err(Error::Parse));
    }
    assert_eq!((metrics().failures, breaker.state()), (3, State::Open));
    assert_eq!(
        block_on(parse("1", false)),
        Err(Error::Breaker("peer-requests-attribute")),
        "the error names the service"
    );
    assert_eq!((RUNS.take(), metrics().rejections), (3, 1));

    // Half-open without waiting: the global registry uses the real clock.
    breaker.reset();
    let _ = breaker.call_classified(|| Err::<(), _>(()), |_| Outcome::OpenFor(s(0.0)));
    assert_eq!(breaker.state(), State::HalfOpen);
    let mut probe = Box::pin(parse("1", true));
    assert!(poll_once(&mut probe).is_pending());
    assert_eq!(block_on(parse("1", false)), Err(Error::Breaker("peer-requests-attribute")));
    drop(probe);
    assert_eq!((block_on(parse("7", false)), breaker.state()), (Ok(7), State::Closed));
}
