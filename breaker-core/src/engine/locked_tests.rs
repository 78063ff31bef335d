use super::*;
use crate::engine::admit::Reply;
use crate::engine::limits::tests::NONE;
use crate::engine::limits::{Rules, WindowLength};
use crate::engine::policy::{self, Counts, Room};
use crate::engine::slice::SliceId;
use crate::engine::slot::Slot;
use crate::engine::spare::Basis;
use crate::engine::split::Split;
use crate::engine::stripe::ThreadStripe;
use crate::engine::window::{self, OtherWindow, Sample};
use crate::engine::writer::Writer;

const HALF_FULL: u64 = Split::COUNT_WINDOW.max() / 2 + 1;

const BY_COUNT: Limits = Limits { failure_rate: Some(0.5), window: WindowLength::Calls(1), ..NONE };

#[test]
fn a_call_that_remembers_an_older_word_does_not_bring_it_back() {
    let engine = Engine::new(0, BY_COUNT, 0);
    let remembered = engine.word();
    let _ = engine.reconfigure(Limits { response_times: false, ..BY_COUNT }, 0);
    // The first call of the window is judged, and opens the short path for later calls.
    let counts = engine.record_by_count(engine.thread_stripe(), remembered, Sample { failure: false, slow: false });
    assert_eq!(counts, Ok(Counts { requests: 1, failures: 0, slow: 0 }));
    assert!(engine.word().is_placed() && !engine.word().is_timed());
}

#[test]
fn a_call_of_a_window_that_was_replaced_is_placed_nowhere() {
    let engine = Engine::new(0, BY_COUNT, 0);
    let remembered = engine.word();
    let _ = engine.reconfigure(Limits { window: WindowLength::Time(1_000), ..BY_COUNT }, 0);
    let _ = engine.reconfigure(BY_COUNT, 0);
    let sample = Sample { failure: true, slow: false };
    assert_eq!(engine.record_by_count(engine.thread_stripe(), remembered, sample), Err(OtherWindow));
    let _ = engine.reset(0);
    assert!(engine.record_closed(engine.thread_stripe(), remembered, End::Failure, sample, &|| 0).is_none());
    assert_eq!(engine.snapshot(0).window, Counts::default());
    assert_eq!(engine.snapshot(0).late, 1, "after the reset, the call is late");
}

/// Lets this thread enter the current slice, without a call.
fn entered(engine: &Engine) -> (ThreadStripe<'_>, SliceId) {
    let here = engine.thread_stripe();
    (here, engine.slice_at(0, here, engine.word()).expect("one window"))
}

/// Puts this many successes into the current slice, without calls.
fn fill(engine: &Engine, successes: u64) -> SliceId {
    let (here, slice) = entered(engine);
    here.stripe.slices[slice.slot()].successes.add(here.writer, slice.turn(), successes).expect("empty");
    slice
}

/// Records a success on the full path, or on the short one.
fn succeed(engine: &Engine, quickly: bool) {
    let Reply::Admitted(ticket) = engine.admit(false, || 0, || false) else { panic!("closed") };
    let (here, started) = (engine.thread_stripe(), ticket.started());
    if quickly {
        assert!(engine.record_placed_success(here, ticket, started, || 0), "the short path is open");
    } else {
        assert!(engine.record(here, ticket, End::Success, started, || 0).is_none());
    }
}

#[test]
fn a_window_by_count_takes_over_what_a_stripe_has_counted_before_that_is_full() {
    for quickly in [false, true] {
        let engine = Engine::new(0, Limits { failure_threshold: Some(2), window: WindowLength::Calls(3), ..NONE }, 0);
        let slice = fill(&engine, HALF_FULL - 2);
        let counted = || window::successes(&engine.stripes_of(engine.locked_geometry(engine.word()).version), slice);
        succeed(&engine, quickly);
        assert_eq!(counted(), HALF_FULL - 1);
        succeed(&engine, quickly);
        assert_eq!(counted(), 0, "moved to the window");
        succeed(&engine, quickly);
        assert_eq!(counted(), 1, "counting continues");
        assert_eq!(engine.snapshot(0).window, Counts { requests: 3, failures: 0, slow: 0 });
    }
}

