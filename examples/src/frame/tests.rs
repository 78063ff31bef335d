use std::time::Duration;

use breaker_core::State;

use super::{Ink, Line, frame, whole};
use crate::dependency::Dependency;
use crate::journal::{Entry, What};
use crate::ledger::Counts;
use crate::text::CUT;
use crate::view::{ServiceView, View};

const WIDTHS: [usize; 4] = [60, 80, 110, 200];
const CAUSE: &str = "3 failures of 485 calls in the window, 0.62 % (failure_threshold = 3)";
const PROBLEM: &str = "breakers.yaml:19:5: `s3`: unknown key `open_timeot`; did you mean `open_timeout`?";

fn entry(at: u64, dependency: Option<Dependency>, what: What) -> Entry {
    Entry { at: Duration::from_millis(at), dependency, what }
}

fn transition(at: u64, from: State, to: State, cause: &str) -> Entry {
    entry(at, Some(Dependency::Database), What::Transition { from, to, cause: cause.into() })
}

/// The widest that the drill shows: two outages, both long causes, large numbers, a strip that is half open.
fn view() -> View {
    let total = Counts { calls: 123_456, ok: 100_000, degraded: 23_455, errors: 1, waited: Duration::from_secs(9_999) };
    let entries = vec![
        entry(7_500, Some(Dependency::Database), What::Outage("OUTAGE: locked by another connection".into())),
        transition(7_780, State::Closed, State::Open, CAUSE),
        transition(14_200, State::Open, State::HalfOpen, "the open timeout is over"),
        entry(14_700, None, What::Rejected(PROBLEM.into())),
    ];
    View {
        server: ([127, 0, 0, 1], 65_535).into(),
        now: Duration::from_millis(14_800),
        entries,
        services: Dependency::ALL.map(|dependency| ServiceView {
            dependency,
            state: State::HalfOpen,
            total,
            recent: total,
        }),
    }
}

fn text(line: &Line) -> String {
    line.iter().map(|(_, text)| text.as_str()).collect()
}

fn texts(lines: &[Line]) -> Vec<String> {
    lines.iter().map(text).collect()
}

/// The words of all lines, one after another.
fn words(lines: &[String]) -> String {
    lines.iter().flat_map(|line| line.split_whitespace()).collect::<Vec<_>>().join(" ")
}

#[test]
fn nothing_leaves_the_screen() {
    for width in (0..130).step_by(10).chain([1, 3, 31, 32, 33, 61, 79, 200, 1_000]) {
        for height in [0, 1, 2, 5, 10, 17, 18, 23, 24, 25, 26, 40, 200] {
            let lines = texts(&frame(&view(), width, height));
            assert!(lines.len() <= height, "{width} x {height}");
            assert!(lines.iter().all(|line| line.chars().count() <= width), "{width} x {height}: {lines:#?}");
        }
    }
}

#[test]
fn nothing_is_cut_and_no_word_is_broken_from_60_columns_on() {
    for width in WIDTHS {
        for lines in [texts(&frame(&view(), width, 40)), texts(&whole(&view(), width))] {
            assert!(!lines.iter().any(|line| line.contains(CUT)), "{width}: {lines:#?}");
            assert!(lines.iter().all(|line| line.chars().count() <= width), "{width}: {lines:#?}");
            let words = words(&lines);
            assert!(words.contains(CAUSE), "{width}: {lines:#?}");
            assert!(words.contains(PROBLEM), "{width}: {lines:#?}");
        }
    }
}

#[test]
fn a_line_that_is_too_long_is_cut_with_a_sign() {
    for width in [1, 12, 30, 50] {
        let lines = texts(&frame(&view(), width, 40));
        assert!(lines[0].ends_with(CUT) && lines[0].chars().count() == width, "{width}: {:?}", lines[0]);
    }
}

#[test]
fn a_low_screen_keeps_strips_and_latest_events() {
    let lines = texts(&frame(&view(), 80, 18));
    assert!(lines[1].starts_with("s3 ") && lines[9].starts_with("prices "), "{lines:#?}");
    assert!(!words(&lines).contains("calls/s"), "{lines:#?}");
    assert!(words(&lines).contains(PROBLEM), "{lines:#?}");
    // One line is left: of the latest event, which has two.
    let lines = texts(&frame(&view(), 80, 14));
    assert!(lines[13].contains("REJECTED") && lines[13].ends_with(CUT), "{lines:#?}");
}

#[test]
fn events_are_shown_whole_or_not_at_all() {
    for height in 15..40 {
        let lines = texts(&frame(&view(), 60, height));
        let shown = words(&lines);
        assert!(!shown.contains("closed -> open") || shown.contains(CAUSE), "{height}: {lines:#?}");
        assert!(
            shown.contains(PROBLEM) || lines.last().is_some_and(|line| line.ends_with(CUT)),
            "{height}: {lines:#?}"
        );
    }
}

#[test]
fn the_strip_has_colour_and_letters() {
    let lines = frame(&view(), 122, 40);
    let strip = text(&lines[3]);
    let cells = ["C".repeat(39), "O".repeat(32), "H".repeat(4), " ".repeat(25)].concat();
    assert_eq!(strip, format!("database  {cells}  half_open"));
    assert!(lines[3].contains(&(Ink::State(State::Closed), "C".repeat(39))));
}

#[test]
fn the_address_is_on_screens_with_room_for_it() {
    for (width, has_room) in [(60, false), (80, true)] {
        assert_eq!(texts(&frame(&view(), width, 24))[0].ends_with("http://127.0.0.1:65535"), has_room);
    }
}

#[test]
fn the_key_that_quits_is_on_the_live_screen_only() {
    assert!(words(&texts(&frame(&view(), 60, 24))).contains("q quit"));
    assert!(!words(&texts(&whole(&view(), 60))).contains("q quit"));
}
