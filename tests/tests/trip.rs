//! When the circuit opens (rules T1 to T6, cases 1 to 9).

use breaker_core::{Cause, Config, Outcome, State};
use breaker_tests::{ms, rig, s};

#[test]
fn case_01_a_success_that_completes_the_minimum_opens_at_exactly_60_percent() {
    let rig = rig(Config::builder().failure_rate(0.5).minimum_requests(5).window(s(20.0)).build());
    rig.calls("FFFS");
    assert_eq!(rig.breaker.metrics().window.failure_rate, None);
    assert_eq!(rig.state(), State::Closed);
    rig.calls("S");
    assert_eq!(rig.state(), State::Open);
    assert_eq!(rig.transitions(), [(State::Closed, State::Open)]);
    assert_eq!(rig.last_cause(), Some(Cause::FailureRate { failures: 3, requests: 5, threshold: 0.5 }));
    rig.calls("X");
    assert_eq!(rig.breaker.metrics().window.failure_rate, Some(0.6));
    assert_eq!(rig.events().len(), 1);
}

#[test]
fn case_02_exactly_50_percent_opens() {
    let rig = rig(Config::builder().failure_rate(0.5).minimum_requests(5).window(s(20.0)).build());
    for letter in ["S", "S", "S", "F", "F"] {
        rig.calls(letter);
        rig.wait(1.0);
    }
    assert_eq!(rig.breaker.metrics().window.failure_rate, Some(0.4));
    assert_eq!(rig.state(), State::Closed);
    rig.calls("F");
    assert_eq!(rig.state(), State::Open);
    assert_eq!(rig.last_cause(), Some(Cause::FailureRate { failures: 3, requests: 6, threshold: 0.5 }));
}

#[test]
fn case_03_60_percent_of_slow_calls_open_on_the_fifth() {
    let rig = rig(Config::builder().slow_call_duration(s(4.0)).slow_call_rate(0.5).minimum_requests(5).build());
    for (letter, duration) in [('F', s(5.0)), ('S', s(5.0)), ('F', ms(100)), ('S', ms(100))] {
        assert!(rig.call(letter, duration));
        assert_eq!(rig.state(), State::Closed);
    }
    assert!(rig.call('S', s(5.0)));
    assert_eq!(rig.state(), State::Open);
    assert_eq!(rig.last_cause(), Some(Cause::SlowCallRate { slow: 3, requests: 5, threshold: 0.5 }));
    assert_eq!(rig.breaker.metrics().window.slow_rate, Some(0.6));
}

#[test]
fn case_03_a_call_of_exactly_the_slow_duration_is_slow() {
    let rig = rig(Config::builder().slow_call_duration(s(4.0)).slow_call_rate(0.5).build());
    rig.call('S', s(4.0) - ms(1));
    assert_eq!(rig.breaker.metrics().slow, 0);
    rig.call('S', s(4.0));
    assert_eq!(rig.breaker.metrics().slow, 1);
    assert_eq!(rig.breaker.metrics().window.slow, 1);
}

#[test]
fn case_04_the_window_of_four_slides_until_half_of_it_failed() {
    let config = || Config::builder().failure_rate(0.5).window(4).minimum_requests(4).build();
    let sliding = rig(config());
    sliding.calls("SFSS");
    assert_eq!(sliding.breaker.metrics().window.failure_rate, Some(0.25));
    assert_eq!(sliding.state(), State::Closed);
    sliding.calls("F");
    assert_eq!(sliding.state(), State::Open);

    let at_once = rig(config());
    at_once.calls("SFF");
    assert_eq!(at_once.state(), State::Closed);
    at_once.calls("S");
    assert_eq!(at_once.state(), State::Open);
}

#[test]
fn case_05_eight_of_ten_open_at_80_percent() {
    let rig = rig(Config::builder().failure_rate(0.8).window(10).minimum_requests(10).build());
    rig.calls("FFSFFFSFF");
    assert_eq!(rig.state(), State::Closed);
    rig.calls("F");
    assert_eq!(rig.state(), State::Open);
    assert_eq!(rig.last_cause(), Some(Cause::FailureRate { failures: 8, requests: 10, threshold: 0.8 }));
}

