//! Compares verdicts with the rules in integers, for all small counts under all small rules.

use super::*;
use crate::engine::limits::tests::NONE;
use crate::engine::limits::{Limits, WindowLength};

/// An exact rate that a user may configure.
type Fraction = (u32, u32);

const SHARES: [Fraction; 6] = [(1, 6), (1, 5), (1, 3), (1, 2), (2, 3), (1, 1)];

/// Returns which rules have fired, without a division. `None` is a rule that isn't set.
#[derive(Clone, Copy, Debug)]
struct Naive {
    in_a_row: Option<u32>,
    threshold: Option<u32>,
    rate: Option<Fraction>,
    slow_rate: Option<Fraction>,
    minimum_for_rates: u32,
    minimum_for_threshold: u32,
}

fn as_double((part, whole): Fraction) -> f64 {
    f64::from(part) / f64::from(whole)
}

impl Naive {
    fn rules(self) -> Rules {
        Rules {
            failure_threshold: self.threshold,
            consecutive_failures: self.in_a_row,
            failure_rate: self.rate.map(as_double),
            slow_call_rate: self.slow_rate.map(as_double),
            minimum_for_rates: self.minimum_for_rates,
            minimum_for_threshold: self.minimum_for_threshold,
        }
    }

    /// T1: "at least", on exact counts. T2: any of them may fire.
    fn fired(self, counts: Counts, in_a_row: u64) -> [Option<Cause>; 4] {
        let Counts { requests, failures, slow } = counts;
        let holds = |minimum: u32| requests >= minimum.into();
        let reached = |part: u64, (share, whole): Fraction| {
            requests > 0 && part * u64::from(whole) >= u64::from(share) * requests && holds(self.minimum_for_rates)
        };
        let run = self.in_a_row.filter(|limit| in_a_row >= (*limit).into());
        let many = self.threshold.filter(|limit| failures >= (*limit).into() && holds(self.minimum_for_threshold));
        let rate = self.rate.filter(|share| reached(failures, *share)).map(as_double);
        let slow_rate = self.slow_rate.filter(|share| reached(slow, *share)).map(as_double);
        [
            run.map(|threshold| Cause::ConsecutiveFailures { failures: in_a_row, threshold }),
            many.map(|threshold| Cause::FailureThreshold { failures, requests: None, threshold }),
            rate.map(|threshold| Cause::FailureRate { failures, requests, threshold }),
            slow_rate.map(|threshold| Cause::SlowCallRate { slow, requests, threshold }),
        ]
    }
}

fn all_rules() -> impl Iterator<Item = Naive> {
    let limits = || [None, Some(1), Some(2), Some(3)];
    let shares = || std::iter::once(None).chain(SHARES.map(Some));
    let minimums = || [(1, 1), (1, 3), (3, 1), (6, 6)];
    let counts = limits().into_iter().flat_map(move |in_a_row| limits().map(|threshold| (in_a_row, threshold)));
    counts.flat_map(move |(in_a_row, threshold)| {
        shares().flat_map(move |rate| {
            shares().flat_map(move |slow_rate| {
                minimums().map(|(minimum_for_rates, minimum_for_threshold)| Naive {
                    in_a_row,
                    threshold,
                    rate,
                    slow_rate,
                    minimum_for_rates,
                    minimum_for_threshold,
                })
            })
        })
    })
}

fn all_counts() -> impl Iterator<Item = Counts> + Clone {
    (0..=6).flat_map(|requests| {
        (0..=requests).flat_map(move |failures| (0..=requests).map(move |slow| Counts { requests, failures, slow }))
    })
}

#[test]
fn t1_t2_the_verdict_is_that_of_whole_numbers() {
    let mut fired_at_all = [0_u32; 4];
    for naive in all_rules() {
        let rules = naive.rules();
        // A run beyond the limits makes no difference.
        for (counts, in_a_row) in all_counts().flat_map(|counts| [0, 1, 2, 3, 4].map(|run| (counts, run))) {
            let fired = naive.fired(counts, in_a_row);
            // The first rule that fired is reported.
            let first = fired.into_iter().position(|cause| cause.is_some());
            let verdict = verdict(counts, in_a_row, &rules);
            assert_eq!(verdict, first.and_then(|at| fired[at]), "{counts:?}, {in_a_row} in a row, {naive:?}");
            if let Some(at) = first {
                fired_at_all[at] += 1;
            }
        }
    }
    assert!(fired_at_all.iter().all(|times| *times > 1_000), "{fired_at_all:?}");
}

