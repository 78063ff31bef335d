//! The drill as lines for a log.

use std::time::Duration;

use crate::journal::word;
use crate::view::View;

/// How often a line with numbers is printed.
const EVERY: Duration = Duration::from_secs(1);

/// Turns views into lines.
#[derive(Default)]
pub(crate) struct Plain {
    told: usize,
    next: Duration,
}

impl Plain {
    /// The lines that `view` adds to those of the views before it.
    pub(crate) fn lines(&mut self, view: &View) -> Vec<String> {
        let mut lines: Vec<String> = view.entries.iter().skip(self.told).map(ToString::to_string).collect();
        self.told = view.entries.len();
        if view.now >= self.next {
            self.next = view.now + EVERY;
            lines.push(numbers(view));
        }
        lines
    }
}

fn numbers(view: &View) -> String {
    let services = view.services.iter().map(|service| {
        let recent = service.recent;
        let name = service.dependency.name();
        let state = word(service.state);
        format!(
            "{name} {state} {}/s: {} fresh, {} fallback, {} error",
            recent.calls, recent.fresh, recent.fallback, recent.errors
        )
    });
    format!("{:6.2} s  {}", view.now.as_secs_f64(), services.collect::<Vec<_>>().join(" | "))
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

    #[test]
    fn each_entry_is_told_once_and_numbers_once_a_second() {
        let service = |dependency| ServiceView {
            dependency,
            state: State::Open,
            total: Counts::default(),
            recent: Counts::default(),
        };
        let entry = Entry { at: Duration::ZERO, dependency: Some(Dependency::S3), what: What::Outage("cut".into()) };
        let mut view = View { now: Duration::ZERO, entries: vec![entry], services: Dependency::ALL.map(service) };
        let mut plain = Plain::default();
        let first = plain.lines(&view);
        assert_eq!(first.len(), 2);
        assert!(first[0].ends_with("cut") && first[1].contains("s3 open 0/s"));
        view.now = Duration::from_millis(999);
        assert!(plain.lines(&view).is_empty());
        view.now = Duration::from_secs(1);
        assert_eq!(plain.lines(&view).len(), 1);
    }
}
