//! The journal of the drill: outages and edits, and the events that the breakers report.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use breaker_core::{Event, EventKind, State};

use crate::dependency::Dependency;

/// One thing that happened.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Since the start of the drill.
    pub(crate) at: Duration,
    /// The service; `None` for the configuration file.
    pub(crate) dependency: Option<Dependency>,
    pub(crate) what: What,
}

/// What happened in an [`Entry`].
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// The drill began or ended an outage.
    Outage(String),
    /// The drill changed the configuration file.
    Edit(String),
    /// A breaker took new settings from the file.
    Applied(String),
    /// The file is invalid: the error.
    Rejected(String),
    Transition {
        from: State,
        to: State,
        cause: String,
    },
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

    /// Enters an event of a breaker or of the registry: a transition, or the result of a change of the file.
    pub(crate) fn event(&self, event: &Event) {
        let what = match &event.kind {
            EventKind::Transition { from, to, cause, .. } => {
                What::Transition { from: *from, to: *to, cause: cause.to_string() }
            }
            kind @ EventKind::Reconfigured { .. } => What::Applied(kind.to_string()),
            EventKind::BadConfiguration(problem) => What::Rejected(problem.to_string()),
            _ => return,
        };
        self.enter(event.service.and_then(Dependency::named), what);
    }

    /// Enters an edit of the configuration file.
    pub(crate) fn edit(&self, text: &str) {
        self.enter(None, What::Edit(text.to_owned()));
    }

    /// Waits for a moment of the drill.
    pub(crate) async fn until(&self, at: Duration) {
        tokio::time::sleep(at.saturating_sub(self.now())).await;
    }

    /// Enters something that the drill did.
    pub(crate) fn outage(&self, dependency: Dependency, text: String) {
        self.enter(Some(dependency), What::Outage(text));
    }

    /// All entries so far, but the first `skip`.
    pub(crate) fn entries(&self, skip: usize) -> Vec<Entry> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).iter().skip(skip).cloned().collect()
    }

    fn enter(&self, dependency: Option<Dependency>, what: What) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock, so that the entries stand in the order of their times.
        entries.push(Entry { at: self.now(), dependency, what });
    }
}

/// The transitions of one dependency: when, and to which state.
pub(crate) fn transitions(entries: &[Entry], dependency: Dependency) -> Vec<(Duration, State)> {
    let of = entries.iter().filter(|entry| entry.dependency == Some(dependency));
    of.filter_map(|entry| if let What::Transition { to, .. } = entry.what { Some((entry.at, to)) } else { None })
        .collect()
}

#[cfg(test)]
mod tests {
    use breaker_core::State;

    use super::{Journal, What, transitions};
    use crate::dependency::Dependency;

    #[test]
    fn transitions_are_told_apart_by_service() {
        let journal = Journal::start();
        journal.outage(Dependency::S3, "cut".into());
        journal.enter(
            Some(Dependency::Cache),
            What::Transition { from: State::Closed, to: State::Open, cause: String::new() },
        );
        let entries = journal.entries(0);
        assert!(transitions(&entries, Dependency::S3).is_empty());
        assert_eq!(transitions(&entries, Dependency::Cache)[0].1, State::Open);
        assert_eq!(journal.entries(1).len(), 1);
    }
}
