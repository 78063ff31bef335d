//! A watched file and a registry: valid changes, invalid changes, and the end of the watch.
#![cfg(feature = "watch")]

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use breaker_config::Loader;
use breaker_core::{Clock, Config, Event, EventKind, ManualClock, Registry, State, TaskGuard};
use tempfile::TempDir;
use tokio::task::{spawn_blocking, yield_now};

struct Rig {
    directory: TempDir,
    registry: Registry,
    time: ManualClock,
    events: Arc<Mutex<Vec<Event>>>,
}

fn text(threshold: &str) -> String {
    format!("circuit_breaker:\n  s3:\n    failure_threshold: {threshold}\n")
}

impl Rig {
    fn new(first: &str) -> Self {
        let (clock, time) = Clock::manual();
        let registry = Registry::with_clock(clock);
        registry.get_or_create("s3", Config::default());
        let events = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&events);
        registry.on_event(move |event| heard.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone()));
        let directory = tempfile::tempdir().expect("a directory for temporary files");
        let rig = Self { directory, registry, time, events };
        rig.write(first);
        rig
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("b.yaml")
    }

    fn write(&self, text: &str) {
        fs::write(self.path(), text).expect("written");
    }

    fn watch(&self) -> TaskGuard {
        Loader::new().file(self.path()).watch(&self.registry).expect("good at first")
    }

    fn threshold(&self) -> Option<u32> {
        self.registry.get("s3").expect("named").config().failure_threshold()
    }

    fn events(&self) -> Vec<EventKind> {
        let events = std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner));
        events.into_iter().map(|event| event.kind).collect()
    }

    /// Advances the clock second by second until there are events, and returns them.
    async fn told(&self) -> Vec<EventKind> {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            self.second().await;
            let events = self.events();
            if !events.is_empty() {
                return events;
            }
            assert!(Instant::now() < end, "there is no event");
        }
    }

    /// Advances the clock by a second and runs the tasks that become due. The files are read on another thread, so the test
    /// yields to other threads.
    async fn second(&self) {
        for _ in 0..2 {
            self.time.advance(Duration::from_millis(500));
            for _ in 0..10 {
                yield_now().await;
                spawn_blocking(|| ()).await.expect("runs");
            }
        }
    }
}

fn is_reconfigured(events: &[EventKind]) -> bool {
    matches!(events, [EventKind::Reconfigured { .. }])
}

#[tokio::test]
async fn a_good_change_is_applied_and_everything_else_stays() {
    let rig = Rig::new(&text("2"));
    let s3 = rig.registry.get("s3").expect("named");
    let mut stream = s3.subscribe();
    let watch = rig.watch();
    assert!(is_reconfigured(&rig.events()));
    assert_eq!(rig.threshold(), Some(2));
    let fail = || s3.call(|| Err::<(), _>("down")).expect_err("fails");
    fail();
    rig.write(&text("3"));
    assert!(is_reconfigured(&rig.told().await));
    fail();
    assert_eq!((s3.state(), s3.metrics().window.failures), (State::Closed, 2), "the window has kept the first");
    fail();
    assert_eq!((s3.state(), s3.metrics().requests), (State::Open, 3));
    rig.write(&text("4"));
    rig.events();
    assert!(is_reconfigured(&rig.told().await));
    assert_eq!((s3.state(), s3.metrics().requests), (State::Open, 3));
    let heard = std::iter::from_fn(|| stream.try_recv()).count();
    assert_eq!(heard, 4, "three configurations and a transition, all to the subscriber from before");
    drop(watch);
}