#[test]
fn case_06_only_six_failures_in_a_row_open() {
    let rig = rig(Config::builder().consecutive_failures(6).build());
    rig.calls("FFFFF S FFFFF");
    assert_eq!(rig.state(), State::Closed);
    assert_eq!(rig.breaker.metrics().consecutive_failures, 5);
    rig.calls("F");
    assert_eq!(rig.state(), State::Open);
    assert_eq!(rig.last_cause(), Some(Cause::ConsecutiveFailures { failures: 6, threshold: 6 }));
}

#[test]
fn case_07_nine_failures_below_the_minimum_of_ten_stay_closed() {
    for rig in [
        rig(Config::builder().failure_rate(0.5).minimum_requests(10).build()),
        rig(Config::builder().failure_threshold(1).minimum_requests(10).build()),
        rig(Config::builder().failure_rate(0.5).build()),
    ] {
        rig.calls("FFF FFF FFF");
        assert_eq!(rig.state(), State::Closed);
        rig.calls("F");
        assert_eq!(rig.state(), State::Open);
    }
}

#[test]
fn case_08_ignored_calls_do_not_break_a_run_of_failures() {
    let rig = rig(Config::builder().consecutive_failures(3).build());
    rig.calls("FFI");
    assert_eq!(rig.state(), State::Closed);
    rig.calls("F");
    assert_eq!(rig.state(), State::Open);
}

#[test]
fn case_09_three_of_three_slow_calls_open_at_100_percent() {
    let rig = rig(Config::builder().slow_call_duration(s(1.0)).slow_call_rate(1.0).minimum_requests(3).build());
    for _ in 0..2 {
        rig.call('S', s(1.0));
        assert_eq!(rig.state(), State::Closed);
    }
    rig.call('S', s(1.0));
    assert_eq!(rig.state(), State::Open);
}

#[test]
fn t1_the_threshold_itself_opens_and_rates_are_never_rounded() {
    let rig = rig(Config::builder().failure_threshold(3).build());
    rig.calls("FF");
    assert_eq!(rig.state(), State::Closed);
    rig.calls("F");
    assert_eq!(rig.state(), State::Open);

    // As a double, 1/3 is slightly below one third; 333 of 1000 is below both.
    let rig = breaker_tests::rig(Config::builder().failure_rate(1.0 / 3.0).window(1000).minimum_requests(1000).build());
    (0..667).for_each(|_| rig.calls("S"));
    (0..333).for_each(|_| rig.calls("F"));
    assert_eq!(rig.state(), State::Closed);
    rig.calls("F");
    assert_eq!(rig.state(), State::Open);
}

#[test]
fn t1_every_fraction_opens_at_exactly_its_own_share() {
    for requests in [3_u32, 7, 10, 49, 100] {
        for failures in [1, requests / 2, requests - 1] {
            let share = f64::from(failures) / f64::from(requests);
            let config = || Config::builder().failure_rate(share).window(requests).minimum_requests(requests).build();
            let exact = rig(config());
            (0..failures).for_each(|_| exact.calls("F"));
            (failures..requests).for_each(|_| exact.calls("S"));
            assert_eq!(exact.state(), State::Open, "{failures} of {requests}");
            let below = rig(config());
            (1..failures).for_each(|_| below.calls("F"));
            (failures..=requests).for_each(|_| below.calls("S"));
            assert_eq!(below.state(), State::Closed, "{} of {requests}", failures - 1);
        }
    }
}

#[test]
fn t2_any_rule_opens_and_the_event_names_the_one_that_fired() {
    let config = || Config::builder().failure_threshold(10).consecutive_failures(3).failure_rate(0.9).build();
    let rig = rig(config());
    rig.calls("FFF");
    assert_eq!(rig.last_cause(), Some(Cause::ConsecutiveFailures { failures: 3, threshold: 3 }));
    let event = rig.events().pop().expect("one event");
    let text = event.to_string();
    assert!(text.contains("svc") && text.contains('3') && text.contains("consecutive"), "{text}");

    let rig = breaker_tests::rig(config());
    rig.calls("FF S FF S FF S FF S FF");
    assert_eq!(rig.last_cause(), Some(Cause::FailureThreshold { failures: 10, requests: Some(14), threshold: 10 }));
}

