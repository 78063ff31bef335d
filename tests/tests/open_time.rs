//! How long the circuit stays open, and clocks that step back (rules M1 to M3, cases 27 to 29).

use std::time::Duration;

use breaker_core::{Config, RejectionReason, State};
use breaker_tests::{ms, rig, s};

#[test]
fn case_27_open_for_5_s_rejects_at_4_999_and_admits_at_5() {
    let rig = rig(Config::builder().consecutive_failures(1).open_timeout(s(5.0)).build());
    rig.calls("F");
    let rejection = rig.breaker.try_acquire().expect_err("open");
    assert_eq!((rejection.reason, rejection.retry_after), (RejectionReason::Open, Some(s(5.0))));
    assert_eq!(rejection.service, "svc");
    rig.wait(0.5);
    assert_eq!(rig.breaker.try_acquire().expect_err("open").retry_after, Some(s(4.5)));
    rig.time.advance(ms(4_499));
    rig.calls("X");
    rig.time.advance(ms(1));
    rig.calls("S");
}

#[test]
fn case_28_the_open_time_grows_while_probes_fail_and_is_short_again_after_a_close() {
    let rig = rig(Config::builder()
        .consecutive_failures(1)
        .success_threshold(1)
        .open_timeout(s(5.0))
        .open_timeout_multiplier(1.5)
        .build());
    rig.calls("F");
    rig.wait(5.0);
    rig.calls("F");
    rig.wait(6.0);
    rig.calls("X");
    rig.time.advance(ms(1_499));
    rig.calls("X");
    rig.time.advance(ms(1));
    rig.calls("S");
    assert_eq!(rig.state(), State::Closed);
    rig.calls("F");
    assert_eq!(rig.breaker.metrics().retry_after, Some(s(5.0)));
    rig.wait(5.0);
    rig.calls("S");
}

#[test]
fn case_29_an_open_time_without_end_rejects_and_never_panics() {
    let rig = rig(Config::builder().consecutive_failures(1).open_timeout(Duration::MAX).build());
    rig.calls("F X");
    for _ in 0..4 {
        rig.time.advance(Duration::from_secs(1 << 32));
        rig.calls("X");
        let metrics = rig.breaker.metrics();
        assert_eq!(metrics.state, State::Open);
        assert!(metrics.retry_after.is_some_and(|left| left > Duration::from_secs(1 << 33)));
    }
}

#[test]
fn m1_a_clock_that_steps_back_neither_panics_nor_wraps() {
    let rig = rig(Config::builder().failure_threshold(3).window(s(16.0)).open_timeout(s(5.0)).build());
    rig.wait(100.0);
    rig.calls("FS");
    rig.time.step_back(s(50.0));
    rig.calls("F");
    assert_eq!(rig.breaker.metrics().failures, 2);
    let permit = rig.breaker.try_acquire().expect("closed");
    rig.time.step_back(s(50.0));
    permit.failure();
    let metrics = rig.breaker.metrics();
    assert!(metrics.time_in_state < s(200.0), "{metrics:?}");
    assert!(metrics.response_time.max.is_none_or(|max| max < s(1.0)), "{metrics:?}");
    rig.assert_identity();
    // The breaker works again once the clock advances.
    rig.wait(200.0);
    rig.breaker.reset();
    rig.calls("FFF X");
    rig.wait(5.0);
    rig.calls("SS");
    assert_eq!(rig.state(), State::Closed);
}

#[test]
fn m1_stepping_back_while_open_never_opens_for_longer_than_the_step() {
    let rig = rig(Config::builder().consecutive_failures(1).open_timeout(s(5.0)).build());
    rig.wait(10.0);
    rig.calls("F");
    rig.time.step_back(s(1.0));
    rig.calls("X");
    rig.wait(6.0);
    rig.calls("S");
}

#[test]
fn m1_stepping_back_in_half_open_leaves_the_probe_its_lease() {
    let rig = rig(Config::builder().consecutive_failures(1).success_threshold(1).open_timeout(s(5.0)).build());
    rig.wait(10.0);
    rig.calls("F");
    rig.wait(5.0);
    let probe = rig.breaker.try_acquire().expect("a probe");
    rig.time.step_back(s(3.0));
    probe.success();
    assert_eq!(rig.state(), State::Closed);
}

