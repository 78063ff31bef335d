//! The error that a fallback or a default value answers is in the log.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use breaker_core::{CircuitBreaker, CircuitBreakerError, Config, Mode, Registry, circuit_breaker};
use breaker_tests::lines::Lines;
use breaker_tests::{block_on, poll_once};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

#[derive(Debug)]
enum Fault {
    Broken,
    Breaker(#[expect(dead_code, reason = "shown by Debug")] CircuitBreakerError),
}

impl From<CircuitBreakerError> for Fault {
    fn from(error: CircuitBreakerError) -> Self {
        Self::Breaker(error)
    }
}

/// Says nothing about itself.
struct Mute;

/// The one line about the answer in place of an error.
#[track_caller]
fn line(lines: &[String], message: &str) -> String {
    let found: Vec<_> = lines.iter().filter(|line| line.contains(message)).collect();
    let [line] = found[..] else { panic!("one line, not {lines:#?}") };
    assert!(line.starts_with("DEBUG"), "{line}");
    line.clone()
}

const RAN: &str = "message=fallback ran";
const DEGRADED: &str = "message=degraded to the default value";

fn reject(service: &str) {
    Registry::global().get(service).expect("annotated").set_mode(Mode::ForcedOpen);
}

#[circuit_breaker(service = "logs-error-plain", fallback = |_| Err(Fault::Broken))]
fn plain() -> Result<(), Fault> {
    Err(Fault::Breaker(CircuitBreakerError::from(rejection())))
}

fn rejection() -> breaker_core::Rejection {
    let breaker = CircuitBreaker::new("behind", Config::default());
    breaker.set_mode(Mode::ForcedOpen);
    breaker.try_acquire().expect_err("forced open")
}

#[circuit_breaker(service = "logs-error-async", fallback = async |_| { tokio::task::yield_now().await; Ok(1) })]
async fn later() -> Result<u32, Fault> {
    Err(Fault::Broken)
}

#[circuit_breaker(breaker = breaker, fallback = |_| Ok(1))]
fn by_own_breaker(breaker: &CircuitBreaker) -> Result<u32, Fault> {
    Err(Fault::Broken)
}

#[test]
fn the_error_is_logged_with_the_fallback_that_answers_it() {
    let told = line(&Lines::of(Level::DEBUG, || drop(plain())), RAN);
    assert!(told.contains("succeeded=false") && told.contains("error=Breaker(Rejected("), "{told}");
    let told = line(&Lines::of(Level::DEBUG, || drop(block_on(later()))), RAN);
    assert!(told.contains("service=\"logs-error-async\" succeeded=true error=Broken"), "{told}");
    reject("logs-error-async");
    let told = line(&Lines::of(Level::DEBUG, || drop(block_on(later()))), RAN);
    assert!(told.contains("error=Breaker(Rejected(") && told.contains("ForcedOpen"), "{told}");
    let breaker = CircuitBreaker::new("logs-own", Config::default());
    let told = line(&Lines::of(Level::DEBUG, || drop(by_own_breaker(&breaker))), RAN);
    assert!(told.contains("service=\"logs-own\" succeeded=true error=Broken"), "{told}");
}

#[test]
fn a_fallback_that_is_dropped_before_its_end_has_no_line() {
    let lines = Lines::of(Level::DEBUG, || {
        let mut call = Box::pin(later());
        assert!(poll_once(&mut call).is_pending());
    });
    assert!(lines.iter().all(|line| !line.contains(RAN)), "{lines:?}");
}

#[circuit_breaker(service = "logs-error-panics", fallback = |error| panic!("{error:?}"))]
fn panics() -> Result<(), Fault> {
    Err(Fault::Broken)
}

#[test]
fn the_error_is_logged_with_a_fallback_that_panics() {
    let told = line(&Lines::of(Level::DEBUG, || drop(std::panic::catch_unwind(|| drop(panics())))), RAN);
    assert!(told.contains("succeeded=false error=Broken"), "{told}");
}

#[circuit_breaker(service = "logs-error-mute", map_error = |_| Mute, fallback = |_| Ok(1))]
fn mute() -> Result<u32, Mute> {
    Err(Mute)
}

#[circuit_breaker(service = "logs-error-generic", fallback = |_| Ok(1))]
async fn generic<E: From<CircuitBreakerError>>(error: E) -> Result<u32, E> {
    Err(error)
}

#[circuit_breaker(service = "logs-error-bound", fallback = |_| Ok(1))]
fn bound<E: From<CircuitBreakerError> + fmt::Debug>(error: E) -> Result<u32, E> {
    Err(error)
}

#[test]
fn an_error_that_is_not_debug_is_left_out() {
    let without = [
        ("logs-error-mute", line(&Lines::of(Level::DEBUG, || drop(mute())), RAN)),
        ("logs-error-generic", line(&Lines::of(Level::DEBUG, || drop(block_on(generic(Fault::Broken)))), RAN)),
    ];
    for (service, told) in without {
        assert!(told.ends_with(&format!("service=\"{service}\" succeeded=true")), "{told}");
    }
    let told = line(&Lines::of(Level::DEBUG, || drop(bound(Fault::Broken))), RAN);
    assert!(told.contains("error=Broken"), "{told}");
}

#[circuit_breaker(service = "logs-degraded", fail_fast = false)]
async fn degrades() -> Result<Option<u32>, Fault> {
    Err(Fault::Broken)
}

#[circuit_breaker(service = "logs-degraded-classified", fail_fast = false, failure_if = |_| true)]
fn degrades_by_error() -> Result<Vec<u8>, Fault> {
    Err(Fault::Broken)
}

#[circuit_breaker(service = "logs-degraded-mute", preset = "cache")]
fn degrades_mute() -> Result<u32, Mute> {
    Err(Mute)
}

#[circuit_breaker(service = "logs-degraded-opaque", fail_fast = false)]
fn degrades_to_opaque(ok: bool) -> Result<impl Default + fmt::Debug, Fault> {
    if ok { Ok(7_u32) } else { Err(Fault::Broken) }
}

#[test]
fn the_error_is_logged_where_a_default_value_answers_it() {
    let told = line(&Lines::of(Level::DEBUG, || assert!(matches!(block_on(degrades()), Ok(None)))), DEGRADED);
    assert!(told.contains("service=\"logs-degraded\" error=Broken"), "{told}");
    reject("logs-degraded");
    let told = line(&Lines::of(Level::DEBUG, || assert!(matches!(block_on(degrades()), Ok(None)))), DEGRADED);
    assert!(told.contains("service=\"logs-degraded\" error=Rejected("), "{told}");
    let told = line(&Lines::of(Level::DEBUG, || drop(degrades_by_error())), DEGRADED);
    assert!(told.contains("service=\"logs-degraded-classified\" error=Broken"), "{told}");
    let told = line(&Lines::of(Level::DEBUG, || drop(degrades_mute())), DEGRADED);
    assert!(told.ends_with("service=\"logs-degraded-mute\""), "{told}");
    let told = line(&Lines::of(Level::DEBUG, || drop(degrades_to_opaque(false))), DEGRADED);
    assert!(told.contains("service=\"logs-degraded-opaque\""), "{told}");
    assert_eq!(format!("{:?}", degrades_to_opaque(true).ok()), "Some(7)");
}

/// Counts how often it is formatted.
struct Counted(Arc<AtomicU32>);

impl fmt::Debug for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fetch_add(1, Ordering::Relaxed);
        f.write_str("counted")
    }
}