/// In any order.
#[test]
fn as_many_calls_as_there_is_room_for_never_fire() {
    let mut rooms = [0_u32; 2];
    for naive in all_rules().filter(|naive| naive.in_a_row.is_none()) {
        let rules = naive.rules();
        for counts in all_counts().filter(|counts| naive.fired(*counts, 0).iter().all(Option::is_none)) {
            let room = headroom(counts, &rules);
            rooms[0] += u32::from((1..6).contains(&room.calls));
            rooms[1] += u32::from((1..6).contains(&room.bad));
            for (bad, good) in (0..=room.bad.min(6)).flat_map(|bad| [0, 1, 3, 6].map(|good| (bad, good))) {
                let Counts { requests, failures, slow } = counts;
                let then = Counts { requests: requests + bad + good, failures: failures + bad, slow: slow + bad };
                let fired = naive.fired(then, 0).iter().any(Option::is_some);
                assert!(!fired || bad + good > room.calls, "{bad} and {good} after {counts:?}, {naive:?}");
            }
        }
    }
    assert!(rooms.iter().all(|times| *times > 100), "room {rooms:?} times");
}

#[test]
fn t7_the_calls_are_shown_where_the_window_holds_successes() {
    let threshold = Limits { failure_threshold: Some(2), ..NONE };
    let counts = Counts { requests: 300, failures: 2, slow: 0 };
    let untimed = Limits { response_times: false, ..threshold };
    let by_count = Limits { window: WindowLength::Calls(300), ..untimed };
    for (limits, requests) in [(threshold, Some(300)), (untimed, None), (by_count, Some(300))] {
        let cause = Cause::FailureThreshold { failures: 2, requests, threshold: 2 };
        assert_eq!(decide(counts, 0, &limits), Some(cause), "{limits:?}");
    }
    let few = Counts { failures: 1, ..counts };
    assert_eq!(decide(few, 0, &threshold), None);
    let rate = Limits { failure_rate: Some(0.001), ..NONE };
    for counts in [counts, few] {
        assert_eq!(decide(counts, 0, &rate), verdict(counts, 0, &rate.rules()));
    }
}

#[test]
fn without_a_minimum_a_rate_waits_for_ten_calls_or_a_shorter_windows_length() {
    let minimums = |window, minimum_requests| {
        let rules = Limits { minimum_requests, window, ..NONE }.rules();
        (rules.minimum_for_rates, rules.minimum_for_threshold)
    };
    for calls in 1..=12 {
        assert_eq!(minimums(WindowLength::Calls(calls), None), (calls.min(10), 1));
        assert_eq!(minimums(WindowLength::Calls(calls), Some(7)), (7, 7));
    }
    assert_eq!(minimums(WindowLength::Time(1), None), (10, 1));
    assert_eq!(minimums(WindowLength::Time(1), Some(3)), (3, 3));
}

const SLOW: Option<u64> = Some(10);

/// Limits, and their properties: whether calls are measured, successes are placed in the window, a slow probe counts as
/// failed, a success can trip, and any rule uses the window.
#[test]
fn nothing_is_done_that_no_rule_needs() {
    let untimed = Limits { response_times: false, ..NONE };
    let threshold = Limits { failure_threshold: Some(5), ..untimed };
    let rate = Limits { failure_rate: Some(0.5), ..untimed };
    let cases = [
        (untimed, [false, false, false, false, false]),
        (NONE, [true, true, false, false, false]),
        (Limits { slow_call_duration: SLOW, ..untimed }, [true, true, false, false, false]),
        (Limits { slow_call_duration: SLOW, slow_call_rate: Some(0.5), ..untimed }, [true, true, true, true, true]),
        (Limits { window: WindowLength::Calls(9), ..untimed }, [false, true, false, false, false]),
        (Limits { consecutive_failures: Some(5), ..untimed }, [false, false, false, false, false]),
        (threshold, [false, false, false, false, true]),
        (Limits { minimum_requests: Some(1), ..threshold }, [false, false, false, false, true]),
        (Limits { minimum_requests: Some(2), ..threshold }, [false, true, false, true, true]),
        (Limits { minimum_requests: Some(2), ..untimed }, [false, false, false, false, false]),
        (rate, [false, true, false, true, true]),
        (Limits { minimum_requests: Some(1), ..rate }, [false, true, false, true, true]),
    ];
    for (limits, expected) in cases {
        let rules = limits.rules();
        let seen = [
            limits.is_timed(),
            limits.places_successes(),
            limits.slow_is_a_rule(),
            rules.success_can_trip(),
            rules.window_can_trip(),
        ];
        assert_eq!(seen, expected, "{limits:?}");
    }
}

#[test]
fn the_room_of_a_rate_keeps_away_from_what_a_double_rounds_by() {
    // 4,000,000 more failures would reach half: minus 4 for a millionth, and one.
    assert!((3_999_990..=3_999_996).contains(&rate_room(0, 4_000_000, 10, 0.5)));
    assert_eq!(rate_room(4, 8, 8, 0.5), 0);
    // The 2,000,000th of 4,000,000 would.
    assert!((1_999_990..=1_999_998).contains(&rate_room(0, 3_999_999, 4_000_000, 0.5)));
}
