//! Warnings, reloads and invalid changes as `tracing` events.
#![cfg(feature = "tracing")]

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use breaker_config::Loader;
use breaker_core::{Config, Registry};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};

/// Records each event of the target as a line: its level, then its fields.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!(" {}={value:?}", field.name());
        self.0.push_str(&text);
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "circuit_breaker"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn each_warning_is_logged_once() {
    let lines = Lines::default();
    let registry = Registry::new();
    registry.get_or_create("search", Config::default());
    let loaded = Loader::new().text("b.yaml", "circuit_breaker:\n  serach: {}\n").load().expect("good");
    tracing::subscriber::with_default(lines.clone(), || loaded.apply_to(&registry).expect("fits"));
    let lines = lines.0.lock().unwrap_or_else(PoisonError::into_inner);
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    for part in [
        "WARN",
        "service=\"serach\"",
        "warning=b.yaml:2:3: service `serach` is not in the code; did you mean `search`?",
    ] {
        assert!(line.contains(part), "no {part:?} in {line:?}");
    }
}

#[cfg(feature = "watch")]
#[tokio::test]
async fn a_reload_and_a_bad_change_are_a_line_each() {
    use std::time::{Duration, Instant};

    let lines = Lines::default();
    let (clock, time) = breaker_core::Clock::manual();
    let registry = Registry::with_clock(clock);
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let write = |text: &str| std::fs::write(file.path(), text).expect("written");
    write("circuit_breaker: {}\n");
    let _watch = Loader::new().file(file.path()).watch(&registry).expect("good");
    // The watch logs on this thread.
    let _guard = tracing::subscriber::set_default(lines.clone());
    for (count, text, parts) in [
        (1, "circuit_breaker:\n  defaults: {window: 5x}\n  s3: 1\n", ["ERROR", ":2:22: `defaults`: window = 5x: "]),
        (2, "circuit_breaker:\n  defaults: {window: 5s}\n", ["INFO", "configuration reloaded"]),
    ] {
        write(text);
        let end = Instant::now() + Duration::from_secs(20);
        while lines.0.lock().unwrap_or_else(PoisonError::into_inner).len() < count {
            assert!(Instant::now() < end, "nothing is logged");
            time.advance(Duration::from_millis(500));
            tokio::task::spawn_blocking(|| ()).await.expect("runs");
        }
        let lines = lines.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [.., line] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(lines.len(), count, "{lines:?}");
        assert!(parts.iter().all(|part| line.contains(part)) && !line.contains('\n'), "{line:?}");
    }
}

/// The registry logs it, so that a reload does not repeat it.
#[test]
fn a_service_with_settings_that_no_code_names_is_logged_once_for_all_reloads() {
    let lines = Lines::default();
    let registry = Registry::new();
    registry.get_or_create("search", Config::default());
    let loaded = Loader::new().text("b.yaml", "circuit_breaker:\n  serach: {window: 9s}\n").load().expect("good");
    tracing::subscriber::with_default(lines.clone(), || {
        for _ in 0..3 {
            assert_eq!(loaded.apply_to(&registry).expect("fits").warnings.len(), 1, "each report has it");
        }
    });
    let lines = lines.0.lock().unwrap_or_else(PoisonError::into_inner);
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    let text = "service `serach` is not in the code (b.yaml:2:20); did you mean `search`?";
    assert!(line.starts_with("WARN") && line.contains(text), "{line:?}");
}

/// Panics at each event.
struct Bomb;

impl Subscriber for Bomb {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "circuit_breaker"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        panic!("a subscriber's own fault")
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn a_subscriber_that_panics_keeps_no_configuration_from_being_applied() {
    let registry = Registry::new();
    let search = registry.get_or_create("search", Config::default());
    let text = "circuit_breaker:\n  serach: {}\n  search: {success_threshold: 7}\n";
    let loaded = Loader::new().text("b.yaml", text).load().expect("good");
    let report = tracing::subscriber::with_default(Bomb, || loaded.apply_to(&registry).expect("fits"));
    assert_eq!((report.warnings.len(), search.config().success_threshold()), (1, 7));
}