impl From<CircuitBreakerError> for Counted {
    fn from(_: CircuitBreakerError) -> Self {
        Self(Arc::default())
    }
}

#[circuit_breaker(service = "logs-error-counted", fallback = |_| Ok(()))]
fn counted(formatted: &Arc<AtomicU32>) -> Result<(), Counted> {
    Err(Counted(Arc::clone(formatted)))
}

#[circuit_breaker(service = "logs-error-counted-too", fail_fast = false)]
async fn counted_and_degraded(formatted: &Arc<AtomicU32>) -> Result<(), Counted> {
    Err(Counted(Arc::clone(formatted)))
}

#[test]
fn nothing_is_formatted_where_nobody_listens() {
    let formatted = Arc::default();
    let run = || {
        counted(&formatted).expect("the fallback's");
        block_on(counted_and_degraded(&formatted)).expect("the default");
    };
    run();
    assert!(Lines::of(Level::INFO, run).is_empty());
    assert_eq!(formatted.load(Ordering::Relaxed), 0);
    assert_eq!(Lines::of(Level::DEBUG, run).len(), 2);
    assert_eq!(formatted.load(Ordering::Relaxed), 2);
}

/// Panics where it should be shown.
struct Bomb;

impl fmt::Debug for Bomb {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("of Debug")
    }
}

