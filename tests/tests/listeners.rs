//! Each listener has a queue of its own. A slow or hung listener affects no other listener, and only the caller that
//! runs it. The tests synchronise threads through channels. Panicking listeners are tested in `listener_panics`.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};

use breaker_core::{
    CircuitBreaker, Config, Event, EventKind, Mode, Origin, Registry, Settings, SettingsLayer, SourcedSettings, State,
};
use breaker_tests::slow::Slow;
use breaker_tests::{rig, s, transition};

/// Events that can wait for one listener.
const CAPACITY: usize = 1_024;

const OPENED: (State, State) = (State::Closed, State::Open);
const CLOSED: (State, State) = (State::Open, State::Closed);

fn one() -> Result<Config, breaker_core::ConfigError> {
    Config::builder().consecutive_failures(1).success_threshold(1).open_timeout(s(5.0)).build()
}

/// Returns a breaker without a rig, whose only listeners are those of the test.
fn alone() -> CircuitBreaker {
    CircuitBreaker::new("listeners", one().expect("valid"))
}

/// Makes this many transitions: the circuit opens and closes in turn.
fn transitions(breaker: &CircuitBreaker, count: usize) {
    for _ in 0..count {
        if breaker.state() == State::Closed {
            breaker.call(|| Err::<(), _>(())).expect_err("it fails");
        } else {
            breaker.reset();
        }
    }
}

/// Returns a listener that keeps all events, and the events.
fn keeps() -> (Arc<Mutex<Vec<Event>>>, impl Fn(&Event) + Send + Sync + 'static) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&heard);
    (heard, move |event: &Event| sink.lock().expect("no panic").push(event.clone()))
}

fn steps(heard: &Mutex<Vec<Event>>) -> Vec<(State, State)> {
    heard.lock().expect("no panic").iter().filter_map(transition).collect()
}

/// Opens the circuit on another thread, which its slow listener blocks.
fn open_elsewhere(breaker: &CircuitBreaker) -> thread::JoinHandle<()> {
    let breaker = breaker.clone();
    thread::spawn(move || transitions(&breaker, 1))
}

#[test]
fn an_idle_listener_has_heard_on_the_callers_thread_before_the_call_returns() {
    let registry = Registry::new();
    let heard: Arc<Mutex<Vec<ThreadId>>> = Arc::default();
    let sink = Arc::clone(&heard);
    registry.on_event(move |_| sink.lock().expect("no panic").push(thread::current().id()));
    let breaker = registry.get_or_create("listeners-idle", one().expect("valid"));
    for thread in 1..4 {
        thread::scope(|scope| {
            let caller = scope.spawn(|| {
                transitions(&breaker, 1);
                assert_eq!(heard.lock().expect("no panic").last(), Some(&thread::current().id()));
            });
            caller.join().expect("heard");
        });
        assert_eq!(heard.lock().expect("no panic").len(), thread);
    }
}

#[test]
fn a_busy_listener_holds_up_no_other_caller_and_hears_everything_in_order_one_at_a_time() {
    let rig = rig(one());
    let (slow, listener) = Slow::new();
    rig.breaker.on_event(listener);
    let caller = open_elsewhere(&rig.breaker);
    assert_eq!(transition(&slow.next()), Some(OPENED));
    // If these calls waited for the listener, the test would hang.
    rig.wait(5.0);
    rig.calls("S");
    transitions(&rig.breaker, 200);
    assert!(slow.hears.try_recv().is_err(), "one at a time");
    let all = rig.transitions();
    assert_eq!(all.len(), 203);
    slow.go();
    for step in &all[1..] {
        assert_eq!(transition(&slow.next()).as_ref(), Some(step));
        assert!(slow.hears.try_recv().is_err(), "one at a time");
        slow.go();
    }
    caller.join().expect("it runs only its own event");
    assert_eq!(rig.breaker.metrics().dropped_events, 0);
}

#[test]
fn the_caller_of_a_busy_listener_returns_after_its_own_event() {
    let breaker = alone();
    let (slow, listener) = Slow::new();
    breaker.on_event(listener);
    let caller = open_elsewhere(&breaker);
    slow.next();
    transitions(&breaker, 5);
    slow.go();
    // A worker handles the next event and is blocked in it.
    slow.next();
    caller.join().expect("the first caller has returned");
}

