//! The individual goals.

use super::{Bound, Goal};
use crate::measure::{Cell, Figures};
use crate::numbers::digits;
use crate::scenarios::Results;
use crate::subjects::attribute::{ANNOTATED, ANNOTATED_TIMED, CALL_ASYNC, CALL_ASYNC_TIMED, TIMEOUT, TIMEOUT_TIMED};
use crate::subjects::{
    About, BARE, COUNTER_READS, Family, HUNDRED, HUNDRED_TIMED, RATE, TIMED, UNTIMED, WAITING, WAITING_TIMED,
};

/// Returns the goals for which there are figures.
pub(super) fn all(results: &Results) -> Vec<Goal> {
    let mut goals = Vec::new();
    if let Some(closed) = &results.closed {
        goals.extend(on_one_thread(closed).into_iter().flatten());
        goals.extend(two_threads("closed", closed));
        goals.extend(last_hundred(closed).into_iter().flatten());
    }
    if let Some(failing) = &results.failing {
        goals.extend(under_failures(failing).into_iter().flatten());
        goals.extend(two_threads("10 % failing", failing));
    }
    if let Some(waiting) = &results.waiting {
        goals.extend(below_a_minimum(waiting).into_iter().flatten());
    }
    if let Some(rejected) = &results.rejected {
        goals.extend(rejecting(rejected));
    }
    if let Some(figures) = &results.attribute {
        goals.extend(generated_code(figures).into_iter().flatten());
    }
    goals.extend(counted(results));
    goals
}

fn is_peer(about: &About) -> bool {
    about.family == Family::Peer
}

/// Whether a peer records times or a time window, as this project does with everything recorded.
fn times_or_windows(about: &About) -> bool {
    is_peer(about) && (about.times || about.time_window)
}

fn precise(about: &About) -> bool {
    !about.coarse
}

fn no_times(about: &About) -> bool {
    is_peer(about) && !about.times
}

/// A goal: how many times as fast as the fastest of these peers.
fn faster(
    what: &str,
    figures: &Figures,
    (own, threads): (&str, usize),
    peers: impl Fn(&About) -> bool,
    least: f64,
) -> Option<Goal> {
    let (own, peer) = (figures.cell(own, threads)?, figures.fastest(threads, peers)?);
    let beside = format!(" ({} to {} ns, {})", digits(own.figure()), digits(peer.figure()), peer.about.name);
    Some(Goal::new(what, Bound::AtLeast(least), " ×", peer.over(own), &beside))
}

fn to(own: &Cell, other: &Cell) -> String {
    format!(" ({} to {} ns)", digits(own.figure()), digits(other.figure()))
}

fn on_one_thread(closed: &Figures) -> [Option<Goal>; 6] {
    let cells = || {
        Some((closed.cell(BARE, 1)?, closed.cell(UNTIMED, 1)?, closed.cell(COUNTER_READS, 1)?, closed.cell(TIMED, 1)?))
    };
    let Some((bare, untimed, reads, timed)) = cells() else { return [const { None }; 6] };
    [
        Some(Goal::new(
            "closed, `response_times = false`: over the bare call",
            Bound::AtMost(1.5),
            " ns",
            untimed.above(bare),
            &to(untimed, bare),
        )),
        faster("closed, `response_times = false`: faster than the fastest peer", closed, (UNTIMED, 1), is_peer, 3.5),
        Some(Goal::new(
            "closed, everything recorded: to the call with two raw TSC reads",
            Bound::AtMost(1.3),
            " ×",
            timed.over(reads),
            &to(timed, reads),
        )),
        faster(
            "closed, everything recorded: faster than the fastest peer with a time window or times",
            closed,
            (TIMED, 1),
            times_or_windows,
            3.0,
        ),
        faster(
            "the same, among those whose clock tells milliseconds apart",
            closed,
            (TIMED, 1),
            |about| times_or_windows(about) && precise(about),
            3.0,
        ),
        faster(
            "its rule without the times (as little as the peer does): faster than the fastest peer with a time window",
            closed,
            (RATE, 1),
            |about| is_peer(about) && about.time_window,
            3.0,
        ),
    ]
}

