//! Nothing leaks: after a million cycles, a hundred thousand breakers and a million dropped futures, the thread that
//! made them holds exactly as many bytes as before. In a binary of its own, because of its allocator.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use breaker_core::{
    CircuitBreaker, CircuitBreakerError, Clock, Config, ConfigBuilder, Fault, ManualClock, Mode, Permit, Registry,
    State, circuit_breaker,
};
use breaker_tests::block_on;

mod counting;

const OPEN: Duration = Duration::from_secs(30);

/// Runs `round` this many times. After a warm-up of a tenth of them, which fills what is kept (a history, a grown
/// table), the number of live bytes must stay the same.
#[track_caller]
fn assert_flat(what: &str, rounds: u32, mut round: impl FnMut()) {
    (0..rounds / 10).for_each(|_| round());
    let before = counting::live();
    (0..rounds).for_each(|_| round());
    assert_eq!(counting::live() - before, 0, "bytes after {rounds} {what}");
    println!("{rounds} {what}: 0 bytes");
}

fn one() -> ConfigBuilder {
    Config::builder().consecutive_failures(1).success_threshold(1)
}

fn breaker(config: &ConfigBuilder) -> (CircuitBreaker, ManualClock) {
    let (clock, time) = Clock::manual();
    (CircuitBreaker::with_clock("leaks", config.build().expect("valid"), clock), time)
}

