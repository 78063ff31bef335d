//! What the screen shows, as lines of text with an ink for each piece. Pure: knows no terminal.

use breaker_core::State;

use crate::dependency::Dependency;
use crate::journal::{Entry, What, transitions, word};
use crate::script::{LENGTH, OUTAGES, outages_at};
use crate::strip;
use crate::view::{ServiceView, View};

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Normal,
    Strong,
    Faint,
    Bad,
    State(State),
}

/// Pieces of text, from left to right.
pub(crate) type Line = Vec<(Ink, String)>;

/// The column in which the strips begin.
const LABEL: usize = 10;
/// What stands behind a strip.
const TAIL: usize = 12;
/// A cell is then 200 ms.
const WIDEST: usize = 100;

/// All lines for a terminal of `width` columns and `height` rows.
pub(crate) fn frame(view: &View, width: usize, height: usize) -> Vec<Line> {
    let columns = strip_width(width);
    let mut lines = vec![headline(view)];
    for service in &view.services {
        lines.push(strip_line(view, service, columns));
        lines.push(outage_line(service.dependency, columns));
    }
    lines.push(axis(columns));
    lines.push(legend());
    lines.push(vec![]);
    lines.push(vec![(
        Ink::Strong,
        format!("{:<LABEL$}{:>8}{:>11}{:>12}{:>10}{:>14}", "", "calls/s", "fresh", "fallback", "error", "average wait"),
    )]);
    lines.extend(view.services.iter().map(numbers));
    lines.push(vec![]);
    let room = height.saturating_sub(lines.len());
    let skip = view.entries.len().saturating_sub(room);
    lines.extend(view.entries[skip..].iter().map(entry_line));
    lines.truncate(height);
    lines.into_iter().map(|line| cut(line, width)).collect()
}

/// How many cells a strip has on a terminal that is `width` wide.
pub(crate) fn strip_width(width: usize) -> usize {
    width.saturating_sub(LABEL + TAIL).clamp(10, WIDEST)
}

/// The strip of one service, with its name and its present state.
pub(crate) fn strip_line(view: &View, service: &ServiceView, columns: usize) -> Line {
    let mut line = vec![(Ink::Strong, format!("{:<LABEL$}", service.dependency.name()))];
    let history = transitions(&view.entries, service.dependency);
    let cells = strip::cells(&history, view.now, LENGTH, columns);
    for run in cells.chunk_by(|a, b| a == b) {
        line.push((Ink::State(run[0]), strip::letter(run[0]).to_string().repeat(run.len())));
    }
    line.push((Ink::Normal, " ".repeat(columns - cells.len())));
    line.push((Ink::Normal, format!("  {}", word(service.state))));
    line
}

/// The line below a strip, which shows when its service was really away.
pub(crate) fn outage_line(dependency: Dependency, columns: usize) -> Line {
    let outage = OUTAGES[dependency.index()];
    let marks = strip::marks(outage.from, outage.until, LENGTH, columns);
    let text: String = marks.into_iter().map(|away| if away { '~' } else { ' ' }).collect();
    vec![(Ink::Bad, format!("{:<LABEL$}{text}", ""))]
}

fn headline(view: &View) -> Line {
    let now = view.now.min(LENGTH).as_secs_f64();
    let clock = format!("circuit breaker drill   {now:4.1} s of {} s   ", LENGTH.as_secs());
    let away: Vec<&str> = outages_at(view.now).map(|outage| trouble(outage.target)).collect();
    let (ink, weather) =
        if away.is_empty() { (Ink::Faint, "all is well".to_owned()) } else { (Ink::Bad, away.join(", ")) };
    vec![(Ink::Strong, clock), (ink, weather)]
}

/// Short: two of them fit into the headline of a narrow screen.
fn trouble(dependency: Dependency) -> &'static str {
    match dependency {
        Dependency::S3 => "the S3 server is down",
        Dependency::Database => "the database is locked",
        Dependency::Cache => "the cache is slow",
        Dependency::Catalog => "the catalog is gone",
        Dependency::Prices => "no prices",
    }
}

