//! The metrics log: one line for each service per `metrics_log_interval`. On the manual clock, except for the tests of
//! tokio's paused time and of a single-threaded runtime.

use std::time::Duration;

use breaker_core::{Clock, Config, ManualClock, Mode, Origin, Registry, Settings, SettingsLayer, SourcedSettings};
use breaker_tests::lines::Lines;
use breaker_tests::{pass, s, settle};
use tracing::Level;
use tracing::subscriber::DefaultGuard;

/// A registry on a manual clock, with its captured log lines.
struct Log {
    registry: Registry,
    time: ManualClock,
    lines: Lines,
    _here: DefaultGuard,
}

impl Log {
    fn new() -> Self {
        let (clock, time) = Clock::manual();
        let (lines, here) = Lines::here(Level::INFO);
        Self { registry: Registry::with_clock(clock), time, lines, _here: here }
    }

    fn service(&self, service: &str, interval: Duration) {
        named(&self.registry, service, interval);
    }

    fn apply(&self, service: &str, interval: Duration) {
        self.registry.apply(service, every(interval)).expect("valid");
    }

    /// Advances the clock and returns the services that are logged meanwhile, in order.
    async fn pass(&self, seconds: f64) -> Vec<String> {
        pass(&self.time, seconds).await;
        logged(&self.lines)
    }

    /// Returns the services that are logged without any time passing.
    async fn now(&self) -> Vec<String> {
        settle().await;
        logged(&self.lines)
    }
}

fn named(registry: &Registry, service: &str, interval: Duration) {
    registry.get_or_create(service, Config::builder().metrics_log_interval(interval).build().expect("valid"));
}

fn every(interval: Duration) -> Settings {
    Settings { metrics_log_interval: Some(interval), ..Settings::NONE }
}

/// Returns the services whose metrics were logged.
fn logged(lines: &Lines) -> Vec<String> {
    let of_metrics = |line: &String| line.contains("message=metrics");
    let service = |line: String| line.split('"').nth(1).expect("the name of the service").to_owned();
    lines.take().into_iter().filter(of_metrics).map(service).collect()
}

#[tokio::test]
async fn each_service_is_logged_as_often_as_it_says() {
    let log = Log::new();
    log.service("a", s(2.0));
    log.service("b", s(3.0));
    log.registry.get_or_create("by-default", Config::default());
    let _guard = log.registry.log_metrics();
    assert_eq!(log.now().await, [""; 0], "not before the first interval has passed");
    let mut all = Vec::new();
    for second in 1..=60 {
        let due = log.pass(1.0).await;
        assert_eq!(due.contains(&"a".to_owned()), second % 2 == 0, "after {second} s: {due:?}");
        assert_eq!(due.contains(&"b".to_owned()), second % 3 == 0, "after {second} s: {due:?}");
        all.extend(due);
    }
    let count = |service: &str| all.iter().filter(|logged| *logged == service).count();
    assert_eq!((count("a"), count("b"), count("by-default")), (30, 20, 1));
    assert_eq!(log.pass(1000.0).await, ["a", "b", "by-default"], "one line for all missed intervals");
}

#[tokio::test]
async fn a_line_tells_what_the_service_counts() {
    let log = Log::new();
    let config = Config::builder().consecutive_failures(1).metrics_log_interval(s(5.0)).build().expect("valid");
    let breaker = log.registry.get_or_create("db", config);
    let _ = breaker.call(|| {
        log.time.advance(s(0.25));
        Err::<(), _>("down")
    });
    let _ = breaker.call(|| Ok::<_, &str>(()));
    log.service("idle", s(5.0));
    let _guard = log.registry.log_metrics();
    settle().await;
    let _ = log.lines.take();
    pass(&log.time, 5.0).await;
    let lines = log.lines.take();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for part in ["INFO", "service=\"db\"", "state=open", "requests=2", "failures=1", "rejections=1", "average=250ms"] {
        assert!(lines[0].contains(part), "no {part} in {lines:?}");
    }
    assert!(lines[1].contains("requests=0") && !lines[1].contains("average"), "no average without calls: {lines:?}");
}

