//! Probes: rules H1 to H6, cases 20 to 26. Tests with races are in `probe_races`.

use breaker_core::{Cause, Config, Mode, RejectionReason, State};
use breaker_tests::{Rig, ms, poll_once, rig, s};

const DOWN: (State, State) = (State::Closed, State::Open);
const PROBE: (State, State) = (State::Open, State::HalfOpen);
const UP: (State, State) = (State::HalfOpen, State::Closed);
const BACK: (State, State) = (State::HalfOpen, State::Open);

/// Returns a half-open rig that opened at the first failure, for 5 s.
fn probing(successes: u32, probes: u32) -> Rig {
    let rig = rig(Config::builder()
        .consecutive_failures(1)
        .open_timeout(s(5.0))
        .half_open_timeout(s(10.0))
        .success_threshold(successes)
        .half_open_max_calls(probes)
        .build());
    rig.calls("F X");
    rig.wait(5.0);
    rig
}

#[test]
fn case_20_the_fifth_concurrent_probe_is_rejected_with_the_half_open_reason() {
    let rig = probing(4, 4);
    let probes: Vec<_> = (0..4).map(|_| rig.breaker.try_acquire().expect("four probes")).collect();
    assert_eq!(rig.rejection_reason(), RejectionReason::HalfOpen);
    assert_eq!(rig.breaker.metrics().rejections_by_reason.half_open, 1);
    drop(probes);
}

#[test]
fn case_20_forced_open_and_back_gives_four_fresh_permits() {
    let rig = probing(4, 4);
    let old: Vec<_> = (0..4).map(|_| rig.breaker.try_acquire().expect("four probes")).collect();
    rig.breaker.set_mode(Mode::ForcedOpen);
    assert_eq!(rig.rejection_reason(), RejectionReason::ForcedOpen);
    rig.breaker.set_mode(Mode::Automatic);
    if rig.state() == State::Open {
        rig.wait(5.0);
    }
    assert_eq!(rig.state(), State::HalfOpen);
    let fresh: Vec<_> = (0..4).map(|_| rig.breaker.try_acquire().expect("four fresh probes")).collect();
    assert_eq!(rig.rejection_reason(), RejectionReason::HalfOpen);
    old.into_iter().for_each(breaker_core::Permit::failure);
    assert_eq!(rig.state(), State::HalfOpen);
    fresh.into_iter().for_each(breaker_core::Permit::success);
    assert_eq!(rig.state(), State::Closed);
    rig.assert_identity();
}

#[test]
fn case_21_ignored_probes_decide_nothing_and_give_their_permits_back() {
    let rig = probing(2, 4);
    let probes: Vec<_> = (0..4).map(|_| rig.breaker.try_acquire().expect("four probes")).collect();
    rig.calls("X");
    probes.into_iter().for_each(breaker_core::Permit::ignore);
    assert_eq!(rig.state(), State::HalfOpen);
    let again: Vec<_> = (0..4).map(|_| rig.breaker.try_acquire().expect("four again")).collect();
    drop(again);
    rig.calls("S");
    assert_eq!(rig.state(), State::HalfOpen);
    rig.calls("S");
    assert_eq!(rig.state(), State::Closed);
    assert_eq!(rig.last_cause(), Some(Cause::ProbesSucceeded { successes: 2 }));
}

#[test]
fn case_22_a_failed_probe_opens_for_the_full_time_and_forgets_the_successes() {
    let rig = probing(3, 3);
    rig.calls("SSF");
    assert_eq!(rig.state(), State::Open);
    assert_eq!(rig.last_cause(), Some(Cause::ProbeFailed));
    assert_eq!(rig.breaker.metrics().retry_after, Some(s(5.0)));
    rig.wait(4.999);
    rig.calls("X");
    rig.wait(0.001);
    rig.calls("SS");
    assert_eq!(rig.state(), State::HalfOpen);
    rig.calls("S");
    assert_eq!(rig.state(), State::Closed);
    assert_eq!(rig.transitions(), [DOWN, PROBE, BACK, PROBE, UP]);
}

