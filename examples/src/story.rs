//! The journal as rows of text, with repeated rounds of probes folded into one row. Pure.

use std::time::Duration;

use breaker_core::State;

use crate::dependency::Dependency;
use crate::journal::{Entry, What};
use crate::text;

/// The column in which the lines of a row continue: below what happened, not below the time.
const INDENT: usize = 20;

/// What one row reports.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Row<'a> {
    /// One entry.
    Entry(&'a Entry),
    /// Several rounds in a row, from open to half-open and back, with the same causes.
    Rounds {
        count: usize,
        /// The transition that began the first of them.
        first: &'a Entry,
        /// The transition that ended the last of them.
        last: &'a Entry,
    },
}

/// The rows of these entries, in the order of their times.
pub(crate) fn rows(entries: &[Entry]) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for dependency in Dependency::ALL.map(Some).into_iter().chain([None]) {
        let own: Vec<(usize, &Entry)> =
            entries.iter().enumerate().filter(|(_, entry)| entry.dependency == dependency).collect();
        fold(&own, &mut rows);
    }
    rows.sort_by_key(|(place, _)| *place);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// The rows of one dependency, each with the place of its last entry.
fn fold<'a>(mut own: &[(usize, &'a Entry)], rows: &mut Vec<(usize, Row<'a>)>) {
    while let [(place, entry), rest @ ..] = own {
        let count = rounds(own);
        if count < 2 {
            rows.push((*place, Row::Entry(entry)));
            own = rest;
        } else {
            let (place, last) = own[count * 2 - 1];
            rows.push((place, Row::Rounds { count, first: entry, last }));
            own = &own[count * 2..];
        }
    }
}

/// How many rounds with the same causes these entries begin with.
fn rounds(own: &[(usize, &Entry)]) -> usize {
    let causes = |pair: &[(usize, &Entry)]| match pair {
        [(_, probing), (_, reopened)] => round(&probing.what, &reopened.what),
        _ => None,
    };
    let Some(first) = own.get(..2).and_then(causes) else { return 0 };
    own.chunks(2).take_while(|pair| causes(pair).as_ref() == Some(&first)).count()
}

/// The causes of a round, if these are the two transitions of one.
fn round(probing: &What, reopened: &What) -> Option<(String, String)> {
    match (probing, reopened) {
        (
            What::Transition { to: State::HalfOpen, cause: probed, .. },
            What::Transition { from: State::HalfOpen, to: State::Open, cause: failed },
        ) => Some((probed.clone(), failed.clone())),
        _ => None,
    }
}

impl Row<'_> {
    /// When it happened; of several rounds, the end of the last.
    pub(crate) fn at(&self) -> Duration {
        self.last().at
    }

    /// The last entry in it.
    pub(crate) fn last(&self) -> &Entry {
        match self {
            Self::Entry(entry) | Self::Rounds { last: entry, .. } => entry,
        }
    }

    /// The row as lines of at most `width` columns.
    pub(crate) fn lines(&self, width: usize) -> Vec<String> {
        let name = self.last().dependency.map_or("file", Dependency::name);
        text::wrap(&format!("{} {name:<8}  {}", clock(self.at()), self.what()), width, INDENT)
    }

    fn what(&self) -> String {
        match self {
            Self::Entry(entry) => match &entry.what {
                What::Outage(text) | What::Edit(text) | What::Applied(text) => text.clone(),
                What::Rejected(problem) => format!("REJECTED, nothing changed: {problem}"),
                What::Transition { from, to, cause } => columns(&format!("{from} -> {to}"), cause),
            },
            Self::Rounds { count, first, last } => {
                let cause = if let What::Transition { cause, .. } = &last.what { cause } else { "" };
                columns(&format!("{count} probe rounds"), &format!("since {}: {cause}", clock(first.at).trim()))
            }
        }
    }
}

/// The time that a row begins with.
pub(crate) fn clock(at: Duration) -> String {
    format!("{:6.2} s ", at.as_secs_f64())
}

fn columns(change: &str, cause: &str) -> String {
    format!("{change:<20} {cause}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use breaker_core::State::{self, Closed, HalfOpen, Open};

    use super::rows;
    use crate::dependency::Dependency;
    use crate::journal::{Entry, What};

    const OVER: &str = "the open timeout is over";
    const FAILED: &str = "a probe failed";

    fn change(at: u64, dependency: Dependency, from: State, to: State, cause: &str) -> Entry {
        let what = What::Transition { from, to, cause: cause.into() };
        Entry { at: Duration::from_millis(at), dependency: Some(dependency), what }
    }

    fn round(at: u64, dependency: Dependency, cause: &str) -> [Entry; 2] {
        [change(at, dependency, Open, HalfOpen, OVER), change(at + 1, dependency, HalfOpen, Open, cause)]
    }

    fn lines(entries: &[Entry]) -> Vec<String> {
        rows(entries).iter().flat_map(|row| row.lines(80)).collect()
    }

    #[test]
    fn a_line_has_time_service_change_and_cause() {
        let line = &lines(&[change(2_040, Dependency::S3, HalfOpen, Closed, "2 probes succeeded")])[0];
        assert_eq!(line, "  2.04 s  s3        half_open -> closed  2 probes succeeded");
    }

    #[test]
    fn rounds_with_the_same_causes_are_one_line() {
        let mut entries = vec![change(500, Dependency::S3, Closed, Open, "5 consecutive failures")];
        entries.extend([1_000, 2_000, 3_000].iter().flat_map(|at| round(*at, Dependency::S3, FAILED)));
        entries.extend(round(4_000, Dependency::S3, "a health check failed"));
        let lines = lines(&entries);
        assert_eq!(lines.len(), 4, "{lines:#?}");
        assert_eq!(lines[1], "  3.00 s  s3        3 probe rounds       since 1.00 s: a probe failed");
        assert!(lines[2].contains("open -> half_open"), "a single round is shown as it is: {lines:#?}");
    }

    #[test]
    fn rounds_of_two_services_are_folded_apart_in_the_order_of_their_ends() {
        let (s3, prices) = (Dependency::S3, Dependency::Prices);
        let order = [(1_000, s3), (1_500, prices), (2_000, s3), (2_500, prices)];
        let entries: Vec<Entry> = order.into_iter().flat_map(|(at, one)| round(at, one, FAILED)).collect();
        let lines = lines(&entries);
        assert_eq!(lines.len(), 2, "{lines:#?}");
        assert!(lines[0].contains("s3 ") && lines[1].contains("prices ") && lines[1].contains("2 probe rounds"));
    }

    #[test]
    fn what_comes_between_ends_a_fold() {
        let s3 = Dependency::S3;
        let restored =
            Entry { at: Duration::from_secs(2), dependency: Some(s3), what: What::Outage("restored".into()) };
        let entries = [&round(1_000, s3, FAILED)[..], &[restored], &round(3_000, s3, FAILED)].concat();
        assert_eq!(lines(&entries).len(), 5);
        // A round that is not over is no round yet.
        assert_eq!(lines(&entries[..4]).len(), 4);
    }
}
