//! Background tasks of a registry, and events about a source that can't be used.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use breaker_core::{BadConfiguration, Clock, Config, EventKind, Registry};
use breaker_tests::bomb::Bomb;
use breaker_tests::lines::Lines;
use breaker_tests::{pass, settle};
use tracing::Level;

#[tokio::test]
async fn a_task_of_ones_own_runs_on_the_registrys_clock_until_its_guard_goes() {
    let (clock, time) = Clock::manual();
    let registry = Registry::with_clock(clock);
    let count = Arc::new(AtomicU32::new(0));
    let rounds = || count.load(Ordering::Relaxed);
    let start = || {
        let (registry, count) = (registry.clone(), Arc::clone(&count));
        registry.clone().background("count", async move {
            loop {
                registry.clock().sleep(Duration::from_secs(10)).await;
                count.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    let first = start();
    settle().await;
    for _ in 0..3 {
        pass(&time, 10.0).await;
    }
    pass(&time, 9.9).await;
    assert_eq!(rounds(), 3);
    let second = start();
    let other = registry.background("another", std::future::pending());
    settle().await;
    assert!(first.is_finished() && !second.is_finished() && !other.is_finished(), "one task per name");
    drop(second);
    pass(&time, 100.0).await;
    assert_eq!(rounds(), 3);
    registry.shutdown().await;
    assert!(other.is_finished());
}

#[tokio::test]
async fn a_sleep_of_no_time_lets_go_of_the_thread() {
    let (clock, time) = Clock::manual();
    let registry = Registry::with_clock(clock);
    let task = tokio::spawn(async move { registry.clock().sleep(Duration::ZERO).await });
    settle().await;
    assert!(!task.is_finished(), "at least a millisecond");
    time.advance(Duration::from_millis(1));
    task.await.expect("it ends");
}

#[tokio::test]
async fn a_bad_configuration_is_an_event_of_the_registry_and_an_error_in_the_log() {
    let (clock, time) = Clock::manual();
    let registry = Registry::with_clock(clock);
    let s3 = registry.get_or_create("s3", Config::default());
    let mut stream = registry.subscribe();
    time.advance(Duration::from_secs(7));
    let lines = Lines::of(Level::INFO, || registry.bad_configuration(BadConfiguration::new("b.yaml:1:1: is no key")));
    let event = stream.try_recv().expect("an event");
    assert_eq!((event.service, event.at), (None, Duration::from_secs(7)));
    assert_eq!(event.kind, EventKind::BadConfiguration(BadConfiguration::new("b.yaml:1:1: is no key").into()));
    assert_eq!(event.to_string(), "b.yaml:1:1: is no key");
    assert!(stream.try_recv().is_none() && s3.history().is_empty(), "once, and not about a breaker");
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(line.contains("ERROR") && line.contains("b.yaml:1:1: is no key"), "{line}");
}

#[test]
fn a_shutdown_needs_no_timers() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let registry = Registry::new();
        let task = registry.background("task", std::future::pending());
        registry.shutdown().await;
        assert!(task.is_finished());
    });
}

#[test]
fn a_slow_panic_hook_does_not_use_up_the_patience_of_a_shutdown() {
    let before = Arc::new(std::panic::take_hook());
    let others = Arc::clone(&before);
    let here = std::thread::current().id();
    // tokio panics in a runtime without timers. On a busy machine the backtrace can take longer than the shutdown's
    // patience.
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().id() != here {
            return others(panic);
        }
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(600) {}
    }));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let is_finished = runtime.block_on(async {
        let registry = Registry::new();
        let task = registry.background("task", std::future::pending());
        registry.shutdown().await;
        task.is_finished()
    });
    std::panic::set_hook(Box::new(move |panic| before(panic)));
    assert!(is_finished);
}

#[tokio::test]
async fn a_sleep_at_the_end_of_the_clock_lets_go_of_the_thread() {
    let (clock, time) = Clock::manual();
    let registry = Registry::with_clock(clock);
    let asleep = registry.clone();
    let task = registry.background("task", async move {
        loop {
            asleep.clock().sleep(Duration::MAX).await;
        }
    });
    settle().await;
    time.advance(Duration::MAX);
    settle().await;
    registry.shutdown().await;
    assert!(task.is_finished());
}

/// Starts another background task when it is dropped.
struct Payload(Registry);

impl Drop for Payload {
    fn drop(&mut self) {
        self.0.background("from a panic", std::future::ready(())).detach();
    }
}

#[tokio::test]
async fn what_a_task_has_panicked_with_is_dropped_outside_the_lock() {
    let registry = Registry::new();
    let payload = Payload(registry.clone());
    let panics = registry.background("panics", async move { std::panic::panic_any(payload) });
    settle().await;
    assert!(panics.is_finished());
    // This would deadlock if the payload were dropped under the lock.
    let next = registry.background("next", std::future::pending());
    assert!(!next.is_finished());
}

#[tokio::test]
async fn tasks_whose_payloads_panic_harm_nobody_who_starts_another_or_shuts_down() {
    let registry = Registry::new();
    let start = || ["one", "another"].map(|name| registry.background(name, async { std::panic::panic_any(Bomb(3)) }));
    for _ in 0..2 {
        let guards = start();
        settle().await;
        assert!(guards.iter().all(breaker_core::TaskGuard::is_finished));
    }
    registry.shutdown().await;
}