/// Explains why a goal against a peer with a clock that moves every few milliseconds may be out of reach for one that
/// measures nanoseconds.
pub(super) fn limits(results: &Results) -> Option<String> {
    let closed = results.closed.as_ref()?;
    let (bare, reads) = (closed.cell(BARE, 1)?.figure(), closed.cell(COUNTER_READS, 1)?.figure());
    let coarse = |about: &About| is_peer(about) && about.coarse;
    let peer = closed.fastest(1, coarse)?;
    let rejecting = results.rejected.as_ref().and_then(|figures| figures.fastest(1, coarse));
    let rejected = rejecting.map_or(String::new(), |cell| {
        format!(", and for a rejection, which reads it once, {} ns", digits(cell.figure() / 2.5))
    });
    Some(format!(
        "The limit: one raw reading of the processor's counter takes {} ns here, a call between two of them {}. {} reads a \
         clock that moves every few milliseconds instead; to be three times as fast as that, a call that is timed would have \
         {} ns{rejected}. A coarse clock can't time a call, and a retry-after by it is milliseconds off, so it is not used \
         here.",
        digits((reads - bare) / 2.0),
        digits(reads),
        peer.about.label,
        digits(peer.figure() / 3.0),
    ))
}

fn two_threads(scenario: &str, figures: &Figures) -> Vec<Goal> {
    let goal = |name: &str| {
        let (two, one) = (figures.cell(name, 2)?, figures.cell(name, 1)?);
        let what = format!("{scenario}, {}: wall time per call of two threads to one", rest(name));
        Some(Goal::new(what, Bound::AtMost(0.55), " ×", two.over(one), &to(two, one)))
    };
    [UNTIMED, TIMED].into_iter().filter_map(goal).collect()
}

/// Returns a row's name without the crate's name.
fn rest(name: &str) -> String {
    let rest = name.split_once(", ").map_or(name, |(_, rest)| rest);
    rest.replace("response_times = false", "`response_times = false`")
}

fn last_hundred(closed: &Figures) -> [Option<Goal>; 2] {
    let alone = || {
        let (own, timed) = (closed.cell(HUNDRED, 1)?, closed.cell(HUNDRED_TIMED, 1)?);
        let beside = format!(" (with times: {} ns)", digits(timed.figure()));
        let what = "last 100 calls, `response_times = false`, one thread";
        Some(Goal::new(what, Bound::AtMost(12.0), " ns", own.figure(), &beside))
    };
    let recloser = |about: &About| about.label == "recloser";
    [alone(), faster("last 100 calls, two threads: faster than recloser", closed, (HUNDRED, 2), recloser, 2.0)]
}

fn under_failures(failing: &Figures) -> [Option<Goal>; 3] {
    let timed = || {
        let (own, reads) = (failing.cell(TIMED, 1)?, failing.cell(COUNTER_READS, 1)?);
        let what = "10 % failing, everything recorded: to the call with two raw TSC reads";
        Some(Goal::new(what, Bound::AtMost(1.5), " ×", own.over(reads), &to(own, reads)))
    };
    let what = "10 % failing, 8 threads, `response_times = false`: faster than the fastest peer without times";
    let untimed = faster(what, failing, (UNTIMED, 8), no_times, 5.0);
    let what = "10 % failing, 8 threads, everything recorded: faster than the fastest peer with a time window or times";
    [timed(), untimed, faster(what, failing, (TIMED, 8), times_or_windows, 5.0)]
}

fn below_a_minimum(waiting: &Figures) -> [Option<Goal>; 2] {
    let over = |what: &str, waits: &str, reached: &str| {
        let (waits, reached) = (waiting.cell(waits, 1)?, waiting.cell(reached, 1)?);
        let what = format!("10 % failing, {what}: below the minimum of its rule to above it");
        Some(Goal::new(what, Bound::AtMost(1.1), " ×", waits.over(reached), &to(waits, reached)))
    };
    [over("`response_times = false`", WAITING, RATE), over("everything recorded", WAITING_TIMED, TIMED)]
}

