//! Listeners, event streams and the history: one transition gives exactly one event.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use breaker_core::{CircuitBreaker, Config, EventKind, Mode, State};
use breaker_tests::{rig, s, transition};

fn one() -> Result<Config, breaker_core::ConfigError> {
    Config::builder().consecutive_failures(1).success_threshold(1).open_timeout(s(5.0)).build()
}

#[test]
fn case_32_a_listener_may_reset_inside_opened() {
    let rig = rig(one());
    let breaker = rig.breaker.clone();
    rig.breaker.on_event(move |event| {
        if transition(event) == Some((State::Closed, State::Open)) {
            breaker.reset();
        }
    });
    rig.calls("F");
    assert_eq!(rig.state(), State::Closed);
    assert_eq!(rig.transitions(), [(State::Closed, State::Open), (State::Open, State::Closed)]);
}

#[test]
fn case_32_a_listener_may_call_the_breaker_in_every_way() {
    let rig = rig(one());
    let breaker = rig.breaker.clone();
    rig.breaker.on_event(move |event| {
        let _ = (breaker.state(), breaker.metrics(), breaker.history(), breaker.config());
        if transition(event).is_some() {
            let _ = breaker.call(|| Ok::<_, ()>(()));
            breaker.on_event(|_| {});
        }
    });
    rig.calls("F");
    rig.wait(5.0);
    rig.breaker.set_mode(Mode::Shadow);
    rig.calls("S");
    rig.assert_identity();
}

#[test]
fn case_32_a_listener_that_panics_harms_nobody() {
    let rig = rig(one());
    let after = Arc::new(AtomicUsize::new(0));
    rig.breaker.on_event(|_| std::panic::panic_any("a listener's own fault"));
    let count = Arc::clone(&after);
    rig.breaker.on_event(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
    });
    let outcome = catch_unwind(AssertUnwindSafe(|| rig.calls("F X")));
    assert!(outcome.is_ok());
    rig.wait(5.0);
    rig.calls("S");
    assert_eq!(rig.state(), State::Closed);
    assert_eq!(after.load(Ordering::SeqCst), 3, "the listener behind it hears everything");
}

#[test]
fn listeners_run_in_order_after_the_transition() {
    let rig = rig(one());
    let log = Arc::new(Mutex::new(Vec::new()));
    for name in ["first", "second", "third"] {
        let (log, breaker) = (Arc::clone(&log), rig.breaker.clone());
        rig.breaker.on_event(move |_| log.lock().expect("no panic").push((name, breaker.state())));
    }
    rig.calls("F");
    assert_eq!(
        *log.lock().expect("no panic"),
        [("first", State::Open), ("second", State::Open), ("third", State::Open)]
    );
}

#[test]
fn a_listener_hears_events_in_the_order_in_which_they_happened() {
    let rig = rig(one());
    let breaker = rig.breaker.clone();
    let seen = Arc::new(Mutex::new(Vec::new()));
    // The first listener causes an event while it handles one; the second must not hear them swapped.
    rig.breaker.on_event(move |event| {
        if transition(event) == Some((State::Closed, State::Open)) {
            breaker.reset();
        }
    });
    let log = Arc::clone(&seen);
    rig.breaker.on_event(move |event| log.lock().expect("no panic").extend(transition(event)));
    rig.calls("F");
    assert_eq!(*seen.lock().expect("no panic"), [(State::Closed, State::Open), (State::Open, State::Closed)]);
}

#[test]
fn one_transition_gives_exactly_one_event_however_many_threads_fail() {
    for _ in 0..50 {
        let breaker = CircuitBreaker::new("one-event", Config::builder().failure_threshold(4).build().expect("valid"));
        let opened = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&opened);
        breaker.on_event(move |event| {
            count.fetch_add(usize::from(transition(event).is_some()), Ordering::SeqCst);
        });
        let permits: Vec<_> = (0..16).map(|_| breaker.try_acquire().expect("closed")).collect();
        std::thread::scope(|scope| {
            for permit in permits {
                scope.spawn(|| permit.failure());
            }
        });
        assert_eq!(breaker.state(), State::Open);
        assert_eq!(opened.load(Ordering::SeqCst), 1);
        assert_eq!(breaker.metrics().transitions.closed_to_open, 1);
    }
}