impl From<CircuitBreakerError> for Bomb {
    fn from(_: CircuitBreakerError) -> Self {
        Self
    }
}

#[circuit_breaker(service = "logs-error-bomb", fallback = |_| Ok(1))]
fn bomb() -> Result<u32, Bomb> {
    Err(Bomb)
}

#[circuit_breaker(service = "logs-degraded-bomb", fail_fast = false)]
fn degraded_bomb() -> Result<u32, Bomb> {
    Err(Bomb)
}

#[test]
fn an_error_that_panics_where_it_is_shown_harms_nobody() {
    let told = line(&Lines::of(Level::DEBUG, || assert!(matches!(bomb(), Ok(1)))), RAN);
    assert!(told.ends_with("service=\"logs-error-bomb\" succeeded=true"), "{told}");
    let told = line(&Lines::of(Level::DEBUG, || assert!(matches!(degraded_bomb(), Ok(0)))), DEGRADED);
    assert!(told.ends_with("service=\"logs-degraded-bomb\""), "{told}");
    let metrics = Registry::global().get("logs-error-bomb").expect("annotated").metrics();
    assert_eq!((metrics.failures, metrics.fallback_successes), (1, 1));
}

/// Panics at each event, or at the question whether it listens.
struct Broken {
    is_asked: bool,
}

impl Subscriber for Broken {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, _: &Metadata<'_>) -> bool {
        assert!(!self.is_asked, "of the subscriber");
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        panic!("of the subscriber");
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[circuit_breaker(service = "logs-error-subscriber", fallback = |_| Ok(1))]
fn under_a_broken_subscriber() -> Result<u32, Fault> {
    Err(Fault::Broken)
}

#[test]
fn a_subscriber_that_panics_harms_nobody() {
    for is_asked in [false, true] {
        tracing::subscriber::with_default(Broken { is_asked }, || {
            assert!(matches!(under_a_broken_subscriber(), Ok(1)));
            assert!(matches!(block_on(degrades_under_a_broken_subscriber()), Ok(0)));
        });
    }
    let metrics = Registry::global().get("logs-error-subscriber").expect("annotated").metrics();
    assert_eq!((metrics.failures, metrics.fallback_successes), (2, 2));
}

#[circuit_breaker(service = "logs-degraded-subscriber", fail_fast = false)]
async fn degrades_under_a_broken_subscriber() -> Result<u32, Fault> {
    Err(Fault::Broken)
}

/// An error that stays on its thread.
#[derive(Debug)]
struct Local(#[expect(dead_code, reason = "what makes it local")] std::rc::Rc<()>);

#[circuit_breaker(service = "logs-degraded-local", fail_fast = false)]
async fn local_and_degraded() -> Result<u32, Local> {
    Err(Local(std::rc::Rc::default()))
}

#[test]
fn a_future_whose_error_is_not_send_stays_send() {
    fn is_send<F: Future + Send>(future: F) -> F::Output {
        block_on(future)
    }
    assert!(matches!(is_send(local_and_degraded()), Ok(0)));
}
