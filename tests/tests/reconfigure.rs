//! Reconfiguration keeps state, cumulative counters and subscribers. If the window changes, the calls that still fit
//! are kept.

use breaker_core::{Config, ConfigBuilder, Mode, Outcome, State};
use breaker_tests::{Rig, rig, s};

fn change(rig: &Rig, builder: ConfigBuilder) {
    rig.breaker.reconfigure(builder.build().expect("valid"));
}

#[test]
fn state_counters_and_subscribers_stay() {
    let rig = rig(Config::builder().failure_threshold(2).open_timeout(s(5.0)).build());
    let mut stream = rig.breaker.subscribe();
    rig.calls("SFF X");
    change(&rig, Config::builder().failure_threshold(9).open_timeout(s(50.0)));
    assert_eq!(rig.state(), State::Open);
    assert_eq!(rig.breaker.config().failure_threshold(), Some(9));
    let metrics = rig.breaker.metrics();
    assert_eq!((metrics.requests, metrics.failures, metrics.rejections), (4, 2, 1));
    assert_eq!(metrics.window.failures, 2);
    rig.wait(50.0);
    rig.calls("SS");
    assert_eq!(rig.state(), State::Closed);
    let mut heard = 0;
    while stream.try_recv().is_some() {
        heard += 1;
    }
    assert_eq!(heard, rig.events().len());
}

#[test]
fn calls_in_flight_count_for_the_new_configuration() {
    let rig = rig(Config::builder().failure_threshold(9).build());
    let permit = rig.breaker.try_acquire().expect("closed");
    change(&rig, Config::builder().failure_threshold(1));
    permit.failure();
    assert_eq!(rig.state(), State::Open);
    assert_eq!(rig.breaker.metrics().late, 0);
}

#[test]
fn a_run_of_failures_goes_on() {
    let rig = rig(Config::builder().consecutive_failures(9).build());
    rig.calls("FF");
    change(&rig, Config::builder().consecutive_failures(3));
    assert_eq!(rig.state(), State::Closed);
    rig.calls("F");
    assert_eq!(rig.state(), State::Open);
}

#[test]
fn a_run_that_another_thread_has_ended_does_not_come_back() {
    let rig = rig(Config::builder().consecutive_failures(5).build());
    rig.calls("FF");
    std::thread::scope(|scope| scope.spawn(|| rig.calls("S")).join().expect("a success"));
    assert_eq!(rig.breaker.metrics().consecutive_failures, 0);
    change(&rig, Config::builder().consecutive_failures(6));
    assert_eq!(rig.breaker.metrics().consecutive_failures, 0);
    rig.calls("F");
    assert_eq!(rig.breaker.metrics().consecutive_failures, 1);
}

#[test]
fn w6_a_streak_that_is_added_starts_at_zero() {
    let rig = rig(Config::builder().failure_threshold(100).build());
    rig.calls("FF");
    assert_eq!(rig.breaker.metrics().consecutive_failures, 2);
    change(&rig, Config::builder().consecutive_failures(3));
    assert_eq!(rig.breaker.metrics().consecutive_failures, 0);
    rig.calls("FF");
    assert_eq!(rig.state(), State::Closed);
    rig.calls("F");
    assert_eq!(rig.state(), State::Open);
}

#[test]
fn a_shorter_count_window_keeps_the_newest_calls() {
    let rig = rig(Config::builder().failure_rate(1.0).window(8).build());
    rig.calls("FFFF SSFS");
    change(&rig, Config::builder().failure_rate(1.0).window(3));
    let window = rig.breaker.metrics().window;
    assert_eq!((window.requests, window.failures), (3, 1));
    rig.calls("SS");
    assert_eq!(rig.breaker.metrics().window.failures, 0);
}

#[test]
fn a_longer_count_window_keeps_all_calls() {
    let rig = rig(Config::builder().failure_rate(1.0).window(4).build());
    rig.calls("FFSSFS");
    change(&rig, Config::builder().failure_rate(1.0).window(100));
    let window = rig.breaker.metrics().window;
    assert_eq!((window.requests, window.failures), (4, 1));
    rig.calls("FF");
    let window = rig.breaker.metrics().window;
    assert_eq!((window.requests, window.failures), (6, 3));
}

#[test]
fn a_longer_time_window_keeps_what_the_shorter_one_held() {
    let rig = rig(Config::builder().failure_threshold(50).window(s(16.0)).build());
    rig.calls("FF");
    rig.wait(10.0);
    rig.calls("SF");
    change(&rig, Config::builder().failure_threshold(50).window(s(160.0)));
    let window = rig.breaker.metrics().window;
    assert_eq!((window.requests, window.failures), (4, 3));
    rig.wait(100.0);
    assert_eq!(rig.breaker.metrics().window.requests, 4);
    rig.wait(60.0);
    assert_eq!(rig.breaker.metrics().window.requests, 0);
}

