//! The sections of the page except the goals.

use std::fmt::Write as _;

use super::markdown::Table;
use crate::machine::Machine;
use crate::measure::{Cell, Effort, Figures};
use crate::numbers::digits;
use crate::scenarios::Results;
use crate::subjects::{DEFAULTS, Family, PEERS, RATE, TIMED, UNTIMED};

pub(super) fn conditions(machine: &Machine, effort: Effort) -> String {
    let Machine { processor, cores, date, compiler, .. } = machine;
    let Effort { rounds, visits, visit } = effort;
    let others = machine.disturbance();
    format!(
        "{processor}, {cores} cores; {date}; {compiler}; release profile with thin LTO.{others}\n\n\
         Nanoseconds per call: wall time from the first start to the last end, by the calls of all threads. {rounds} rounds \
         over all rows of a table; in each round every row is visited {visits} times for {} ms, in turn; a round's figure \
         is the median of its visits, a figure here the median of the rounds. \
         Ratios are medians of the rounds' ratios, futures to futures and plain calls to plain calls. More threads than \
         cores share these.\n\n",
        visit.as_millis(),
    )
}

pub(super) fn figures(results: &Results) -> String {
    let mut text = String::from("## Figures\n\n");
    let mut add = |title: &str, about: &str, figures: &Option<Figures>, unit: &str| {
        if let Some(figures) = figures {
            let _ = write!(text, "### {title}\n\n{about}\n\n{}", table(figures, unit));
        }
    };
    add("Closed, all calls succeed", "By threads over one breaker.", &results.closed, "threads");
    add("Closed, 10 % of the calls fail", "By threads over one breaker.", &results.failing, "threads");
    add(
        "As it comes",
        "The default configuration of each crate, closed, all calls succeed. By threads over one breaker. Ours times each call, \
         counts the failures of the last 60 s, and looks at their share.",
        &results.defaults,
        "threads",
    );
    add(
        "A minimum that is not reached",
        "A rule that waits for more calls than there are; 10 % of the calls fail. By threads over one breaker. Two of ours are \
         there for comparison: the minimum of 10 calls is reached. nobreak has no minimum, and recloser none but its buffer.",
        &results.waiting,
        "threads",
    );
    add("Rejected", "The circuit is open, by failures, for an hour. One thread.", &results.rejected, "");
    add(
        "Half-open",
        "Every call is a probe that succeeds, one after another, on one thread; no number of them closes the circuit. \
         failsafe closes at the first success and seatbelt lets only one call or a share of them through: they have no such \
         row.",
        &results.probing,
        "",
    );
    add(
        "Open, probe, closed",
        "A failure opens the circuit, its open time is over at once, and the next call is a probe that closes it: per call, \
         two calls a cycle. recloser's rings have to be full before they decide, so no single failure opens it; failsafe's \
         rate opens nothing before its window, a second at least, has passed.",
        &results.cycling,
        "",
    );
    add(
        "Services",
        "One thread, all calls succeed, by the number of breakers that are called in turn.",
        &results.services,
        "services",
    );
    add(
        "The attribute",
        "One thread, all calls succeed. Each row is a function that is not inlined, and polls the `async fn` where there is \
         one. Those with `call` and `call_async` use the breaker of the annotated one.",
        &results.attribute,
        "",
    );
    text
}

/// Formats a count: `1 thread`, `2 threads`.
fn counted(number: usize, unit: &str) -> String {
    format!("{number} {}", if number == 1 { unit.trim_end_matches('s') } else { unit })
}

/// Returns a table: rows by subject, columns by threads or services, and ratios to our figures in the first of these
/// columns.
fn table(figures: &Figures, unit: &str) -> String {
    let parameters = figures.parameters();
    let first = parameters[0];
    let has = |name: &&str| figures.cell(name, first).is_some();
    let untimed = [UNTIMED, RATE, DEFAULTS].into_iter().find(has);
    let ours: Vec<_> = untimed.into_iter().chain([TIMED]).filter_map(|name| figures.cell(name, first)).collect();
    let mut columns = vec![String::new()];
    columns.extend(parameters.iter().map(|parameter| match unit {
        "" => "ns".to_owned(),
        unit => counted(*parameter, unit),
    }));
    columns.extend(
        ours.iter().map(|own| if own.about.times { "to ours, everything" } else { "to ours, untimed" }.to_owned()),
    );
    let mut table = Table::new(&columns.iter().map(String::as_str).collect::<Vec<_>>(), 1);
    for cell in figures.cells.iter().filter(|cell| cell.parameter == first) {
        let own = cell.about.family == Family::Ours;
        let mut row = vec![if own { format!("**{}**", cell.about.name) } else { cell.about.name.clone() }];
        let at = |parameter| figures.cell(&cell.about.name, parameter).map_or(f64::NAN, Cell::figure);
        row.extend(parameters.iter().map(|parameter| digits(at(*parameter))));
        row.extend(ours.iter().map(|own| format!("{} ×", digits(cell.over(alike(figures, own, cell))))));
        table.row(row);
    }
    table.finish()
}