#[tokio::test]
async fn an_interval_that_is_changed_while_it_runs_holds_at_once() {
    let log = Log::new();
    log.service("a", s(1000.0));
    log.service("b", s(1000.0));
    let _guard = log.registry.log_metrics();
    settle().await;
    assert_eq!(log.pass(10.0).await, [""; 0]);
    log.apply("a", s(4.0));
    assert_eq!(log.now().await, ["a"], "its last 4 s have passed");
    assert_eq!(log.pass(3.9).await, [""; 0]);
    assert_eq!(log.pass(0.1).await, ["a"]);
    log.apply("a", s(100.0));
    assert_eq!(log.pass(99.0).await, [""; 0]);
    assert_eq!(log.pass(1.0).await, ["a"]);
    let mut layer = SettingsLayer::default();
    layer.services.insert("b".to_owned(), SourcedSettings::new(every(s(150.0)), |_| Origin::Runtime));
    log.registry.configure(layer).expect("valid");
    assert_eq!(log.pass(35.9).await, [""; 0]);
    assert_eq!(log.pass(0.1).await, ["b"], "its first line, 150 s after the start");
}

#[tokio::test]
async fn more_events_than_a_stream_holds_hide_no_change() {
    let log = Log::new();
    log.service("a", s(1000.0));
    let _guard = log.registry.log_metrics();
    settle().await;
    assert_eq!(log.pass(10.0).await, [""; 0]);
    log.apply("a", s(5.0));
    let noise = log.registry.get_or_create("noise", Config::default());
    for _ in 0..200 {
        noise.set_mode(Mode::ForcedOpen);
        noise.set_mode(Mode::Automatic);
    }
    assert_eq!(log.now().await, ["a"]);
}

#[tokio::test]
async fn a_service_that_is_made_later_is_logged() {
    let log = Log::new();
    let _guard = log.registry.log_metrics();
    settle().await;
    assert_eq!(log.pass(30.0).await, [""; 0]);
    log.service("late", s(7.0));
    assert_eq!(log.pass(30.0).await, ["late"], "seen within a minute");
    for _ in 0..3 {
        assert_eq!(log.pass(6.9).await, [""; 0]);
        assert_eq!(log.pass(0.1).await, ["late"]);
    }
}

#[tokio::test]
async fn it_ends_with_its_guard_with_the_next_one_and_at_shutdown() {
    let log = Log::new();
    log.service("a", s(2.0));
    let first = log.registry.log_metrics();
    settle().await;
    let second = log.registry.log_metrics();
    settle().await;
    assert!(first.is_finished() && !second.is_finished(), "one log per registry");
    assert_eq!(log.pass(2.0).await, ["a"], "one line, not two");
    drop(second);
    assert_eq!(log.pass(2.0).await, [""; 0]);
    log.registry.log_metrics().detach();
    settle().await;
    assert_eq!(log.pass(2.0).await, ["a"]);
    log.registry.shutdown().await;
    assert_eq!(log.pass(2.0).await, [""; 0]);
}

/// Tokio's paused time runs ahead of the registry's clock, for each service by its own interval.
#[tokio::test(start_paused = true)]
async fn it_passes_as_tokios_time_does() {
    let (lines, _here) = Lines::here(Level::INFO);
    let registry = Registry::new();
    named(&registry, "a", s(10.0));
    named(&registry, "b", s(25.0));
    let _guard = registry.log_metrics();
    tokio::time::sleep(s(101.0)).await;
    let all = logged(&lines);
    let count = |service: &str| all.iter().filter(|logged| *logged == service).count();
    assert_eq!((count("a"), count("b")), (10, 4));
}

/// Neither the shortest interval nor the end of the clock's range blocks the runtime's thread.
#[test]
fn what_is_due_all_the_time_leaves_the_runtime_alone() {
    let (done, ends) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async {
            let registry = Registry::new();
            named(&registry, "a", Duration::from_nanos(1));
            let metrics = registry.log_metrics();
            settle().await;
            drop(metrics);
            let log = Log::new();
            log.service("a", s(1.0));
            let metrics = log.registry.log_metrics();
            settle().await;
            log.time.advance(Duration::MAX);
            assert_eq!(log.now().await, ["a"]);
            drop(metrics);
        });
        done.send(())
    });
    assert_eq!(ends.recv_timeout(s(20.0)), Ok(()));
}