fn rejecting(rejected: &Figures) -> Vec<Goal> {
    let Some(own) = [UNTIMED, TIMED]
        .into_iter()
        .filter_map(|name| rejected.cell(name, 1))
        .max_by(|a, b| a.figure().total_cmp(&b.figure()))
    else {
        return Vec::new();
    };
    let slower = format!(" ({})", rest(&own.about.name));
    let mut goals = vec![Goal::new("rejected, the slower of ours", Bound::AtMost(12.0), " ns", own.figure(), &slower)];
    let own = (&own.about.name[..], 1);
    goals.extend(faster("rejected: faster than the fastest peer", rejected, own, is_peer, 2.5));
    let what = "the same, among those whose clock tells milliseconds apart";
    goals.extend(faster(what, rejected, own, |about| is_peer(about) && precise(about), 2.5));
    goals
}

fn generated_code(figures: &Figures) -> [Option<Goal>; 4] {
    let above = |what: &str, own: &str, other: &str, most| {
        let (own, other) = (figures.cell(own, 1)?, figures.cell(other, 1)?);
        Some(Goal::new(what, Bound::AtMost(most), " ns", own.above(other), &to(own, other)))
    };
    [
        above("the attribute over `call_async`, `response_times = false`", ANNOTATED, CALL_ASYNC, 1.0),
        above("the attribute over `call_async`, everything recorded", ANNOTATED_TIMED, CALL_ASYNC_TIMED, 1.0),
        above(
            "a `request_timeout`, for a call that is ready at once, `response_times = false`",
            TIMEOUT,
            CALL_ASYNC,
            2.0,
        ),
        above(
            "a `request_timeout`, for a call that is ready at once, everything recorded",
            TIMEOUT_TIMED,
            CALL_ASYNC_TIMED,
            2.0,
        ),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "bytes and allocations of a few calls")]
fn counted(results: &Results) -> Vec<Goal> {
    let mut goals = Vec::new();
    if let Some(heap) = &results.heap {
        let [(few, after_few), (many, after_many)] = heap.after_calls;
        let grown = (after_many - after_few).abs() as f64;
        let allocations = heap.of_annotated as f64;
        let future = heap.in_the_future as f64;
        goals.push(Goal::new("the attribute: allocations in 3,000 calls", Bound::AtMost(0.0), "", allocations, ""));
        goals.push(Goal::new("the attribute: what it adds to the future", Bound::AtMost(64.0), " bytes", future, ""));
        let what = format!("heap: how far that after {many} calls is from that after {few}");
        goals.push(Goal::new(what, Bound::AtMost(0.0), " bytes", grown, ""));
    }
    if let Some(snapshots) = &results.snapshots {
        let (one, thousand) = (snapshots.one.as_secs_f64() * 1e6, snapshots.thousand.as_secs_f64() * 1e3);
        goals.push(Goal::new("metrics of one breaker", Bound::AtMost(2.0), " µs", one, ""));
        goals.push(Goal::new(
            "metrics of 1,000 breakers (`Registry::metrics`)",
            Bound::AtMost(2.0),
            " ms",
            thousand,
            "",
        ));
    }
    goals
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(name: &str, label: &'static str, family: Family, parameter: usize, figure: f64) -> Cell {
        Cell { about: About::new(name, label, family), parameter, rounds: vec![figure; 3] }
    }

    #[test]
    fn the_fastest_peer_is_the_one_to_beat() {
        let cells = vec![
            cell(UNTIMED, "ours", Family::Ours, 1, 2.0),
            cell("slow", "slow", Family::Peer, 1, 20.0),
            cell("quick", "quick", Family::Peer, 1, 8.0),
            cell("a limit", "limit", Family::Limit, 1, 1.0),
        ];
        let goal = faster("a", &Figures { cells }, (UNTIMED, 1), is_peer, 3.5).expect("all is there");
        assert_eq!((goal.figure.as_str(), goal.met), ("4.00 × (2.00 to 8.00 ns, quick)", true));
    }

    #[test]
    fn nothing_measured_is_no_goal() {
        assert!(all(&Results::default()).is_empty());
    }
}