/// A hung listener leaves everything else of the registry unaffected.
#[test]
fn a_listener_that_hangs_freezes_neither_history_nor_streams_nor_other_listeners_nor_the_registry() {
    let registry = Registry::new();
    let [a, b] = ["listeners-a", "listeners-b"].map(|name| registry.get_or_create(name, one().expect("valid")));
    let (slow, listener) = Slow::new();
    a.on_event(listener);
    let (other, listener) = keeps();
    a.on_event(listener);
    let (above, listener) = keeps();
    registry.on_event(listener);
    let (mut stream, mut all) = (a.subscribe(), registry.subscribe());
    let caller = open_elsewhere(&a);
    slow.next();
    transitions(&a, 99);
    transitions(&b, 100);
    let steps_of_a: Vec<_> = [OPENED, CLOSED].into_iter().cycle().take(100).collect();
    assert_eq!(steps(&other), steps_of_a);
    assert_eq!(above.lock().expect("no panic").len(), 200);
    assert_eq!(std::iter::from_fn(|| stream.try_recv()).count(), 100);
    assert_eq!(std::iter::from_fn(|| all.try_recv()).count(), 200);
    a.set_mode(Mode::ForcedOpen);
    let last = a.history().pop().expect("an event").kind;
    assert!(matches!(last, EventKind::ModeChanged { from: Mode::Automatic, to: Mode::ForcedOpen, .. }), "{last:?}");
    drop(slow);
    caller.join().expect("no panic");
}

#[test]
fn the_listeners_behind_one_that_hangs_hear_the_very_event_at_which_it_hangs() {
    let registry = Registry::new();
    let breaker = registry.get_or_create("listeners-behind", one().expect("valid"));
    let (first, listener) = Slow::new();
    registry.on_event(listener);
    let (say, heard) = channel();
    for name in ["own", "next"] {
        let say = say.clone();
        breaker.on_event(move |event| say.send((name, transition(event))).expect("the test listens"));
    }
    let caller = open_elsewhere(&breaker);
    first.next();
    // The circuit makes no other transition.
    let mut both = [heard.recv().expect("heard"), heard.recv().expect("heard")];
    both.sort_unstable_by_key(|(name, _)| *name);
    assert_eq!(both, [("next", Some(OPENED)), ("own", Some(OPENED))]);
    drop(first);
    caller.join().expect("no panic");
    assert!(heard.try_recv().is_err(), "once each");
}

#[test]
fn of_a_full_queue_the_newest_events_are_dropped_and_counted() {
    let registry = Registry::new();
    let breaker = registry.get_or_create("listeners-full", one().expect("valid"));
    let (slow, listener) = Slow::new();
    breaker.on_event(listener);
    let caller = open_elsewhere(&breaker);
    let first = slow.next();
    transitions(&breaker, CAPACITY);
    assert_eq!(breaker.metrics().dropped_events, 0, "the event being handled does not occupy the queue");
    transitions(&breaker, 10);
    assert_eq!(breaker.metrics().dropped_events, 10);
    let mut last = first;
    for _ in 0..CAPACITY {
        slow.go();
        let event = slow.next();
        assert_eq!(transition(&event), Some(if transition(&last) == Some(OPENED) { CLOSED } else { OPENED }));
        assert!(event.at >= last.at);
        last = event;
    }
    caller.join().expect("no panic");
    // The next event is a new one, not a dropped one. The thread that runs the listener is not blocked.
    slow.go();
    slow.go();
    breaker.set_mode(Mode::Shadow);
    assert!(matches!(slow.next().kind, EventKind::ModeChanged { .. }));
    assert_eq!((breaker.metrics().dropped_events, registry.metrics().dropped_events), (10, 0));
}

#[test]
fn what_a_listener_of_a_registry_misses_is_counted_by_the_registry() {
    let registry = Registry::new();
    let breaker = registry.get_or_create("listeners-registry", one().expect("valid"));
    let (slow, listener) = Slow::new();
    registry.on_event(listener);
    let caller = open_elsewhere(&breaker);
    slow.next();
    transitions(&breaker, CAPACITY + 7);
    assert_eq!((breaker.metrics().dropped_events, registry.metrics().dropped_events), (0, 7));
    drop(slow);
    caller.join().expect("no panic");
}

/// 600,000 transitions. For a hung listener, only a full queue of them is kept.
#[test]
fn six_hundred_thousand_transitions_leave_a_listener_that_hangs_with_a_full_queue_and_no_more() {
    let breaker = alone();
    let (slow, listener) = Slow::new();
    breaker.on_event(listener);
    let caller = open_elsewhere(&breaker);
    slow.next();
    // Not there before: it would be behind the hung one, and a worker might take it over, for which it can be too slow.
    let heard = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&heard);
    breaker.on_event(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        // `resume_unwind` skips the panic hook, which would write a line for each event.
        resume_unwind(Box::new(()));
    });
    transitions(&breaker, 600_000);
    let waiting = 600_000 - breaker.metrics().dropped_events;
    assert_eq!((waiting, heard.load(Ordering::Relaxed)), (CAPACITY as u64, 600_000));
    drop(slow);
    caller.join().expect("no panic");
}