#[test]
fn a_subscriber_gets_every_event_with_service_and_time() {
    let rig = rig(one());
    let mut events = rig.breaker.subscribe();
    rig.wait(2.0);
    rig.calls("F");
    rig.wait(5.0);
    rig.calls("S");
    let mut steps = Vec::new();
    while let Some(event) = events.try_recv() {
        assert_eq!(event.service, Some("svc"));
        steps.push((transition(&event).expect("only transitions"), event.at));
    }
    assert_eq!(
        steps,
        [
            ((State::Closed, State::Open), s(2.0)),
            ((State::Open, State::HalfOpen), s(7.0)),
            ((State::HalfOpen, State::Closed), s(7.0)),
        ]
    );
}

#[test]
fn a_slow_subscriber_never_holds_the_breaker_up() {
    let rig = rig(one());
    let events = rig.breaker.subscribe();
    for _ in 0..5_000 {
        rig.calls("F");
        rig.breaker.reset();
    }
    assert_eq!(rig.breaker.metrics().transitions.closed_to_open, 5_000);
    drop(events);
}

#[test]
fn the_history_holds_the_latest_events_and_is_bounded() {
    let rig = rig(one());
    assert!(rig.breaker.history().is_empty());
    rig.calls("F");
    rig.wait(5.0);
    rig.calls("S");
    let steps: Vec<_> = rig.breaker.history().iter().filter_map(transition).collect();
    assert_eq!(steps, rig.transitions());
    for _ in 0..10_000 {
        rig.calls("F");
        rig.breaker.reset();
    }
    let history = rig.breaker.history();
    assert!(history.len() < 10_000, "{}", history.len());
    assert_eq!(history.last().and_then(transition), Some((State::Open, State::Closed)));
}

#[test]
fn reconfiguration_is_an_event() {
    let rig = rig(one());
    rig.breaker.reconfigure(Config::default());
    assert!(matches!(rig.events().as_slice(), [event] if matches!(event.kind, EventKind::Reconfigured { .. })));
}

#[test]
fn every_event_prints_service_states_and_cause() {
    let rig = rig(one());
    rig.calls("F");
    rig.wait(5.0);
    rig.calls("S");
    rig.breaker.set_mode(Mode::ForcedOpen);
    let texts: Vec<_> = rig.events().iter().map(ToString::to_string).collect();
    assert!(texts.iter().all(|text| text.contains("svc")), "{texts:?}");
    assert!(texts[0].contains("closed") && texts[0].contains("open"), "{texts:?}");
    assert!(texts[3].contains("forced_open"), "{texts:?}");
}

#[test]
fn a_reset_that_changes_no_state_holds_up_no_later_event() {
    let rig = rig(Config::builder().consecutive_failures(1).build());
    rig.breaker.reset();
    rig.calls("F");
    assert_eq!(rig.transitions(), [(State::Closed, State::Open)]);
}

/// Looks at the breaker when it is woken.
struct Looks(CircuitBreaker, AtomicUsize);

impl Wake for Looks {
    fn wake(self: Arc<Self>) {
        self.1.store(self.0.history().len(), Ordering::Relaxed);
    }
}

#[test]
fn whoever_waits_for_an_event_is_woken_outside_the_lock() {
    let rig = rig(one());
    let mut stream = rig.breaker.subscribe();
    let mut event = pin!(stream.recv());
    let looks = Arc::new(Looks(rig.breaker.clone(), AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&looks));
    assert!(event.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    // Under the lock, this would hang.
    rig.calls("F");
    assert_eq!(looks.1.load(Ordering::Relaxed), 1, "the event is in the history by then");
}