/// Returns our figure for the same kind of call: a future is compared with a future.
fn alike<'a>(figures: &'a Figures, own: &'a Cell, other: &Cell) -> &'a Cell {
    let future = other
        .about
        .name
        .strip_suffix(", async")
        .and_then(|_| figures.cell(&format!("{}, async", own.about.name), own.parameter));
    future.unwrap_or(own)
}

pub(super) fn growth(results: &Results) -> String {
    const TITLE: &str = "## What grows with what\n\nThis project alone.\n\n";
    let mut text = String::from(TITLE);
    for (title, figures, unit) in [
        ("Threads over one breaker, all succeed", &results.closed, "threads"),
        ("Threads over one breaker, 10 % fail", &results.failing, "threads"),
        ("Services, called in turn", &results.services, "services"),
    ] {
        if let Some(figures) = figures {
            let _ = write!(text, "### {title}\n\n{}", own(figures, unit));
        }
    }
    if let Some(windows) = &results.windows {
        text += "### The window's length\n\nThe rule `failure_rate`, one thread, all calls succeed.\n\n";
        text += &table(windows, "");
    }
    if let Some(snapshots) = &results.snapshots {
        let (one, thousand) = (snapshots.one.as_secs_f64() * 1e6, snapshots.thousand.as_secs_f64() * 1e3);
        text += "### Reading the metrics\n\n";
        let _ = write!(text, "One breaker {} µs; a registry of 1,000 {} ms.\n\n", digits(one), digits(thousand));
    }
    if let Some(heap) = &results.heap {
        text += "### Memory\n\n";
        let _ = write!(
            text,
            "A breaker with defaults takes {} bytes once one thread has called it, {} once two have.",
            heap.one_thread, heap.two_threads
        );
        for (calls, bytes) in heap.after_calls {
            let _ = write!(
                text,
                " After {calls} calls through one that records everything, the heap is {bytes} bytes larger than before the first."
            );
        }
        text += "\n\n";
    }
    if text == TITLE { String::new() } else { text }
}

/// Returns our rows, with the ratio to the first column.
fn own(figures: &Figures, unit: &str) -> String {
    let parameters = figures.parameters();
    let mut columns = vec![String::new()];
    columns.extend(parameters.iter().map(|parameter| counted(*parameter, unit)));
    let mut table = Table::new(&columns.iter().map(String::as_str).collect::<Vec<_>>(), 1);
    let first = figures.cells.iter().filter(|cell| cell.parameter == parameters[0]);
    for cell in first.filter(|cell| cell.about.family == Family::Ours) {
        let mut row = vec![cell.about.name.clone()];
        row.extend(parameters.iter().filter_map(|parameter| {
            let there = figures.cell(&cell.about.name, *parameter)?;
            Some(format!("{} ({} ×)", digits(there.figure()), digits(there.over(cell))))
        }));
        table.row(row);
    }
    table.finish()
}

pub(super) fn fairness(machine: &Machine) -> String {
    let mut text = String::from(
        "## Is it fair?\n\n\
         - The same work: a function that is not inlined and returns its number, or an error where the stream of outcomes \
         says so (every tenth call, or none). Every answer of every measured call goes into a checksum, which is compared \
         with what the stream has to give; where a crate tells its state, the circuit is closed in the end.\n\
         - The same executor: none. Futures are polled by hand. The same loop, compiled for each \
         subject, in a function of its own; what is inlined into it is the compiler's choice, as in a program. The same threads.\n\
         - Each in its best configuration: its sync and its async call where it has both, the cheapest of its rules that \
         works, limits out of reach. `the fastest peer` is the fastest of all these rows.\n\
         - Not the same service. Most peers do less; what each does is here. Ours with `response_times = false` counts \
         every outcome and looks at the failures of the last 60 s (`failure_threshold`); with everything recorded it \
         looks at the share of failures in the last 60 s (`failure_rate`), and keeps the time of each call in a histogram.\n\
         - `bare call + two raw TSC reads` is the bare call between two `quanta::Clock::raw`.\n\n\
         Other configurations of this project: [the sweep](sweep.svg) counts the instructions of a call under hundreds of them.\n\n",
    );
    let mut table = Table::new(&["peer", "version", "records", "in these figures"], 4);
    for peer in PEERS {
        table.row([peer.label, &machine.version(peer.package), peer.records, peer.details]);
    }
    text += &table.finish();
    text.truncate(text.trim_end().len());
    text + "\n"
}
