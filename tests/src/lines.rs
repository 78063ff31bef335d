//! Captures log output of `tracing` as lines.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Level, Metadata, Subscriber};

/// Captures each event of this workspace as a line: its level, then its fields.
#[derive(Clone, Debug)]
pub struct Lines {
    lines: Arc<Mutex<Vec<String>>>,
    most: Level,
}

impl Lines {
    fn new(most: Level) -> Self {
        Self { lines: Arc::default(), most }
    }

    /// Returns what is logged while `run` runs.
    #[must_use]
    pub fn of(most: Level, run: impl FnOnce()) -> Vec<String> {
        let lines = Self::new(most);
        tracing::subscriber::with_default(lines.clone(), run);
        lines.take()
    }

    /// Captures what this thread logs until the guard is dropped.
    pub fn here(most: Level) -> (Self, DefaultGuard) {
        let lines = Self::new(most);
        let guard = tracing::subscriber::set_default(lines.clone());
        (lines, guard)
    }

    /// Returns what was logged since the last call of this method.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!(" {}={value:?}", field.name());
        self.0.push_str(&text);
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "circuit_breaker" && *metadata.level() <= self.most
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
