//! The table of all scenarios.

use std::fmt::Write as _;
use std::time::Duration;

use breaker_core::Metrics;

use crate::scenario::Scenario;
use crate::tally::Counts;

/// The result of one scenario.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) scenario: Scenario,
    pub(crate) client: &'static str,
    /// From the beginning of the damage until the circuit was open.
    pub(crate) opened: Duration,
    /// From the beginning of the repair until the circuit was closed.
    pub(crate) closed: Duration,
    pub(crate) took: Duration,
    pub(crate) metrics: Box<Metrics>,
    pub(crate) counts: Counts,
    pub(crate) wrong: Vec<String>,
}

/// The columns.
pub(crate) const HEADINGS: [&str; 16] = [
    "server",
    "through",
    "damage",
    "repair",
    "callers saw",
    "open after",
    "closed after",
    "calls",
    "successes",
    "failures",
    "timeouts",
    "abandoned",
    "rejections",
    "fallback after (median)",
    "longest call",
    "seconds",
];

impl Row {
    /// Returns the cells.
    pub(crate) fn cells(&self) -> Vec<String> {
        let (m, counts) = (&self.metrics, &self.counts);
        let (damage, repair) = self.scenario.damage.words();
        let words = [self.scenario.server.name(), self.client, damage, repair].map(str::to_owned);
        let numbers = [m.requests, m.successes, m.failures, m.timeouts, m.abandoned, m.rejections];
        let seconds = |time: Duration| format!("{:.2} s", time.as_secs_f64());
        let mut cells = Vec::from(words);
        cells.extend([counts.seen(), seconds(self.opened), seconds(self.closed)]);
        cells.extend(numbers.map(|number| number.to_string()));
        cells.push(format!("{} µs", counts.median().as_micros()));
        cells.extend([seconds(counts.longest), seconds(self.took)]);
        cells
    }
}

/// Returns a table in Markdown, with columns of equal width.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let head: Vec<String> = HEADINGS.map(str::to_owned).into();
    let width = |column: usize| {
        let cells = rows.iter().chain([&head]).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let mut text = String::new();
    let rule: Vec<String> = (0..HEADINGS.len()).map(|column| "-".repeat(width(column))).collect();
    for row in [&head, &rule].into_iter().chain(rows) {
        for (column, cell) in row.iter().enumerate() {
            // Writing to a String can't fail.
            let _ = write!(text, "| {cell:<width$} ", width = width(column));
        }
        text.push_str("|\n");
    }
    text
}
