//! Forced and shadow modes: cases 30 and 31.

use breaker_core::{Config, EventKind, Mode, RejectionReason, State};
use breaker_tests::{Rig, rig, s};

const ALL: [Mode; 4] = [Mode::Automatic, Mode::ForcedOpen, Mode::ForcedClosed, Mode::Shadow];

fn three() -> Rig {
    rig(Config::builder().failure_threshold(3).open_timeout(s(5.0)).build())
}

#[test]
fn case_30_forced_open_outlasts_the_open_time_without_a_retry_after() {
    let rig = three();
    rig.calls("S");
    rig.breaker.set_mode(Mode::ForcedOpen);
    for _ in 0..3 {
        let rejection = rig.breaker.try_acquire().expect_err("forced open");
        assert_eq!((rejection.reason, rejection.retry_after), (RejectionReason::ForcedOpen, None));
        rig.wait(100.0);
    }
    let metrics = rig.breaker.metrics();
    assert_eq!(metrics.mode, Mode::ForcedOpen);
    assert_eq!(metrics.retry_after, None);
    assert_eq!((metrics.window.requests, metrics.rejections_by_reason.forced_open), (0, 3));
    assert_eq!(metrics.successes, 1);
    rig.assert_identity();
}

#[test]
fn case_31_shadow_runs_the_whole_machine_and_rejects_nothing() {
    let rig = three();
    rig.breaker.set_mode(Mode::Shadow);
    rig.calls("FFF");
    assert_eq!(rig.state(), State::Open);
    rig.calls("FFSF");
    let metrics = rig.breaker.metrics();
    assert_eq!((metrics.would_reject, metrics.rejections), (4, 0));
    assert_eq!(metrics.requests, 7);
    assert_eq!(rig.transitions(), [(State::Closed, State::Open)]);
    rig.assert_identity();
}

#[test]
fn shadow_probes_and_closes_like_the_real_thing() {
    let rig = three();
    rig.breaker.set_mode(Mode::Shadow);
    rig.calls("FFF S");
    rig.wait(5.0);
    assert_eq!(rig.state(), State::HalfOpen);
    rig.calls("SS");
    assert_eq!(rig.state(), State::Closed);
    assert_eq!(rig.breaker.metrics().would_reject, 1);
    assert_eq!(
        rig.transitions(),
        [(State::Closed, State::Open), (State::Open, State::HalfOpen), (State::HalfOpen, State::Closed)]
    );
}

#[test]
fn forced_closed_admits_records_and_never_opens() {
    let rig = three();
    rig.breaker.set_mode(Mode::ForcedClosed);
    rig.calls("FFFFFFFF");
    let metrics = rig.breaker.metrics();
    assert_eq!(metrics.state, State::Closed);
    assert_eq!((metrics.window.failures, metrics.failures, metrics.rejections), (8, 8, 0));
    assert!(rig.transitions().is_empty());
}

#[test]
fn forced_closed_admits_also_when_the_circuit_was_open() {
    let rig = three();
    rig.calls("FFF X");
    rig.breaker.set_mode(Mode::ForcedClosed);
    assert_eq!(rig.state(), State::Closed);
    rig.calls("FFFFF");
    rig.assert_identity();
}

#[test]
fn any_mode_change_is_one_event_and_no_change_is_none() {
    for from in ALL {
        for to in ALL {
            let rig = three();
            rig.breaker.set_mode(from);
            let before = rig.events().len();
            rig.breaker.set_mode(to);
            assert_eq!(rig.breaker.mode(), to);
            assert_eq!(rig.breaker.metrics().mode, to);
            let changes: Vec<_> = rig.events()[before..]
                .iter()
                .filter_map(|event| match event.kind {
                    EventKind::ModeChanged { from, to, .. } => Some((from, to)),
                    _ => None,
                })
                .collect();
            if from == to {
                assert!(changes.is_empty(), "{from:?}");
            } else {
                assert_eq!(changes, [(from, to)]);
            }
        }
    }
}

#[test]
fn forced_open_is_sticky_against_reset_and_late_results() {
    let rig = three();
    let permit = rig.breaker.try_acquire().expect("closed");
    rig.breaker.set_mode(Mode::ForcedOpen);
    rig.breaker.reset();
    permit.success();
    assert_eq!(rig.breaker.mode(), Mode::ForcedOpen);
    rig.calls("X");
}

#[test]
fn automatic_after_forced_closed_watches_again() {
    let rig = three();
    rig.breaker.set_mode(Mode::ForcedClosed);
    rig.calls("F");
    rig.breaker.set_mode(Mode::Automatic);
    assert_eq!(rig.breaker.metrics().window.failures, 1, "what was recorded meanwhile is still in the window");
    rig.calls("FF X");
}

#[test]
fn reset_closes_an_open_circuit_and_empties_the_window() {
    let rig = three();
    rig.calls("FFF X");
    rig.breaker.reset();
    let metrics = rig.breaker.metrics();
    assert_eq!(metrics.state, State::Closed);
    assert_eq!((metrics.window.requests, metrics.failures, metrics.rejections), (0, 3, 1));
    assert_eq!(metrics.consecutive_failures, 0);
    assert_eq!(rig.transitions(), [(State::Closed, State::Open), (State::Open, State::Closed)]);
    rig.calls("FF");
    assert_eq!(rig.state(), State::Closed);
}