#[test]
fn a_listener_hears_what_it_causes_before_the_call_returns() {
    let breaker = alone();
    let (handle, heard) = (breaker.clone(), Arc::new(Mutex::new(Vec::new())));
    let sink = Arc::clone(&heard);
    breaker.on_event(move |event| {
        sink.lock().expect("no panic").extend(transition(event));
        if transition(event) == Some(OPENED) {
            handle.reset();
        }
    });
    transitions(&breaker, 1);
    assert_eq!(*heard.lock().expect("no panic"), [OPENED, CLOSED]);
}

#[test]
fn a_listener_that_causes_an_event_by_each_event_keeps_no_caller() {
    let breaker = alone();
    let (handle, (say, heard)) = (breaker.clone(), channel());
    let (go, wait) = channel();
    let wait = Mutex::new(wait);
    let caller = thread::current().id();
    breaker.on_event(move |_| {
        if thread::current().id() != caller {
            // Blocks, so that the listener does not go on before the caller's call has returned.
            let _ = wait.lock().unwrap_or_else(PoisonError::into_inner).recv();
        }
        say.send(thread::current().id()).expect("the test listens");
        handle.set_mode(if handle.mode() == Mode::Shadow { Mode::Automatic } else { Mode::Shadow });
    });
    breaker.set_mode(Mode::Shadow);
    let here = heard.try_iter().count();
    assert!((1..100).contains(&here), "{here} on the caller's thread");
    for _ in 0..100 {
        go.send(()).expect("the listener is there");
        assert_ne!(heard.recv(), Ok(caller));
    }
}

/// Forcing the circuit closed causes two events: the mode's and the transition's. Both are published together.
#[test]
fn a_listener_that_hangs_at_the_first_of_two_events_keeps_the_second_from_nobody() {
    let rig = rig(one());
    rig.calls("F");
    let (slow, listener) = Slow::new();
    rig.breaker.on_event(listener);
    let caller = {
        let breaker = rig.breaker.clone();
        thread::spawn(move || breaker.set_mode(Mode::ForcedClosed))
    };
    assert!(matches!(slow.next().kind, EventKind::ModeChanged { .. }));
    assert_eq!(rig.breaker.history().last().and_then(transition), Some(CLOSED));
    transitions(&rig.breaker, 0);
    rig.breaker.set_mode(Mode::Automatic);
    assert_eq!((rig.events().len(), rig.breaker.history().len()), (4, 4));
    drop(slow);
    caller.join().expect("no panic");
}

/// A registry applies all changes before it announces the first one.
#[test]
fn a_listener_that_hangs_at_one_services_reconfiguration_keeps_no_other_services_events() {
    let registry = Registry::new();
    let [a, b] = ["listeners-a", "listeners-b"].map(|name| registry.get_or_create(name, one().expect("valid")));
    let (slow, listener) = Slow::new();
    a.on_event(listener);
    let (heard, listener) = keeps();
    b.on_event(listener);
    let mut stream = b.subscribe();
    let caller = {
        let registry = registry.clone();
        let settings = Settings { success_threshold: Some(2), ..Settings::NONE };
        let mut layer = SettingsLayer::default();
        layer.defaults = SourcedSettings::new(settings.clone(), |_| Origin::Runtime);
        for name in ["listeners-a", "listeners-b"] {
            layer.services.insert(name.to_owned(), layer.defaults.clone());
        }
        thread::spawn(move || registry.configure(layer).expect("valid"))
    };
    assert!(matches!(slow.next().kind, EventKind::Reconfigured { .. }));
    let first = stream.try_recv().map(|event| event.kind);
    assert!(matches!(first, Some(EventKind::Reconfigured { .. })), "streams come first: {first:?}");
    transitions(&b, 1);
    let kinds = |events: &[Event]| events.iter().map(transition).collect::<Vec<_>>();
    assert_eq!(kinds(&b.history()), [None, Some(OPENED)]);
    assert_eq!(kinds(&heard.lock().expect("no panic")), [None, Some(OPENED)]);
    drop(slow);
    caller.join().expect("no panic");
}