#[tokio::test]
async fn a_bad_change_changes_nothing_and_is_one_event() {
    let rig = Rig::new(&text("2"));
    rig.registry.get_or_create("rate", Config::builder().failure_threshold(9).build().expect("valid"));
    let watch = rig.watch();
    rig.events();
    rig.write(&text("1.5"));
    let events = rig.told().await;
    let [EventKind::BadConfiguration(problem)] = events.as_slice() else { panic!("{events:?}") };
    let expected = "b.yaml:3:24: `s3`: failure_threshold = 1.5: must be a whole number; write 5";
    assert!(problem.message.ends_with(expected), "{problem}");
    let [found] = problem.faults.as_slice() else { panic!("{:?}", problem.faults) };
    assert!(found.place.as_deref().is_some_and(|place| place.ends_with("b.yaml:3:24")), "{found:?}");
    assert_eq!(found.service.as_deref(), Some("s3"));
    assert_eq!((found.fault.key.as_str(), found.fault.value.as_str()), ("failure_threshold", "1.5"));
    assert_eq!(rig.threshold(), Some(2));
    // Valid by itself, but in conflict with the code of another service.
    rig.write(&(text("7") + "  rate: {window: 5}\n"));
    let events = rig.told().await;
    let [EventKind::BadConfiguration(problem)] = events.as_slice() else { panic!("{events:?}") };
    assert!(
        problem
            .message
            .contains("`rate`: failure_threshold = 9: must be at most `window`, which is 5 calls (window at "),
        "{problem}"
    );
    assert!(problem.message.contains("b.yaml:4:18); write at most 5"), "{problem}");
    assert_eq!(rig.threshold(), Some(2), "all or nothing");
    rig.second().await;
    rig.second().await;
    assert_eq!(rig.events(), [], "told once");
    rig.write(&text("3"));
    assert!(is_reconfigured(&rig.told().await));
    assert_eq!((rig.threshold(), watch.is_finished()), (Some(3), false));
}

#[tokio::test]
async fn a_file_that_vanishes_and_comes_back_is_followed() {
    let rig = Rig::new(&text("2"));
    let _watch = rig.watch();
    rig.events();
    fs::remove_file(rig.path()).expect("removed");
    let events = rig.told().await;
    let [EventKind::BadConfiguration(problem)] = events.as_slice() else { panic!("{events:?}") };
    assert!(problem.message.contains("b.yaml: can't be read: "), "{problem}");
    assert_eq!(rig.threshold(), Some(2), "what it said holds on");
    rig.write(&text("6"));
    assert!(is_reconfigured(&rig.told().await));
    assert_eq!(rig.threshold(), Some(6));
}

#[tokio::test]
async fn it_ends_with_its_guard_with_the_next_one_and_at_shutdown() {
    let rig = Rig::new(&text("2"));
    let first = rig.watch();
    let second = rig.watch();
    rig.second().await;
    assert!(first.is_finished() && !second.is_finished(), "one watch for a registry");
    drop(second);
    rig.write(&text("3"));
    rig.second().await;
    rig.second().await;
    assert_eq!(rig.threshold(), Some(2), "nobody looks");
    rig.watch().detach();
    assert_eq!(rig.threshold(), Some(3));
    rig.registry.shutdown().await;
    rig.write(&text("4"));
    rig.second().await;
    rig.second().await;
    assert_eq!(rig.threshold(), Some(3), "nobody looks any more");
}

#[tokio::test]
async fn what_is_bad_at_first_is_an_error_and_is_not_watched() {
    let rig = Rig::new(&text("none"));
    let error = Loader::new().file(rig.path()).watch(&rig.registry).expect_err("bad");
    assert_eq!(error.faults().len(), 1);
    rig.write(&text("3"));
    rig.second().await;
    rig.second().await;
    assert_eq!((rig.threshold(), rig.events()), (None, vec![]));
}

#[test]
fn variables_beat_the_file_after_a_change_too() {
    let rig = Rig::new(&text("2"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let variables = [("CIRCUIT_BREAKER__S3__FAILURE_THRESHOLD", "9")];
    let watch = runtime.block_on(async {
        let loader = Loader::new().file(rig.path()).variables(variables);
        let watch = loader.watch(&rig.registry).expect("good at first");
        rig.events();
        rig.write("circuit_breaker:\n  s3: {failure_threshold: 3, success_threshold: 4}\n");
        assert!(is_reconfigured(&rig.told().await));
        watch
    });
    let config = rig.registry.get("s3").expect("named").config();
    assert_eq!((config.failure_threshold(), config.success_threshold()), (Some(9), 4));
    drop(runtime);
    assert!(watch.is_finished(), "a runtime that ends takes it along");
}

#[test]
#[should_panic(expected = "call it inside a tokio runtime")]
fn without_a_runtime_nothing_is_applied() {
    let rig = Rig::new(&text("2"));
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| rig.watch()));
    assert_ne!(rig.threshold(), Some(2), "not applied");
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}