#[test]
fn what_a_window_by_time_counts_stays_in_its_slice() {
    for quickly in [false, true] {
        let limits = Limits { failure_threshold: Some(2), window: WindowLength::Time(u64::MAX / 2), ..NONE };
        let engine = Engine::new(0, limits, 0);
        let slice = fill(&engine, HALF_FULL - 1);
        succeed(&engine, quickly);
        assert_eq!(
            window::successes(&engine.stripes_of(engine.locked_geometry(engine.word()).version), slice),
            HALF_FULL
        );
    }
}

#[test]
fn a_slice_of_an_older_window_is_not_taken_over() {
    let limits = Limits { failure_threshold: Some(2), window: WindowLength::Calls(3), ..NONE };
    let engine = Engine::new(0, limits, 0);
    let (word, slice) = (engine.word(), fill(&engine, 7));
    let version = engine.locked_geometry(word).version;
    let _ = engine.reset(0);
    engine.hand_over(engine.thread_stripe(), word, slice);
    assert_eq!(window::successes(&engine.stripes_of(version), slice), 7);
}

#[test]
fn threads_that_share_a_stripe_remember_no_slice_for_each_other() {
    let engine = Engine::new(0, Limits { failure_threshold: Some(2), window: WindowLength::Time(1_000), ..NONE }, 0);
    let shared = ThreadStripe { writer: Writer::Shared, stripe: engine.stripe(Slot::SHARED) };
    for (here, remembers) in [(shared, false), (engine.thread_stripe(), true)] {
        let Reply::Admitted(ticket) = engine.admit(false, || 0, || false) else { panic!("closed") };
        assert!(engine.record(here, ticket, End::Success, ticket.started(), || 0).is_none());
        assert_eq!(here.stripe.present.get(0, engine.word()).is_some(), remembers, "{:?}", here.writer);
    }
}

/// Returns how many failures open a circuit that has `left` numbers for failures, after a success or not.
fn failures_until_open(left: u64, limits: Limits, ends_run: bool) -> usize {
    let engine = Engine::new(0, limits, 0);
    let end = |end: End| {
        let Reply::Admitted(ticket) = engine.admit(false, || 0, || false) else { panic!("closed") };
        let pending = engine.record(engine.thread_stripe(), ticket, end, ticket.started(), || 0);
        if let Some(pending) = pending {
            let _ = engine.conclude(pending, 0);
        }
        engine.effective_state(0) == State::Open
    };
    engine.streak.0.near_its_end(engine.word().generation(), left);
    if ends_run {
        assert!(!end(End::Success));
    }
    (1..100).find(|_| end(End::Failure)).expect("a rule fires")
}

#[test]
fn a_run_of_failures_opens_the_circuit_also_where_their_numbers_end() {
    let limits = Limits { consecutive_failures: Some(5), ..NONE };
    for left in 0..12 {
        assert_eq!(failures_until_open(left, limits, true), 5, "{left} numbers left");
    }
    let untimed = Limits { consecutive_failures: Some(1), response_times: false, ..NONE };
    for left in 0..4 {
        assert_eq!(failures_until_open(left, untimed, true), 1, "{left} numbers left");
        assert_eq!(failures_until_open(left, untimed, false), 1, "{left} numbers left, during a run");
    }
}

