//! The short table in the README, between its markers.

use super::markdown::Table;
use crate::machine::Machine;
use crate::measure::Figures;
use crate::numbers::digits;
use crate::scenarios::Results;
use crate::subjects::{BARE, COUNTER_READS, Family, PEERS, RATE, TIMED, UNTIMED};

const START: &str = "<!-- bench:start -->";
const END: &str = "<!-- bench:end -->";

/// Returns the text with everything between the markers replaced. The markers stay.
pub(super) fn replaced(text: &str, table: &str) -> Result<String, String> {
    let missing = || format!("README.md: the markers `{START}` and `{END}` are not there, in this order and once");
    let (before, rest) = text.split_once(START).ok_or_else(missing)?;
    let (_, after) = rest.split_once(END).ok_or_else(missing)?;
    if before.contains(END) || after.contains(START) || after.contains(END) {
        return Err(missing());
    }
    Ok(format!("{before}{START}\n{table}{END}{after}"))
}

/// Returns the table: one row per subject, first ours, then the peers, each by the fastest of its ways to call.
pub(super) fn table(results: &Results, machine: &Machine) -> String {
    let columns = ["ns per call", "records", "closed", "10 % fail", "2 threads", "8 threads, 10 % fail", "rejected"];
    let mut table = Table::new(&columns, 2);
    let ours = [
        (UNTIMED, "**breaker-core**, `response_times = false`", "failures in 60 s"),
        (RATE, "**breaker-core**, `response_times = false`", "rate over 60 s"),
        (TIMED, "**breaker-core**", "times (histogram), rate over 60 s"),
    ];
    let peers = PEERS.iter().map(|peer| (peer.label, peer.label, peer.records));
    for (label, name, records) in ours.into_iter().chain(peers) {
        let figures = [
            figure(results.closed.as_ref(), label, 1),
            figure(results.failing.as_ref(), label, 1),
            figure(results.closed.as_ref(), label, 2),
            figure(results.failing.as_ref(), label, 8),
            figure(results.rejected.as_ref(), label, 1),
        ];
        table.row([name.to_owned(), records.to_owned()].into_iter().chain(figures));
    }
    table.finish() + &beneath(results, machine)
}

/// Returns the figure of the fastest subject with this label.
fn figure(figures: Option<&Figures>, label: &str, parameter: usize) -> String {
    let found = figures.and_then(|figures| figures.fastest(parameter, |about| about.label == label));
    found.map_or_else(|| "–".to_owned(), |cell| digits(cell.figure()))
}

fn beneath(results: &Results, machine: &Machine) -> String {
    let limit = |name| figure(results.closed.as_ref(), name, 1);
    let mut versions: Vec<String> =
        PEERS.iter().map(|peer| format!("{} {}", peer.package, machine.version(peer.package))).collect();
    versions.dedup();
    let Machine { processor, cores, date, compiler, .. } = machine;
    format!(
        "The bare call takes {}, with two raw reads of the time-stamp counter {}. Threads share one breaker; wall time by the \
         calls of all. Each peer by the fastest of its ways to call; most of them record less.\n\
         {processor}, {cores} cores; {date}; {compiler}; {}.{}\n\
         [Its page]({page}) has all figures, the goals, and how it was measured; [the plot]({plot}) the cost over threads; \
         [benches/results](benches/results) has a page for each processor.\n",
        limit(BARE),
        limit(COUNTER_READS),
        versions.join(", "),
        machine.disturbance(),
        page = machine.page(),
        plot = machine.page().replace(".md", ".svg"),
    )
}

/// Returns the labels of the plot and this table in their order, ours first.
pub(super) fn labels(figures: &Figures) -> Vec<(&'static str, Family)> {
    let mut labels = vec![(UNTIMED, Family::Ours), (TIMED, Family::Ours)];
    labels.extend(PEERS.iter().map(|peer| (peer.label, Family::Peer)));
    labels.extend([(BARE, Family::Limit), (COUNTER_READS, Family::Limit)]);
    labels.retain(|(label, _)| figures.cells.iter().any(|cell| cell.about.label == *label));
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let text = format!("before\n{START}\nold\n{END}\nafter\n");
        let new = replaced(&text, "new\n").expect("both are there");
        assert_eq!(new, format!("before\n{START}\nnew\n{END}\nafter\n"));
        assert_eq!(replaced(&new, "new\n").as_ref(), Ok(&new));
    }

    #[test]
    fn wrong_markers_change_nothing() {
        for text in ["none".to_owned(), format!("{END}{START}"), format!("{START}{END}{START}{END}")] {
            assert!(replaced(&text, "new").is_err(), "{text}");
        }
    }
}
