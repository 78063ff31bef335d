//! What the screen shows, as lines of text with an ink for each piece. Pure: knows no terminal.

use breaker_core::State;

use crate::dependency::Dependency;
use crate::journal::{What, transitions};
use crate::script::{LENGTH, OUTAGES, outages_at};
use crate::story::{self, Row};
use crate::strip;
use crate::text;
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
/// The columns behind a strip, for the state of now.
const TAIL: usize = 12;
/// A cell is then 200 ms.
const WIDEST: usize = 100;
/// A lower screen has no empty lines.
const SPACIOUS: usize = 26;
/// A lower screen has no table of numbers: the last events matter more.
const WITH_NUMBERS: usize = 24;

/// All lines for a terminal of `width` columns and `height` rows.
pub(crate) fn frame(view: &View, width: usize, height: usize) -> Vec<Line> {
    let columns = strip_width(width);
    let gap = || (height >= SPACIOUS).then(Line::new);
    let mut lines = vec![headline(view, width)];
    lines.extend(strips(view, columns));
    let mut legend = legend();
    legend.push((Ink::Faint, "   q quit".to_owned()));
    lines.push(legend);
    lines.extend(gap());
    if height >= WITH_NUMBERS {
        lines.extend(numbers(view));
        lines.extend(gap());
    }
    lines.extend(latest(view, width, height.saturating_sub(lines.len())));
    lines.truncate(height);
    lines.into_iter().map(|line| cut(line, width)).collect()
}

/// The strips, the legend and all events, for a terminal that scrolls.
pub(crate) fn whole(view: &View, width: usize) -> Vec<Line> {
    let mut lines = strips(view, strip_width(width));
    lines.extend([legend(), Line::new()]);
    let mut lines: Vec<Line> = lines.into_iter().map(|line| cut(line, width)).collect();
    lines.extend(story::rows(&view.entries).iter().flat_map(|row| row_lines(row, width)));
    lines
}

/// How many cells a strip has on a terminal that is `width` wide.
fn strip_width(width: usize) -> usize {
    width.saturating_sub(LABEL + TAIL).clamp(10, WIDEST)
}

/// All strips, each with its outage below it, and the seconds.
fn strips(view: &View, columns: usize) -> Vec<Line> {
    let services = view.services.iter();
    let mut lines: Vec<Line> = services
        .flat_map(|service| [strip_line(view, service, columns), outage_line(service.dependency, columns)])
        .collect();
    lines.push(axis(columns));
    lines
}

/// The strip of one service, with its name and its present state.
fn strip_line(view: &View, service: &ServiceView, columns: usize) -> Line {
    let mut line = vec![(Ink::Strong, format!("{:<LABEL$}", service.dependency.name()))];
    let history = transitions(&view.entries, service.dependency);
    let cells = strip::cells(&history, view.now, LENGTH, columns);
    for run in cells.chunk_by(|a, b| a == b) {
        line.push((Ink::State(run[0]), strip::letter(run[0]).to_string().repeat(run.len())));
    }
    line.push((Ink::Normal, " ".repeat(columns - cells.len())));
    line.push((Ink::Normal, format!("  {}", service.state)));
    line
}

/// The line below a strip, which shows when its service had its outage.
fn outage_line(dependency: Dependency, columns: usize) -> Line {
    let outage = OUTAGES[dependency.index()];
    let marks = strip::marks(outage.from, outage.until, LENGTH, columns);
    let text: String = marks.into_iter().map(|out| if out { '~' } else { ' ' }).collect();
    vec![(Ink::Bad, format!("{:<LABEL$}{}", "", text.trim_end()))]
}

/// The clock, what is broken, and where the service is, if that fits.
fn headline(view: &View, width: usize) -> Line {
    let now = view.now.min(LENGTH).as_secs_f64();
    let clock = format!("breaker drill   {now:4.1} s of {} s   ", LENGTH.as_secs());
    let out: Vec<&str> = outages_at(view.now).map(|outage| outage.target.name()).collect();
    let outages = if out.is_empty() {
        (Ink::Faint, "no outage".to_owned())
    } else {
        (Ink::Bad, format!("outage: {}", out.join(", ")))
    };
    let mut line = vec![(Ink::Strong, clock), outages];
    let server = format!("   http://{}", view.server);
    if columns(&line) + server.len() <= width {
        line.push((Ink::Normal, server));
    }
    line
}

/// The seconds, below the strips.
fn axis(columns: usize) -> Line {
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
fn legend() -> Line {
    let mut line = vec![(Ink::Normal, " ".repeat(LABEL))];
    for state in [State::Closed, State::Open, State::HalfOpen] {
        line.push((Ink::State(state), strip::letter(state).to_string()));
        line.push((Ink::Faint, format!(" {state}  ")));
    }
    line.push((Ink::Bad, "~".into()));
    line.push((Ink::Faint, " outage".into()));
    line
}

/// The table of the answers: rates over the last second, sums since the start.
fn numbers(view: &View) -> Vec<Line> {
    let header =
        format!("{:<LABEL$}{:>8}{:>11}{:>11}{:>9}{:>11}", "", "calls/s", "avg wait", "ok", "degraded", "errors");
    let row = |service: &ServiceView| {
        let total = service.total;
        let wait = format!("{:.1} ms", service.average_wait().as_secs_f64() * 1e3);
        let ink = if total.errors > 0 { Ink::Bad } else { Ink::Normal };
        vec![
            (Ink::Strong, format!("{:<LABEL$}", service.dependency.name())),
            (Ink::Normal, format!("{:>8}{wait:>11}{:>11}{:>9}", service.recent.calls, total.ok, total.degraded)),
            (ink, format!("{:>11}", total.errors)),
        ]
    };
    [vec![(Ink::Strong, header)]].into_iter().chain(view.services.iter().map(row)).collect()
}

/// The lines of the latest rows that fit into `room` lines.
fn latest(view: &View, width: usize, room: usize) -> Vec<Line> {
    let rows = story::rows(&view.entries);
    let mut shown: Vec<Vec<Line>> = Vec::new();
    let mut left = room;
    for row in rows.iter().rev() {
        let mut lines = row_lines(row, width);
        if lines.len() > left && shown.is_empty() {
            lines.truncate(left);
            lines.last_mut().into_iter().for_each(|line| line.push((Ink::Faint, format!(" {}", text::CUT))));
        } else if lines.len() > left {
            break;
        }
        left -= lines.len();
        shown.push(lines);
    }
    shown.into_iter().rev().flatten().collect()
}

fn row_lines(row: &Row<'_>, width: usize) -> Vec<Line> {
    let ink = match row.last().what {
        What::Outage(_) | What::Rejected(_) => Ink::Bad,
        What::Edit(_) => Ink::Strong,
        What::Transition { .. } | What::Applied(_) => Ink::Normal,
    };
    row.lines(width).into_iter().map(|line| vec![(ink, line)]).collect()
}

fn columns(line: &Line) -> usize {
    line.iter().map(|(_, text)| text.chars().count()).sum()
}

/// Cuts a line at the edge of the screen, with a sign: a line that wraps would push the others down.
fn cut(line: Line, width: usize) -> Line {
    if columns(&line) <= width {
        return line;
    }
    let mut left = width.saturating_sub(1);
    let mut short = Line::new();
    for (ink, text) in line {
        let text: String = text.chars().take(left).collect();
        left -= text.chars().count();
        short.push((ink, text));
    }
    short.extend((width > 0).then(|| (Ink::Faint, text::CUT.to_string())));
    short
}

#[cfg(test)]
mod tests;