/// The seconds, below the strips.
pub(crate) fn axis(columns: usize) -> Line {
    let seconds = usize::try_from(LENGTH.as_secs()).unwrap_or(usize::MAX);
    let mut text = " ".repeat(LABEL);
    for second in (0..seconds).step_by(5) {
        let label = format!("{second} s");
        let pad = (LABEL + second * columns / seconds).saturating_sub(text.chars().count());
        text.push_str(&" ".repeat(pad));
        text.push_str(&label);
    }
    vec![(Ink::Faint, text)]
}

/// What the letters mean.
pub(crate) fn legend() -> Line {
    let mut line = vec![(Ink::Normal, " ".repeat(LABEL))];
    for state in [State::Closed, State::Open, State::HalfOpen] {
        line.push((Ink::State(state), strip::letter(state).to_string()));
        line.push((Ink::Faint, format!(" {}   ", word(state))));
    }
    line.push((Ink::Bad, "~".into()));
    line.push((Ink::Faint, " really away".into()));
    line
}

fn numbers(service: &ServiceView) -> Line {
    let total = service.total;
    let ink = if total.errors > 0 { Ink::Bad } else { Ink::Normal };
    vec![
        (Ink::Strong, format!("{:<LABEL$}", service.dependency.name())),
        (Ink::Normal, format!("{:>8}{:>11}{:>12}", service.recent.calls, total.fresh, total.fallback)),
        (ink, format!("{:>10}", total.errors)),
        (Ink::Normal, format!("{:>11.1} ms", service.average_wait().as_secs_f64() * 1e3)),
    ]
}

fn entry_line(entry: &Entry) -> Line {
    let ink = match &entry.what {
        What::Outage(_) | What::Rejected(_) => Ink::Bad,
        What::Edit(_) => Ink::Strong,
        What::Transition { .. } | What::InForce => Ink::Normal,
    };
    vec![(ink, entry.to_string())]
}

/// Cuts a line at the edge of the screen, since a line that wraps would push the others down.
fn cut(line: Line, width: usize) -> Line {
    let mut left = width;
    let mut short = Line::new();
    for (ink, text) in line {
        let text: String = text.chars().take(left).collect();
        left -= text.chars().count();
        short.push((ink, text));
    }
    short
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use breaker_core::State;

    use super::{Line, frame};
    use crate::dependency::Dependency;
    use crate::journal::{Entry, What};
    use crate::ledger::Counts;
    use crate::view::{ServiceView, View};

    fn view() -> View {
        let transition =
            What::Transition { from: State::Closed, to: State::Open, cause: "5 failures in the window".into() };
        let total = Counts { calls: 9, fresh: 7, fallback: 2, ..Counts::default() };
        View {
            now: Duration::from_secs(4),
            entries: vec![Entry { at: Duration::from_secs(2), dependency: Some(Dependency::S3), what: transition }],
            services: Dependency::ALL.map(|dependency| ServiceView {
                dependency,
                state: State::Closed,
                total,
                recent: total,
            }),
        }
    }

    fn text(line: &Line) -> String {
        line.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn the_strip_has_colour_and_letters() {
        let lines = frame(&view(), 122, 40);
        let strip = text(&lines[1]);
        assert!(strip.starts_with("s3        CCCCCCCCCCOOOOOOOOOOO "), "{strip}");
        assert!(lines[1].contains(&(super::Ink::State(State::Closed), "C".repeat(10))));
        assert!(lines.iter().any(|line| text(line).contains("5 failures in the window")));
    }

    #[test]
    fn nothing_leaves_the_screen() {
        for (width, height) in [(20, 5), (80, 24), (200, 60)] {
            let lines = frame(&view(), width, height);
            assert!(lines.len() <= height);
            assert!(lines.iter().all(|line| text(line).chars().count() <= width));
        }
    }
}
