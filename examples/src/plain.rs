//! The drill as lines for a log.

use std::fmt::Write as _;
use std::time::Duration;

use crate::ledger::Counts;
use crate::story::{self, clock};
use crate::text;
use crate::view::View;

/// How often lines are printed: the events since the last time, with repeated probes folded, then the numbers.
const EVERY: Duration = Duration::from_secs(1);
/// The column in which a line of numbers continues.
const INDENT: usize = 10;

/// Turns views into lines.
pub(crate) struct Plain {
    width: usize,
    printed: usize,
    next: Duration,
}

impl Plain {
    /// Lines of at most `width` columns.
    pub(crate) fn new(width: usize) -> Self {
        Self { width, printed: 0, next: EVERY }
    }

    /// The lines that `view` adds to those of the views before it, if it is time for some.
    pub(crate) fn lines(&mut self, view: &View) -> Vec<String> {
        if view.now < self.next {
            return Vec::new();
        }
        self.next = view.now + EVERY;
        let mut lines = self.events(view);
        lines.extend(text::wrap(&numbers(view), self.width, INDENT));
        lines
    }

    /// The lines of the events that were not printed yet.
    pub(crate) fn events(&mut self, view: &View) -> Vec<String> {
        let rows = story::rows(&view.entries[self.printed..]);
        self.printed = view.entries.len();
        rows.iter().flat_map(|row| row.lines(self.width)).collect()
    }
}

/// The answers of the last second.
fn numbers(view: &View) -> String {
    let sum = |count: fn(&Counts) -> u64| view.services.iter().map(|one| count(&one.recent)).sum::<u64>();
    let (answers, ok) = (sum(|recent| recent.ok + recent.degraded + recent.errors), sum(|recent| recent.ok));
    let mut text = format!("{} {answers} answers/s: {ok} ok", clock(view.now));
    let mut part = |name: &str, count: fn(&Counts) -> u64| {
        let some = view.services.iter().filter(|one| count(&one.recent) > 0);
        let some: Vec<String> = some.map(|one| format!("{} {}", one.dependency.name(), count(&one.recent))).collect();
        if !some.is_empty() {
            let _ = write!(text, "; {name}: {}", some.join(", "));
        }
    };
    part("degraded", |recent| recent.degraded);
    part("errors", |recent| recent.errors);
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use breaker_core::State;

    use super::Plain;
    use crate::dependency::Dependency;
    use crate::journal::{Entry, What};
    use crate::ledger::Counts;
    use crate::view::{ServiceView, View};

    fn view() -> View {
        let recent = |dependency| match dependency {
            Dependency::S3 => Counts { calls: 100, degraded: 99, errors: 1, ..Counts::default() },
            _ => Counts { calls: 100, ok: 60, degraded: 40, ..Counts::default() },
        };
        let service = |dependency| ServiceView {
            dependency,
            state: State::Open,
            total: Counts::default(),
            recent: recent(dependency),
        };
        let server = ([127, 0, 0, 1], 80).into();
        View { server, now: Duration::ZERO, entries: vec![entry("broken")], services: Dependency::ALL.map(service) }
    }

    fn entry(text: &str) -> Entry {
        Entry { at: Duration::ZERO, dependency: Some(Dependency::S3), what: What::Outage(text.into()) }
    }

    #[test]
    fn each_event_is_printed_once_before_the_numbers_of_its_second() {
        let (mut view, mut plain) = (view(), Plain::new(80));
        assert!(plain.lines(&view).is_empty());
        view.now = Duration::from_secs(1);
        let lines = plain.lines(&view);
        assert!(lines[0].ends_with("broken"), "{lines:?}");
        assert_eq!(
            lines[1..],
            [
                "  1.00 s  500 answers/s: 240 ok; degraded: s3 99, database 40, cache 40, catalog",
                "          40, prices 40; errors: s3 1"
            ]
        );
        view.now = Duration::from_millis(1_999);
        assert!(plain.lines(&view).is_empty());
        view.entries.push(entry("restored"));
        view.now = Duration::from_secs(2);
        assert!(plain.lines(&view)[0].ends_with("restored"));
        view.entries.push(entry("the last"));
        assert_eq!(plain.events(&view).len(), 1, "of what comes after the last second");
    }

    #[test]
    fn lines_are_as_wide_as_asked_for() {
        for width in [60, 80, 110, 200] {
            let mut view = view();
            view.now = Duration::from_secs(1);
            let cause = "3 failures of 485 calls in the window, 0.62 % (failure_threshold = 3)".to_owned();
            let what = What::Transition { from: State::Closed, to: State::Open, cause };
            view.entries = vec![Entry { at: Duration::ZERO, dependency: Some(Dependency::Database), what }];
            let lines = Plain::new(width).lines(&view);
            assert!(lines.iter().all(|line| line.chars().count() <= width), "{width}: {lines:#?}");
        }
    }
}