#[test]
fn m2_every_duration_may_be_the_longest() {
    let rig = rig(Config::builder()
        .consecutive_failures(1)
        .window(Duration::MAX)
        .open_timeout(Duration::MAX)
        .open_timeout_max(Duration::MAX)
        .open_timeout_multiplier(1e300)
        .half_open_timeout(Duration::MAX)
        .request_timeout(Duration::MAX)
        .slow_call_duration(Duration::MAX)
        .slow_call_rate(1.0)
        .build());
    rig.wait(1.0);
    rig.calls("F X");
    rig.time.advance(Duration::MAX);
    rig.time.advance(Duration::MAX);
    let _ = rig.breaker.metrics();
    let _ = rig.breaker.try_acquire();
    rig.breaker.reset();
    rig.calls("SF X");
}

#[test]
fn m2_a_probe_may_run_for_ever() {
    let rig = rig(Config::builder()
        .consecutive_failures(1)
        .open_timeout(s(5.0))
        .half_open_timeout(Duration::MAX)
        .success_threshold(1)
        .build());
    rig.calls("F");
    rig.wait(5.0);
    let probe = rig.breaker.try_acquire().expect("a probe");
    rig.time.advance(Duration::from_secs(1 << 33));
    assert_eq!(rig.state(), State::HalfOpen);
    probe.success();
    assert_eq!(rig.state(), State::Closed);
}

#[test]
fn m2_back_off_saturates_at_its_maximum() {
    let rig = rig(Config::builder()
        .consecutive_failures(1)
        .open_timeout(s(5.0))
        .open_timeout_multiplier(1e10)
        .open_timeout_max(s(60.0))
        .build());
    rig.calls("F");
    rig.wait(5.0);
    for _ in 0..50 {
        rig.calls("F");
        assert_eq!(rig.breaker.metrics().retry_after, Some(s(60.0)));
        rig.wait(60.0);
    }
}

#[test]
fn m2_by_default_the_open_time_grows_to_ten_minutes() {
    let rig = rig(Config::builder().consecutive_failures(1).open_timeout(s(30.0)).open_timeout_multiplier(2.0).build());
    rig.calls("F");
    for seconds in [30.0, 60.0, 120.0, 240.0, 480.0, 600.0, 600.0] {
        assert_eq!(rig.breaker.metrics().retry_after, Some(s(seconds)));
        rig.wait(seconds);
        rig.calls("F");
    }
}

#[test]
fn m3_every_deadline_obeys_the_test_clock() {
    let rig = rig(Config::builder().consecutive_failures(1).open_timeout(s(5.0)).half_open_timeout(s(7.0)).build());
    rig.wait(3.0);
    assert_eq!(rig.breaker.metrics().time_in_state, s(3.0));
    rig.calls("F");
    rig.wait(1.0);
    assert_eq!(rig.breaker.metrics().time_in_state, s(1.0));
    assert_eq!(rig.events()[0].at, s(3.0));
    rig.wait(4.0);
    let probe = rig.breaker.try_acquire().expect("a probe");
    rig.wait(7.0);
    assert_eq!(rig.state(), State::Open);
    drop(probe);
}

#[test]
fn jitter_shortens_the_open_time_by_up_to_its_share() {
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..40 {
        let rig = rig(Config::builder().consecutive_failures(1).open_timeout(s(10.0)).open_timeout_jitter(0.5).build());
        rig.calls("F");
        let left = rig.breaker.metrics().retry_after.expect("open");
        assert!((s(5.0)..=s(10.0)).contains(&left), "{left:?}");
        seen.insert(left);
    }
    assert!(seen.len() > 5, "{seen:?}");
}

#[test]
fn without_jitter_the_open_time_is_exact() {
    for _ in 0..10 {
        let rig = rig(Config::builder().consecutive_failures(1).build());
        rig.calls("F");
        assert_eq!(rig.breaker.metrics().retry_after, Some(s(30.0)));
    }
}