#[test]
fn t3_a_success_that_evicts_an_old_success_opens() {
    let counted = rig(Config::builder().failure_rate(0.5).window(4).minimum_requests(4).build());
    // The window is S S F S, a quarter of failures. The next F makes it S F S F.
    counted.calls("SSFS");
    assert_eq!(counted.state(), State::Closed);
    counted.calls("F");
    assert_eq!(counted.state(), State::Open);

    // By time: when the four successes leave, three failures of six calls remain.
    let timed = rig(Config::builder().failure_rate(0.5).minimum_requests(5).window(s(16.0)).build());
    timed.calls("SSSS");
    timed.wait(10.0);
    timed.calls("FFF SS");
    assert_eq!(timed.state(), State::Closed);
    timed.wait(6.0);
    timed.calls("S");
    assert_eq!(timed.state(), State::Open);
    assert_eq!(timed.last_cause(), Some(Cause::FailureRate { failures: 3, requests: 6, threshold: 0.5 }));
}

#[test]
fn t3_a_success_that_completes_the_minimum_opens_by_failure_threshold() {
    let rig = rig(Config::builder().failure_threshold(2).minimum_requests(4).build());
    rig.calls("FFS");
    assert_eq!(rig.state(), State::Closed);
    rig.calls("S");
    assert_eq!(rig.state(), State::Open);
}

#[test]
fn t4_an_ignored_call_counts_nowhere_in_the_window_and_gives_its_permit_back() {
    let rig = rig(Config::builder().failure_rate(0.5).minimum_requests(2).build());
    rig.calls("IIIIF");
    let metrics = rig.breaker.metrics();
    assert_eq!((metrics.window.requests, metrics.ignored, metrics.in_flight), (1, 4, 0));
    assert_eq!(rig.state(), State::Closed);
    rig.assert_identity();
}

#[test]
fn t4_an_unlisted_error_is_a_failure() {
    let rig = rig(Config::builder().failure_threshold(1).build());
    let _ = rig.breaker.call(|| Err::<(), _>("anything"));
    assert_eq!(rig.breaker.metrics().failures, 1);
    assert_eq!(rig.state(), State::Open);
}

#[test]
fn t5_a_panic_is_a_failure_that_opens() {
    let rig = rig(Config::builder().failure_threshold(1).build());
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _ = rig.breaker.call(|| -> Result<(), ()> { std::panic::panic_any("boom") });
    }));
    assert_eq!(caught.unwrap_err().downcast_ref::<&str>(), Some(&"boom"));
    assert_eq!(rig.state(), State::Open);
    assert_eq!(rig.breaker.metrics().in_flight, 0);
}

#[test]
fn t6_opening_clears_nothing_and_closing_starts_an_empty_window() {
    let rig = rig(Config::builder().failure_threshold(3).success_threshold(1).build());
    rig.calls("SFFF");
    let open = rig.breaker.metrics();
    assert_eq!((open.window.requests, open.window.failures), (4, 3));
    assert_eq!((open.requests, open.successes, open.failures), (4, 1, 3));
    assert_eq!(open.consecutive_failures, 3);
    rig.wait(30.0);
    rig.calls("S");
    let closed = rig.breaker.metrics();
    assert_eq!(closed.state, State::Closed);
    assert_eq!((closed.window.requests, closed.window.failures), (0, 0));
    assert_eq!((closed.requests, closed.successes, closed.failures), (5, 2, 3));
}

#[test]
fn open_for_is_a_failure_that_opens_at_once_for_that_long() {
    let rig = rig(Config::builder().failure_threshold(100).build());
    rig.breaker.try_acquire().expect("closed").record(Outcome::OpenFor(s(7.0)));
    assert_eq!(rig.state(), State::Open);
    assert_eq!(rig.breaker.metrics().failures, 1);
    assert_eq!(rig.breaker.metrics().retry_after, Some(s(7.0)));
    assert_eq!(rig.last_cause(), Some(Cause::OpenFor { open_for: s(7.0) }));
    rig.wait(6.999);
    rig.calls("X");
    rig.wait(0.001);
    rig.calls("S");
}

#[test]
fn open_for_is_at_most_the_longest_open_time() {
    let rig = rig(Config::builder().failure_threshold(100).open_timeout_max(s(60.0)).build());
    rig.breaker.try_acquire().expect("closed").record(Outcome::OpenFor(s(3600.0)));
    assert_eq!(rig.breaker.metrics().retry_after, Some(s(60.0)));
}