#[test]
fn case_24_a_probe_dropped_at_its_first_await_makes_room_at_once() {
    let rig = probing(1, 1);
    let mut probe = Box::pin(rig.breaker.call_async(std::future::pending::<Result<(), ()>>()));
    assert!(poll_once(&mut probe).is_pending());
    rig.calls("X");
    drop(probe);
    assert_eq!(rig.state(), State::HalfOpen);
    assert_eq!(rig.breaker.metrics().abandoned, 1);
    rig.calls("S");
    assert_eq!(rig.state(), State::Closed);
    rig.assert_identity();
}

#[test]
fn case_25_a_probe_that_hangs_has_failed_when_its_lease_ends() {
    for late_success in [false, true] {
        let rig = probing(1, 1);
        let hung = rig.breaker.try_acquire().expect("a probe");
        rig.wait(9.999);
        assert_eq!(rig.rejection_reason(), RejectionReason::HalfOpen);
        assert_eq!(rig.state(), State::HalfOpen);
        rig.wait(0.001);
        assert_eq!(rig.state(), State::Open);
        assert_eq!(rig.rejection_reason(), RejectionReason::Open);
        assert_eq!(rig.count(State::HalfOpen, State::Open), 1);
        assert_eq!(rig.last_cause(), Some(Cause::ProbeTimedOut));
        rig.wait(4.999);
        rig.calls("X");
        rig.wait(0.001);
        let fresh = rig.breaker.try_acquire().expect("a new probe");
        rig.calls("X");
        let events = rig.events().len();
        if late_success {
            hung.success();
        } else {
            hung.failure();
        }
        assert_eq!(rig.state(), State::HalfOpen);
        rig.calls("X");
        assert_eq!(rig.events().len(), events);
        assert_eq!(rig.breaker.metrics().late, 1);
        fresh.success();
        assert_eq!(rig.transitions(), [DOWN, PROBE, BACK, PROBE, UP]);
        rig.assert_identity();
    }
}

#[test]
fn case_25_one_good_probe_every_20_s_closes_at_the_third() {
    let rig = probing(3, 1);
    rig.calls("S");
    rig.wait(20.0);
    rig.calls("S");
    rig.wait(20.0);
    assert_eq!(rig.state(), State::HalfOpen);
    rig.calls("S");
    assert_eq!(rig.state(), State::Closed);
    assert_eq!(rig.transitions(), [DOWN, PROBE, UP]);
}

#[test]
fn case_26_the_minimum_does_not_apply_to_probes() {
    for letter in ["F", "S"] {
        let rig = rig(Config::builder().failure_rate(0.5).minimum_requests(3).success_threshold(1).build());
        rig.calls("FFF X");
        rig.wait(30.0);
        rig.calls(letter);
        assert_eq!(rig.state(), if letter == "F" { State::Open } else { State::Closed });
    }
}

#[test]
fn h2_successes_close_it_and_one_failure_opens_it() {
    let rig = probing(2, 2);
    rig.calls("S");
    assert_eq!(rig.state(), State::HalfOpen);
    rig.calls("S");
    assert_eq!(rig.state(), State::Closed);
    let rig = probing(2, 2);
    rig.calls("F");
    assert_eq!(rig.state(), State::Open);
}

#[test]
fn h2_a_slow_probe_opens_it_where_slow_calls_are_a_rule() {
    let rig = rig(Config::builder()
        .consecutive_failures(1)
        .slow_call_duration(s(2.0))
        .slow_call_rate(1.0)
        .success_threshold(1)
        .build());
    rig.calls("F");
    rig.wait(30.0);
    assert!(rig.call('S', s(2.0)));
    assert_eq!(rig.state(), State::Open);
    assert_eq!(rig.last_cause(), Some(Cause::ProbeSlow));
    rig.wait(30.0);
    assert!(rig.call('S', s(2.0) - ms(1)));
    assert_eq!(rig.state(), State::Closed);
}

#[test]
fn h2_more_successes_than_probes_at_once_run_one_after_another() {
    let rig = probing(3, 1);
    rig.calls("SS");
    assert_eq!(rig.state(), State::HalfOpen);
    rig.calls("S");
    assert_eq!(rig.state(), State::Closed);
}

#[test]
fn h3_a_dropped_permit_gives_its_place_back_and_decides_nothing() {
    let rig = probing(2, 1);
    for _ in 0..10 {
        let probe = rig.breaker.try_acquire().expect("the place is free");
        rig.calls("X");
        drop(probe);
        assert_eq!(rig.state(), State::HalfOpen);
    }
    assert_eq!(rig.breaker.metrics().abandoned, 10);
}

