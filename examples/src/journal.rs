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
    /// Whom it is about; if nobody, the configuration file.
    pub(crate) dependency: Option<Dependency>,
    pub(crate) what: What,
}

/// What an [`Entry`] tells.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Outage(String),
    /// The drill has changed the configuration file.
    Edit(String),
    /// What the file says now is in force.
    InForce,
    /// What the file says now can't be used: why.
    Rejected(String),
    Transition {
        from: State,
        to: State,
        cause: String,
    },
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
        let name = self.dependency.map_or("file", Dependency::name);
        write!(f, "{:6.2} s  {name:<8}  ", self.at.as_secs_f64())?;
        match &self.what {
            What::Outage(text) | What::Edit(text) => write!(f, "{text}"),
            What::InForce => f.write_str("reconfigured by the file"),
            What::Rejected(problem) => write!(f, "REJECTED, nothing has changed: {problem}"),
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

    /// Enters what a breaker or the registry tells: transitions, and what became of a changed file.
    pub(crate) fn event(&self, event: &Event) {
        let what = match &event.kind {
            EventKind::Transition { from, to, cause, .. } => {
                What::Transition { from: *from, to: *to, cause: cause.to_string() }
            }
            EventKind::Reconfigured { .. } => What::InForce,
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
    fn a_line_names_time_service_change_and_reason() {
        let journal = Journal::start();
        journal.enter(
            Some(Dependency::S3),
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
