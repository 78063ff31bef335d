//! Warnings as `tracing` events.
#![cfg(feature = "tracing")]

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use breaker_config::Loader;
use breaker_core::{Config, Registry};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};

/// Writes every event of ours down as a line: its level, then its fields.
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
    for part in
        ["WARN", "service=\"serach\"", "warning=b.yaml:2:3: no code names a service `serach`; is `search` meant?"]
    {
        assert!(line.contains(part), "no {part:?} in {line:?}");
    }
}