#[test]
fn a_permit_says_whether_it_is_a_probe() {
    let rig = probing(2, 2);
    let probe = rig.breaker.try_acquire().expect("the first probe");
    assert!(probe.is_probe());
    assert_eq!(format!("{probe:?}"), r#"Permit { service: "svc", probe: true, .. }"#);
    probe.success();
    rig.calls("S");
    let ordinary = rig.breaker.try_acquire().expect("closed");
    assert!(!ordinary.is_probe());
    assert_eq!(format!("{ordinary:?}"), r#"Permit { service: "svc", probe: false, .. }"#);
}

#[test]
fn h4_a_lease_that_nobody_watched_ended_when_it_ended() {
    let rig = probing(1, 1);
    let hung = rig.breaker.try_acquire().expect("a probe");
    rig.wait(12.0);
    assert_eq!(rig.state(), State::Open);
    assert_eq!(rig.breaker.metrics().retry_after, Some(s(3.0)));
    rig.wait(3.0);
    assert_eq!(rig.state(), State::HalfOpen);
    rig.calls("S");
    assert_eq!(rig.state(), State::Closed);
    drop(hung);
    assert_eq!(rig.transitions(), [DOWN, PROBE, BACK, PROBE, UP]);
}

#[test]
fn h4_the_oldest_probe_decides_when_the_lease_ends() {
    let rig = probing(9, 2);
    let first = rig.breaker.try_acquire().expect("first probe");
    rig.wait(6.0);
    let second = rig.breaker.try_acquire().expect("second probe");
    first.success();
    rig.wait(4.0);
    assert_eq!(rig.state(), State::HalfOpen, "the second has six seconds left");
    rig.wait(6.0);
    assert_eq!(rig.state(), State::Open);
    drop(second);
}

#[test]
fn h4_half_open_without_traffic_just_waits() {
    let rig = probing(2, 2);
    rig.calls("S");
    rig.wait(1e6);
    assert_eq!(rig.state(), State::HalfOpen);
    rig.calls("S");
    assert_eq!(rig.state(), State::Closed);
}

#[test]
fn h5_at_the_deadline_the_open_state_admits() {
    let rig = rig(Config::builder().consecutive_failures(1).open_timeout(s(5.0)).build());
    rig.calls("F");
    rig.time.advance(s(5.0) - std::time::Duration::from_nanos(1));
    rig.calls("X");
    rig.time.advance(std::time::Duration::from_nanos(1));
    rig.calls("S");
}

#[test]
fn h6_an_open_circuit_past_its_deadline_reads_half_open() {
    let rig = rig(Config::builder().consecutive_failures(1).open_timeout(s(5.0)).build());
    rig.calls("F");
    rig.wait(5.0);
    assert_eq!(rig.state(), State::HalfOpen);
    assert_eq!(rig.breaker.metrics().state, State::HalfOpen);
    assert_eq!(rig.breaker.metrics().retry_after, None);
    rig.calls("SS");
    assert_eq!(rig.transitions(), [DOWN, PROBE, UP], "reading the state causes no second transition");
}

#[test]
fn h6_debug_shows_the_effective_state_after_a_lease_is_over_and_changes_nothing() {
    let rig = rig(Config::builder().consecutive_failures(1).open_timeout(s(10.0)).half_open_timeout(s(5.0)).build());
    let shown = || format!("{:?}", rig.breaker);
    rig.calls("F");
    rig.wait(10.0);
    let probe = rig.breaker.try_acquire().expect("a probe");
    rig.wait(4.0);
    assert!(shown().contains("state: HalfOpen"), "{}", shown());
    rig.wait(1.0);
    let before = rig.events();
    assert!(shown().contains("state: Open"), "{}", shown());
    // This open period has ended, too, although nothing has read the state since.
    rig.wait(10.0);
    assert!(shown().contains("state: HalfOpen"), "{}", shown());
    assert_eq!(rig.events(), before, "`Debug` causes no transition");
    assert_eq!((rig.state(), rig.transitions().last()), (State::HalfOpen, Some(&(State::HalfOpen, State::Open))));
    drop(probe);
}
