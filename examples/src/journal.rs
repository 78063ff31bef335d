//! What happened when: outages, and the transitions that the breakers report.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use breaker_core::{Event, EventKind, State};

use crate::dependency::Dependency;

/// One line of the story.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Since the start of the drill.
    pub(crate) at: Duration,
    pub(crate) dependency: Dependency,
    pub(crate) what: What,
}

/// What an [`Entry`] tells.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Outage(String),
    Transition { from: State, to: State, cause: String },
}

/// The word for a state.
pub(crate) fn word(state: State) -> &'static str {
    match state {
        State::Closed => "closed",
        State::Open => "open",
        State::HalfOpen => "half-open",
    }
}

impl std::fmt::Display for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:6.2} s  {:<8}  ", self.at.as_secs_f64(), self.dependency.name())?;
        match &self.what {
            What::Outage(text) => write!(f, "{text}"),
            What::Transition { from, to, cause } => {
                let change = format!("{} -> {}", word(*from), word(*to));
                write!(f, "{change:<20}  {cause}")
            }
        }
    }
}

/// Collects entries from all threads.
pub(crate) struct Journal {
    start: Instant,
    entries: Mutex<Vec<Entry>>,
}

impl Journal {
    /// An empty journal whose time starts now.
    pub(crate) fn start() -> Self {
        Self { start: Instant::now(), entries: Mutex::default() }
    }

    /// The time since the start.
    pub(crate) fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// Enters a breaker's event, if it is a transition of one of ours.
    pub(crate) fn event(&self, event: &Event) {
        if let (Some(dependency), EventKind::Transition { from, to, cause }) =
            (Dependency::named(event.service), &event.kind)
        {
            self.enter(dependency, What::Transition { from: *from, to: *to, cause: cause.to_string() });
        }
    }

    /// Enters something that the drill did.
    pub(crate) fn outage(&self, dependency: Dependency, text: String) {
        self.enter(dependency, What::Outage(text));
    }

    /// All entries so far, but the first `skip`.
    pub(crate) fn entries(&self, skip: usize) -> Vec<Entry> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).iter().skip(skip).cloned().collect()
    }

    fn enter(&self, dependency: Dependency, what: What) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock, so that the entries stand in the order of their times.
        entries.push(Entry { at: self.now(), dependency, what });
    }
}

/// The transitions of one dependency: when, and to which state.
pub(crate) fn transitions(entries: &[Entry], dependency: Dependency) -> Vec<(Duration, State)> {
    let of = entries.iter().filter(|entry| entry.dependency == dependency);
    of.filter_map(|entry| if let What::Transition { to, .. } = entry.what { Some((entry.at, to)) } else { None })
        .collect()
}

#[cfg(test)]
mod tests {
    use breaker_core::State;

    use super::{Journal, What, transitions};
    use crate::dependency::Dependency;

    #[test]
    fn a_line_names_time_service_change_and_reason() {
        let journal = Journal::start();
        journal.enter(
            Dependency::S3,
            What::Transition { from: State::Closed, to: State::Open, cause: "5 failures".into() },
        );
        let line = journal.entries(0)[0].to_string();
        for part in [" s  s3 ", "closed -> open", "5 failures"] {
            assert!(line.contains(part), "{part} is not in {line}");
        }
    }

    #[test]
    fn transitions_are_told_apart_by_service() {
        let journal = Journal::start();
        journal.outage(Dependency::S3, "cut".into());
        journal
            .enter(Dependency::Cache, What::Transition { from: State::Closed, to: State::Open, cause: String::new() });
        let entries = journal.entries(0);
        assert!(transitions(&entries, Dependency::S3).is_empty());
        assert_eq!(transitions(&entries, Dependency::Cache)[0].1, State::Open);
        assert_eq!(journal.entries(1).len(), 1);
    }
}
