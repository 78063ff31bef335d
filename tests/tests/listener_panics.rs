//! Panics in user code while events are delivered: in listeners, drops of panic payloads, wakers and log subscribers.
//! They affect nothing else.

use std::panic::panic_any;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use breaker_core::{CircuitBreaker, Config, Mode, Registry, State};
use breaker_tests::bomb::Bomb;
use breaker_tests::lines::Lines;
use breaker_tests::{rig, s, transition};

const OPENED: (State, State) = (State::Closed, State::Open);
const CLOSED: (State, State) = (State::Open, State::Closed);

fn one() -> Result<Config, breaker_core::ConfigError> {
    Config::builder().consecutive_failures(1).success_threshold(1).open_timeout(s(5.0)).build()
}

#[test]
fn a_panic_whose_payload_panics_when_it_is_dropped_silences_nobody() {
    let rig = rig(one());
    let heard = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&heard);
    rig.breaker.on_event(move |_| {
        if count.fetch_add(1, Ordering::SeqCst) < 3 {
            panic_any(Bomb(2));
        }
    });
    let behind = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&behind);
    rig.breaker.on_event(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
    });
    for _ in 0..500 {
        rig.calls("F");
        rig.breaker.reset();
    }
    assert_eq!((heard.load(Ordering::SeqCst), behind.load(Ordering::SeqCst)), (1_000, 1_000));
    assert_eq!(rig.transitions().len(), 1_000);
    assert_eq!(rig.breaker.history(), rig.events()[1_000 - 32..]);
}

/// A listener's captured values are dropped with the last handle. Here, that happens inside a listener that a caller
/// runs.
#[test]
fn listeners_that_panic_when_they_are_dropped_harm_nobody() {
    let registry = Registry::new();
    let breaker = registry.get_or_create("listener-panics-dropped", one().expect("valid"));
    for bomb in [Bomb(2), Bomb(2)] {
        registry.on_event(move |_| _ = &bomb);
    }
    let handles = Mutex::new(Some((registry, breaker.clone())));
    for bomb in [Bomb(2), Bomb(2)] {
        breaker.on_event(move |_| _ = &bomb);
    }
    breaker.on_event(move |_| drop(handles.lock().expect("no panic").take()));
    let permit = breaker.try_acquire().expect("closed");
    drop(breaker);
    permit.failure();
}

/// A waker that panics if its first field is set, and counts its wakeups.
struct Wakes(bool, AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.1.fetch_add(1, Ordering::SeqCst);
        if self.0 {
            panic_any(Bomb(2));
        }
    }
}

#[test]
fn a_waker_that_panics_silences_nobody_and_keeps_nobody_asleep() {
    let rig = rig(one());
    let mut streams: Vec<_> = (0..3).map(|_| rig.breaker.subscribe()).collect();
    let wakes: Vec<_> = [false, true, false].map(|panics| Arc::new(Wakes(panics, AtomicUsize::new(0)))).into();
    {
        let mut waiting: Vec<_> = streams.iter_mut().map(|stream| Box::pin(stream.recv())).collect();
        for (event, wakes) in waiting.iter_mut().zip(&wakes) {
            let waker = Waker::from(Arc::clone(wakes));
            assert!(event.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        }
        rig.calls("F");
    }
    assert!(wakes.iter().all(|wakes| wakes.1.load(Ordering::SeqCst) == 1), "each is woken");
    rig.breaker.reset();
    assert_eq!(rig.transitions(), [OPENED, CLOSED]);
    for stream in &mut streams {
        let steps: Vec<_> = std::iter::from_fn(|| stream.try_recv()).filter_map(|event| transition(&event)).collect();
        assert_eq!(steps, [OPENED, CLOSED]);
    }
}

#[test]
fn a_waker_that_panics_as_the_breaker_goes_harms_nobody() {
    let breaker = CircuitBreaker::new("listener-panics", one().expect("valid"));
    let mut stream = breaker.subscribe();
    let mut end = pin!(stream.recv());
    let wakes = Arc::new(Wakes(true, AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&wakes));
    assert!(end.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop(breaker);
    assert_eq!(wakes.1.load(Ordering::SeqCst), 1);
}

/// A log subscriber that panics at each event.
struct Panics;

impl tracing::Subscriber for Panics {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "circuit_breaker"
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        panic_any(format!("can't write {}", event.metadata().name()));
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn a_log_subscriber_that_panics_silences_nobody_and_fails_no_call() {
    let rig = rig(one());
    rig.breaker.on_event(|_| panic_any("and its panic is logged"));
    let mut stream = rig.breaker.subscribe();
    tracing::subscriber::with_default(Panics, || {
        rig.calls("F X");
        rig.breaker.set_mode(Mode::ForcedClosed);
    });
    assert_eq!((rig.events().len(), rig.breaker.history().len()), (3, 3));
    assert_eq!(std::iter::from_fn(|| stream.try_recv()).count(), 3);
    rig.assert_identity();
}

#[test]
fn a_panic_of_a_listener_is_logged() {
    let lines = Lines::of(tracing::Level::ERROR, || {
        let rig = rig(one());
        rig.breaker.on_event(|_| panic_any("a listener's own fault"));
        rig.calls("F");
    });
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(line.contains("a listener panicked") && line.contains("svc"), "{line}");
}
