//! The goals, and whether the figures meet them.

use super::markdown::Table;
use crate::numbers::digits;
use crate::scenarios::Results;

mod rows;

#[derive(Debug, Clone, Copy)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

/// One row of the table.
#[derive(Debug)]
struct Goal {
    what: String,
    aim: String,
    figure: String,
    met: bool,
}

impl Goal {
    fn new(what: impl Into<String>, bound: Bound, unit: &str, value: f64, beside: &str) -> Self {
        let (sign, limit, met) = match bound {
            Bound::AtMost(limit) => ("≤", limit, value <= limit),
            Bound::AtLeast(limit) => ("≥", limit, value >= limit),
        };
        // Counts are shown without decimals.
        let number = if unit.trim().is_empty() || unit == " bytes" { format!("{value:.0}") } else { digits(value) };
        let figure = format!("{number}{unit}{beside}");
        Self { what: what.into(), aim: format!("{sign} {limit}{unit}"), figure, met }
    }
}

pub(super) fn section(results: &Results) -> String {
    let goals = rows::all(results);
    let met = goals.iter().filter(|goal| goal.met).count();
    let mut table = Table::new(&["goal", "aim", "figure", "met"], 4);
    for goal in &goals {
        table.row([&goal.what[..], &goal.aim, &goal.figure, if goal.met { "met" } else { "**not met**" }]);
    }
    let limits = rows::limits(results).map_or_else(String::new, |limits| format!("{limits}\n\n"));
    format!(
        "## Goals\n\n{met} of {} met. Ratios and differences are taken within a round.\n\n{}{limits}",
        goals.len(),
        table.finish()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_met_when_it_is_reached() {
        assert!(Goal::new("a", Bound::AtMost(1.5), " ns", 1.5, "").met);
        assert!(!Goal::new("a", Bound::AtMost(1.5), " ns", 1.6, "").met);
        let goal = Goal::new("a", Bound::AtLeast(2.0), " ×", 1.9, " (b)");
        assert_eq!((goal.aim.as_str(), goal.figure.as_str(), goal.met), ("≥ 2 ×", "1.90 × (b)", false));
        assert!(!Goal::new("no figure", Bound::AtMost(1.0), "", f64::NAN, "").met);
    }
}