#[test]
fn a_shorter_time_window_keeps_the_newest_calls() {
    let rig = rig(Config::builder().failure_threshold(50).window(s(160.0)).build());
    rig.calls("FF");
    rig.wait(100.0);
    rig.calls("SF");
    change(&rig, Config::builder().failure_threshold(50).window(s(16.0)));
    let window = rig.breaker.metrics().window;
    assert_eq!((window.requests, window.failures), (2, 1));
}

#[test]
fn more_probes_are_admitted_at_once() {
    let rig = rig(Config::builder().consecutive_failures(1).half_open_max_calls(1).open_timeout(s(5.0)).build());
    rig.calls("F");
    rig.wait(5.0);
    let first = rig.breaker.try_acquire().expect("a probe");
    rig.calls("X");
    change(&rig, Config::builder().consecutive_failures(1).half_open_max_calls(2).open_timeout(s(5.0)));
    let second = rig.breaker.try_acquire().expect("a second probe");
    rig.calls("X");
    first.success();
    second.success();
    assert_eq!(rig.state(), State::Closed);
}

#[test]
fn threads_that_call_meanwhile_lose_nothing() {
    let rig = rig(Config::builder().failure_rate(1.0).window(64).build());
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(|| (0..5_000).for_each(|_| rig.calls("SS")))).collect();
        let mut calls = 0;
        while workers.iter().any(|worker| !worker.is_finished()) {
            calls = (calls + 7) % 200;
            change(&rig, Config::builder().failure_rate(1.0).window(10 + calls));
            change(&rig, Config::builder().failure_rate(1.0).window(s(60.0)));
        }
    });
    assert_eq!(rig.breaker.metrics().successes, 40_000);
    rig.assert_identity();
}

/// Makes ten thousand calls with ten failures. Their window holds failures only.
fn one_in_a_thousand_fails() -> Rig {
    let rig = rig(Config::builder().failure_threshold(1_000).response_times(false).build());
    for _ in 0..10 {
        rig.calls("F");
        rig.calls(&"S".repeat(999));
    }
    rig
}

#[test]
fn w6_a_share_that_is_added_judges_no_window_without_successes() {
    let rig = one_in_a_thousand_fails();
    change(&rig, Config::builder().failure_rate(0.5).response_times(false));
    assert_eq!(rig.breaker.metrics().window.requests, 0, "the window starts empty");
    rig.calls("SF");
    assert_eq!(rig.state(), State::Closed);
}

#[test]
fn w6_a_minimum_that_is_added_waits_for_calls_of_a_window_that_holds_them() {
    let rig = one_in_a_thousand_fails();
    change(&rig, Config::builder().failure_threshold(5).minimum_requests(100).response_times(false));
    rig.calls("FFFFF");
    assert_eq!(rig.state(), State::Closed);
    rig.calls(&"S".repeat(95));
    assert_eq!(rig.state(), State::Open, "5 failures of 100 calls");
}

#[test]
fn w6_response_times_that_are_switched_on_show_no_share_of_failures_alone() {
    let rig = one_in_a_thousand_fails();
    change(&rig, Config::builder().failure_threshold(1_000));
    let window = rig.breaker.metrics().window;
    assert_eq!((window.requests, window.failure_rate), (0, None));
    rig.calls("SSSF");
    assert_eq!(rig.breaker.metrics().window.failure_rate, Some(0.25));
}

#[test]
fn w6_a_share_that_is_added_judges_a_window_that_held_what_it_needs() {
    let rig = rig(Config::builder().failure_threshold(1_000).build());
    rig.calls("SSSS SFFF F");
    change(&rig, Config::builder().failure_rate(0.5));
    rig.calls("F");
    assert_eq!(rig.state(), State::Open, "5 of 10");
}

#[test]
fn w6_a_rule_about_slow_calls_judges_no_window_that_did_not_tell_them() {
    let rig = rig(Config::builder().failure_threshold(1_000).build());
    rig.calls(&"S".repeat(20));
    change(&rig, Config::builder().slow_call_duration(s(1.0)).slow_call_rate(0.5));
    assert_eq!(rig.breaker.metrics().window.requests, 0);
}

#[test]
fn w5_a_failure_is_not_dropped_by_a_shorter_window_that_holds_it() {
    let rig = rig(Config::builder().failure_threshold(50).window(s(300.0)).build());
    rig.time.advance(s(17.0));
    rig.calls("F");
    change(&rig, Config::builder().failure_threshold(50).window(s(10.0)));
    assert_eq!(rig.breaker.metrics().window.failures, 1);
    rig.time.advance(s(10.0));
    assert_eq!(rig.breaker.metrics().window.failures, 0, "W2");
}