/// Polls a future once and drops it.
fn poll_and_drop<T>(future: impl Future<Output = T>) {
    assert!(pin!(future).poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

#[test]
fn the_counter_sees_what_is_lost() {
    let before = counting::live();
    // Keeps the optimiser from removing the allocation.
    let kept = std::hint::black_box(Box::new(1_u64));
    assert_eq!((counting::live() - before, counting::made() > 0), (8, true));
    drop(kept);
    assert_eq!(counting::live(), before);
}

/// A peer leaks memory on every transition.
#[test]
fn a_million_cycles_from_closed_to_closed() {
    let (by_time, time) = breaker(&one());
    assert_flat("cycles", 500_000, || {
        let _ = by_time.call(|| Err::<(), _>(()));
        time.advance(OPEN);
        let _ = by_time.call(|| Ok::<_, ()>(()));
    });
    let (by_count, time) = breaker(&one().window(10));
    assert_flat("cycles of a window by count", 500_000, || {
        let _ = block_on(by_count.call_async(async { Err::<(), _>(()) }));
        time.advance(OPEN);
        let _ = block_on(by_count.call_async(async { Ok::<_, ()>(()) }));
    });
    for breaker in [by_time, by_count] {
        let transitions = breaker.metrics().transitions;
        assert_eq!((breaker.state(), transitions.half_open_to_closed), (State::Closed, 550_000));
    }
}

/// A peer leaks memory on drop.
#[test]
fn a_hundred_thousand_breakers() {
    let config = one().build().expect("valid");
    let (clock, _time) = Clock::manual();
    assert_flat("breakers", 100_000, || {
        let breaker = CircuitBreaker::with_clock("leaks", config.clone(), clock.clone());
        let _ = breaker.call(|| Err::<(), _>(()));
        assert!(breaker.try_acquire().is_err());
    });
}

#[derive(Debug)]
struct Down;

impl From<CircuitBreakerError> for Down {
    fn from(_: CircuitBreakerError) -> Self {
        Self
    }
}

#[circuit_breaker(service = "leaks-annotated", request_timeout = "1s", fallback = |_| Ok(name.len()))]
async fn annotated(name: String) -> Result<usize, Down> {
    let name = &name;
    std::future::pending::<()>().await;
    Ok(name.len())
}

#[test]
fn a_million_dropped_futures() {
    let (closed, _time) = breaker(&Config::builder());
    let never = || std::future::pending::<Result<(), ()>>();
    assert_flat("futures that were never polled", 200_000, || drop(closed.call_async(never())));
    assert_flat("futures that were pending", 200_000, || poll_and_drop(closed.call_async(never())));
    let (timed, _time) = breaker(&Config::builder().request_timeout(OPEN));
    assert_flat("futures that had a deadline", 200_000, || poll_and_drop(timed.call_async(never())));
    assert_flat("futures of an annotated function", 200_000, || poll_and_drop(annotated("name".to_owned())));
    let (half_open, time) = breaker(&one());
    let _ = half_open.call(|| Err::<(), _>(()));
    time.advance(OPEN);
    assert_flat("probes", 200_000, || poll_and_drop(half_open.call_async(never())));
    assert_eq!(half_open.state(), State::HalfOpen);
    for breaker in [closed, timed, half_open] {
        assert!(breaker.metrics().abandoned >= 220_000);
        breaker_tests::assert_identity(&breaker);
    }
}

/// Timers of the runtime are released, too.
#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_futures_dropped_while_a_timer_of_tokio_ran() {
    let config = Config::builder().request_timeout(OPEN).build().expect("valid");
    let breaker = CircuitBreaker::new("leaks", config);
    let mut rounds = Box::new(0);
    // With the task's own waker. A timer that is dropped releases it.
    std::future::poll_fn(|cx| {
        assert_flat("futures with a timer", 100_000, || {
            let future = pin!(breaker.call_async(std::future::pending::<Result<(), ()>>()));
            assert!(future.poll(cx).is_pending());
            *rounds += 1;
        });
        Poll::Ready(())
    })
    .await;
    assert_eq!((*rounds, breaker.metrics().abandoned), (110_000, 110_000));
}

#[test]
fn a_hundred_thousand_listeners_and_subscribers() {
    let alive = Arc::new(());
    let (clock, _time) = Clock::manual();
    assert_flat("breakers with a listener and a subscriber", 50_000, || {
        let breaker = CircuitBreaker::with_clock("leaks", one().build().expect("valid"), clock.clone());
        let held = Arc::clone(&alive);
        breaker.on_event(move |_| drop(Arc::clone(&held)));
        let mut events = breaker.subscribe();
        let _ = breaker.call(|| Err::<(), _>(()));
        breaker.reset();
        assert!(events.try_recv().is_some());
    });
    assert_eq!(Arc::strong_count(&alive), 1, "listeners are dropped with their breaker");

    let (breaker, _time) = breaker(&one());
    // A subscriber that never reads. Its queue is bounded.
    let _lagging = breaker.subscribe();
    assert_flat("subscribers of one breaker", 50_000, || {
        let mut events = breaker.subscribe();
        let _ = breaker.call(|| Err::<(), _>(()));
        breaker.reset();
        assert!(events.try_recv().is_some());
    });
}

/// A listener that panics at each event, and one that hangs. The queue of events for the second one is bounded.
#[test]
fn a_hundred_thousand_transitions_with_bad_listeners() {
    let (breaker, _time) = breaker(&one());
    let (hear, hears) = std::sync::mpsc::channel();
    let (end, ends) = std::sync::mpsc::channel::<()>();
    let ends = std::sync::Mutex::new(ends);
    breaker.on_event(move |_| {
        let _ = hear.send(());
        let _ = ends.lock().expect("no panic").recv();
    });
    let stuck = {
        let breaker = breaker.clone();
        std::thread::spawn(move || breaker.set_mode(Mode::Shadow))
    };
    hears.recv().expect("it hangs");
    // Added now, so that the blocked caller doesn't run it, too: a worker would take it over after some seconds.
    breaker.on_event(|_| std::panic::resume_unwind(Box::new(1_u64)));
    assert_flat("transitions with bad listeners", 50_000, || {
        let _ = breaker.call(|| Err::<(), _>(()));
        breaker.reset();
    });
    assert_eq!(breaker.metrics().dropped_events, 110_000 - 1_024);
    drop(end);
    stuck.join().expect("no panic");
}

#[test]
fn ten_thousand_registries() {
    assert_flat("registries", 10_000, || {
        let (clock, _time) = Clock::manual();
        let registry = Registry::with_clock(clock);
        registry.on_event(|_| ());
        let mut events = registry.subscribe();
        for service in ["leaks-a", "leaks-b", "leaks-c"] {
            let breaker = registry.get_or_create(service, one().build().expect("valid"));
            let _ = breaker.call(|| Err::<(), _>(()));
        }
        assert!(events.try_recv().is_some());
        assert_eq!(registry.metrics().services.len(), 3);
    });
}

/// Code that asks for its breaker on every call, with a conflicting configuration, causes one conflict and not a
/// growing list.
#[test]
fn a_hundred_thousand_questions_for_one_service() {
    let registry = Registry::new();
    let two = Config::builder().consecutive_failures(2).build().expect("valid");
    let (first, second) = (one().build().expect("valid"), two);
    let _ = registry.get_or_create("leaks-asked", first);
    assert_flat("questions", 100_000, || drop(registry.get_or_create("leaks-asked", second.clone())));
    assert!(!registry.conflicts().is_empty());
    assert!(registry.conflicts().len() < 5, "{:?}", registry.conflicts());
}

#[test]
fn a_hundred_thousand_changes_by_hand() {
    let (breaker, _time) = breaker(&one());
    let configs = [one().window(100), one().window(200), one(), one().window(OPEN)].map(|c| c.build().expect("valid"));
    assert_flat("changes", 25_000, || {
        for config in &configs {
            let _ = breaker.call(|| Err::<(), _>(()));
            breaker.reconfigure(config.clone());
        }
        breaker.set_mode(Mode::ForcedOpen);
        breaker.set_mode(Mode::Automatic);
        breaker.reset();
    });
}

/// A forgotten permit does not block the breaker: its lease ends, and the circuit can probe again.
#[test]
fn a_hundred_thousand_forgotten_permits_wedge_nothing() {
    let (breaker, time) = breaker(&one().half_open_max_calls(2).half_open_timeout(OPEN));
    let _ = breaker.call(|| Err::<(), _>(()));
    assert_flat("forgotten permits", 50_000, || {
        time.advance(OPEN);
        for _ in 0..2 {
            std::mem::forget(breaker.try_acquire().expect("half-open"));
        }
        assert!(breaker.try_acquire().is_err());
        // The lease of the probes ends; an open period of the same length follows.
        time.advance(OPEN);
        assert_eq!(breaker.state(), State::Open);
    });
    time.advance(OPEN);
    breaker.try_acquire().map(Permit::success).expect("half-open");
    assert_eq!((breaker.state(), breaker.metrics().in_flight), (State::Closed, 110_000));
    breaker_tests::assert_identity(&breaker);
}

/// A scope is kept for good; what enters and leaves it keeps nothing.
#[test]
fn a_hundred_thousand_calls_in_a_scope() {
    #[circuit_breaker(service = "leaks-scoped", consecutive_failures = 2)]
    fn scoped() -> Result<(), CircuitBreakerError> {
        Ok(())
    }

    let scope = Registry::scope();
    assert_flat("calls in a scope", 100_000, || {
        scope.inject("leaks-scoped", Fault::error(|| CircuitBreakerError::timed_out("leaks", OPEN)).times(1));
        assert!(scope.wrap(scoped)().is_err());
        assert!(block_on(scope.instrument(async { scoped() })).is_ok());
        poll_and_drop(scope.instrument(std::future::pending::<()>()));
    });
}