#[test]
fn a_run_that_decides_nothing_is_counted_on_where_the_numbers_of_failures_end() {
    let engine = Engine::new(0, Limits { consecutive_failures: Some(5), ..NONE }, 0);
    let _ = engine.set_mode(Mode::ForcedClosed, 0);
    engine.streak.0.near_its_end(engine.word().generation(), 2);
    let end = |end: End| {
        let Reply::Admitted(ticket) = engine.admit(false, || 0, || false) else { panic!("closed") };
        assert!(engine.record(engine.thread_stripe(), ticket, end, ticket.started(), || 0).is_none());
        engine.snapshot(0).in_a_row
    };
    assert_eq!(end(End::Success), 0);
    assert_eq!([(); 7].map(|()| end(End::Failure)), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!([end(End::Success), end(End::Failure)], [0, 1]);
    assert_eq!(engine.snapshot(0).late, 0);
}

/// A threshold of 1,000 in a window of 1,000 ns.
const THOUSAND: Limits = Limits { failure_threshold: Some(1_000), window: WindowLength::Time(1_000), ..NONE };

/// Returns what is published after a sum of this many failures, of which the present slice held `held`.
fn published(engine: &Engine, held: u64, failures: u64) -> Room {
    let slice = engine.locked_geometry(engine.word()).slice_at(0);
    let [held, counts] = [held, failures].map(|failures| Counts { requests: failures, failures, slow: 0 });
    let locked = lock(&engine.locked);
    engine.take_back();
    engine.publish_room(slice, held, policy::headroom(counts, &locked.limits.rules()));
    engine.hot.headroom.in_slice(slice)
}

const NO_ROOM: Room = Room { calls: 0, bad: 0 };

#[test]
fn the_room_below_a_threshold_is_shared_by_the_stripes() {
    let engine = Engine::new(0, THOUSAND, 0);
    entered(&engine);
    // The failure that reaches the threshold is left to the verdict.
    let room = |failures: u64| 1_000 - failures - 1;
    assert_eq!(published(&engine, 0, 100).bad, room(100), "no other thread has calls in progress");
    engine.stripe(Slot::SHARED);
    assert_eq!(engine.live_stripes().count(), 2, "the shared stripe, and this thread's");
    assert_eq!(published(&engine, 0, 100).bad, (room(100) - 68) / 2, "a few calls may be in progress");
    assert_eq!(published(&engine, 0, 990).bad, 0, "too little to divide");
    assert_eq!(published(&engine, 0, 100).calls, engine_split(&engine).max(), "no rule waits for calls");
}

#[test]
fn what_has_come_since_the_sum_is_taken_off() {
    let engine = Engine::new(0, THOUSAND, 0);
    let (here, slice) = entered(&engine);
    let level = |held: u64| published(&engine, held, 100).bad;
    for _ in 0..30 {
        let _ = window::record(here, slice, Sample { failure: true, slow: false });
    }
    assert_eq!(level(30), 30 + 899, "on top of the stripe's count");
    assert_eq!(level(10), 30 + 899 - 20, "twenty are not in the sum");
}

#[test]
fn calls_that_used_up_the_room_after_the_sum_are_spared_by_no_level() {
    let engine = Engine::new(0, THOUSAND, 0);
    let (here, slice) = entered(&engine);
    let _ = window::record(here, slice, Sample { failure: true, slow: false });
    assert_eq!(published(&engine, 0, 998).bad, 1, "that call is the last one that fits");
    assert_eq!(published(&engine, 0, 999).bad, 0, "that call reaches the threshold");
    let shared = ThreadStripe { writer: Writer::Shared, stripe: engine.stripe(Slot::SHARED) };
    let _ = window::record(shared, slice, Sample { failure: true, slow: false });
    assert_eq!(published(&engine, 0, 999).bad, 0, "each has one call, of which one reaches the threshold");
}

/// With one stripe and with the shared one beside it, for each level in force: as high as it may be, too high, too low.
#[test]
fn a_level_in_force_stays_only_if_it_would_be_published_again() {
    let waits = Limits { failure_rate: Some(0.9), minimum_requests: Some(300), ..THOUSAND };
    for limits in [THOUSAND, Limits { failure_threshold: None, ..waits }] {
        let engine = Engine::new(0, limits, 0);
        let (rules, (_, slice)) = (limits.rules(), entered(&engine));
        let none = slice.whole().max();
        let mut stayed = 0;
        for has_shared in [false, true] {
            for (failures, level) in
                (0..=300).step_by(50).flat_map(|failures| (0..1_000).map(move |level| (failures, level)))
            {
                let counts = Counts { requests: failures, failures, slow: 0 };
                let room = policy::headroom(counts, &rules);
                for last in [Room { calls: none, bad: level }, Room { calls: level, bad: none }] {
                    let published = engine.level(slice, Counts::default(), room, Some(last));
                    let limited = Room { calls: published.calls.min(none), bad: published.bad.min(none) };
                    let stays = engine.is_level(slice, Counts::default(), room, last);
                    // A single stripe keeps a level that is too low by a few calls.
                    let rises = |last: u64, next: u64| !has_shared && last <= next && next - last < 4;
                    let is_near = rises(last.calls, limited.calls) && rises(last.bad, limited.bad);
                    assert_eq!(stays, limited == last || is_near, "{last:?} after {counts:?}, {has_shared}");
                    stayed += u64::from(stays);
                }
            }
            engine.stripe(Slot::SHARED);
        }
        assert!(stayed > 5, "{stayed} levels stayed");
    }
}

#[test]
fn a_slow_call_makes_no_room_for_a_failure() {
    let limits = Limits { slow_call_duration: Some(5), slow_call_rate: Some(1.0), ..THOUSAND };
    let engine = Engine::new(0, Limits { failure_threshold: Some(1), ..limits }, 0);
    let ended = |end: End, now: u64| {
        let Reply::Admitted(ticket) = engine.admit(false, || 0, || false) else { panic!("closed") };
        engine.record(engine.thread_stripe(), ticket, end, Some(now), || now)
    };
    assert!(ended(End::Success, 5).is_none(), "slow, but the minimum is not reached");
    assert!(matches!(ended(End::Failure, 1), Some(PendingTransition::Trip { .. })), "T3");
}

#[test]
fn while_calls_are_missing_all_of_them_have_room_and_bad_ones_too() {
    let limits = Limits { failure_rate: Some(0.5), minimum_requests: Some(1_000), ..THOUSAND };
    let engine = Engine::new(0, Limits { failure_threshold: None, ..limits }, 0);
    entered(&engine);
    let room = published(&engine, 0, 100);
    assert_eq!(room, Room { calls: 899, bad: engine_split(&engine).max() }, "the call that reaches it is judged");
}

#[test]
fn room_is_published_for_the_present_word_and_rules_alone() {
    let engine = Engine::new(0, THOUSAND, 0);
    let (word, rules) = (engine.word(), THOUSAND.rules());
    let other = Rules { failure_threshold: Some(2_000), ..rules };
    let spared = |word: Word, rules: &Rules| {
        let slice = engine.locked_geometry(engine.word()).slice_at(0);
        let basis = Basis { slice, held: Counts::default(), publications: 0, is_behind: true };
        let _ = engine.spare_sums(word, basis, Counts::default(), rules);
        engine.hot.headroom.in_slice(slice)
    };
    engine.thread_stripe();
    assert_eq!(spared(word, &other), NO_ROOM, "other rules");
    let _ = engine.reset(0);
    assert_eq!(spared(word, &rules), NO_ROOM, "an older word");
    assert_ne!(spared(engine.word(), &rules), NO_ROOM);
    assert_eq!(spared(word, &rules), NO_ROOM, "a call of an older word may not be included");
}

fn engine_split(engine: &Engine) -> Split {
    engine.locked_geometry(engine.word()).slice_at(0).split
}

/// Limits, and which short paths a success of the closed circuit may take: see `Quick`.
#[test]
fn the_quick_ways_that_are_open() {
    let untimed = Limits { response_times: false, failure_threshold: Some(5), ..NONE };
    let by_count = WindowLength::Calls(9);
    let cases = [
        (untimed, [true, false, false, false]),
        (Limits { consecutive_failures: Some(3), ..untimed }, [true, false, false, true]),
        (Limits { response_times: true, ..untimed }, [false, true, false, false]),
        (Limits { failure_rate: Some(0.5), ..untimed }, [false, true, true, false]),
        (Limits { window: by_count, ..untimed }, [false, true, false, false]),
        (Limits { window: by_count, failure_rate: Some(0.5), ..untimed }, [false, true, true, false]),
    ];
    let ways = |word: Word| [word.is_plain(), word.is_placed(), word.asks(), word.has_streak()];
    for (limits, expected) in cases {
        assert_eq!(ways(Engine::new(0, limits, 0).word()), expected, "{limits:?}");
    }
    let judged = Limits { window: by_count, failure_rate: Some(0.5), minimum_requests: Some(2), ..untimed };
    let engine = Engine::new(0, judged, 0);
    succeed(&engine, false);
    assert_eq!(ways(engine.word()), [false, true, true, false], "one of two: needs headroom");
    succeed(&engine, false);
    assert_eq!(ways(engine.word()), [false, true, false, false], "only a bad call can trip now");
}