#[test]
fn w5_repeated_changes_neither_drop_a_failure_nor_keep_it() {
    let rig = rig(Config::builder().failure_threshold(50).window(s(60.0)).build());
    rig.calls("F");
    let change_back_and_forth = |times: u32| {
        for n in 0..times {
            rig.time.advance(s(0.5));
            change(&rig, Config::builder().failure_threshold(50).window(s(f64::from(60 + n % 2))));
        }
    };
    // A change of length keeps a call's age only to a slice of 3.75 s, so the call may leave up to a slice early or
    // late.
    change_back_and_forth(112);
    assert_eq!(rig.breaker.metrics().window.failures, 1, "56 s old");
    change_back_and_forth(20);
    assert_eq!(rig.breaker.metrics().window.failures, 0, "66 s old");
}

#[test]
fn w5_what_has_left_a_shorter_window_does_not_come_back_with_a_longer_one() {
    let rig = rig(Config::builder().failure_threshold(50).window(s(60.0)).build());
    rig.calls("F");
    rig.time.advance(s(20.0));
    change(&rig, Config::builder().failure_threshold(50).window(s(10.0)));
    change(&rig, Config::builder().failure_threshold(50).window(s(60.0)));
    assert_eq!(rig.breaker.metrics().window.failures, 0);
}

#[test]
fn w5_no_call_is_lost_or_doubled_while_the_length_of_the_window_changes() {
    const THREADS: u64 = 3;
    const EACH: u64 = 20_000;
    let config = |secs: f64| Config::builder().failure_threshold(u32::MAX).window(s(secs));
    let rig = rig(config(60.0).build());
    let running = std::sync::atomic::AtomicU64::new(THREADS);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..EACH {
                    let _ = rig.breaker.call(|| Err::<(), _>(()));
                }
                running.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
            });
        }
        let mut changes = 0_u32;
        while running.load(std::sync::atomic::Ordering::Relaxed) > 0 {
            change(&rig, config(f64::from(60 + changes % 2)));
            changes += 1;
        }
        assert!(changes > 1, "calls and changes overlapped");
    });
    assert_eq!(rig.breaker.metrics().window.failures, THREADS * EACH);
}

/// Returns the seconds until an open circuit probes.
fn left(rig: &Rig) -> Option<f64> {
    rig.breaker.metrics().retry_after.map(|left| left.as_secs_f64())
}

#[test]
fn an_open_time_that_runs_is_measured_anew_from_when_the_circuit_opened() {
    let keys = || Config::builder().consecutive_failures(1);
    let rig = rig(keys().open_timeout(s(600.0)).build());
    rig.calls("F");
    rig.wait(20.0);
    change(&rig, keys().open_timeout(s(30.0)));
    assert_eq!((rig.state(), left(&rig)), (State::Open, Some(10.0)));
    change(&rig, keys().open_timeout(s(300.0)));
    assert_eq!(left(&rig), Some(280.0), "a longer timeout applies, too");
    change(&rig, keys().open_timeout(s(5.0)));
    assert_eq!(
        (rig.state(), rig.breaker.metrics().time_per_state.half_open),
        (State::HalfOpen, s(0.0)),
        "half-open starts now"
    );
    assert_eq!(rig.breaker.metrics().time_per_state.open, s(20.0));
    rig.calls("S");
    assert_eq!(rig.transitions().last(), Some(&(State::Open, State::HalfOpen)));
}

#[test]
fn a_smaller_multiplier_and_maximum_shorten_a_grown_open_time() {
    let keys = || Config::builder().consecutive_failures(1).open_timeout(s(10.0));
    let rig = rig(keys().open_timeout_multiplier(4.0).open_timeout_max(s(100.0)).build());
    rig.calls("F");
    for grown in [10.0, 40.0, 100.0] {
        assert_eq!(left(&rig), Some(grown));
        rig.wait(grown);
        rig.calls("F");
    }
    rig.wait(5.0);
    change(&rig, keys().open_timeout_multiplier(4.0).open_timeout_max(s(60.0)));
    assert_eq!(left(&rig), Some(55.0));
    change(&rig, keys());
    assert_eq!(left(&rig), Some(5.0));
}

#[test]
fn an_open_time_that_a_call_asked_for_stays_within_the_new_maximum() {
    let keys = || Config::builder().consecutive_failures(1).open_timeout(s(10.0));
    let rig = rig(keys().open_timeout_max(s(600.0)).build());
    rig.breaker.record(Outcome::OpenFor(s(120.0)), s(0.0));
    rig.wait(20.0);
    change(&rig, keys().open_timeout(s(1.0)).open_timeout_max(s(600.0)));
    assert_eq!(left(&rig), Some(100.0));
    change(&rig, keys().open_timeout_max(s(60.0)));
    assert_eq!(left(&rig), Some(40.0));
}

#[test]
fn jitter_draws_no_other_open_time_for_a_change_of_something_else() {
    let keys = || Config::builder().consecutive_failures(1).open_timeout(s(100.0)).open_timeout_jitter(0.5);
    let rig = rig(keys().build());
    rig.calls("F");
    let before = left(&rig);
    rig.breaker.set_mode(Mode::Shadow);
    change(&rig, keys().success_threshold(7));
    assert_eq!(left(&rig), before);
}
