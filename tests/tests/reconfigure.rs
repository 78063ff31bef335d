//! Reconfiguration keeps state, cumulative counters and subscribers; a changed window keeps what still fits.

use breaker_core::{Config, ConfigBuilder, State};
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
    while stream.try_recv().is_ok() {
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
fn a_run_of_failures_counts_also_for_a_rule_that_comes_later() {
    let rig = rig(Config::builder().failure_threshold(100).build());
    rig.calls("FF");
    assert_eq!(rig.breaker.metrics().consecutive_failures, 2);
    change(&rig, Config::builder().consecutive_failures(3));
    assert_eq!(rig.breaker.metrics().consecutive_failures, 2);
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
