//! Values of the snapshot: response times, rates, time in a state, rejections by reason.

use std::time::Duration;

use breaker_core::{CircuitBreakerError, Config, Mode, Registry, State, circuit_breaker};
use breaker_tests::{ms, rig, s};

fn within_5_percent(seen: Option<Duration>, exact: Duration) {
    let seen = seen.expect("calls were measured");
    let error = seen.abs_diff(exact).as_secs_f64() / exact.as_secs_f64();
    assert!(error <= 0.05, "{seen:?} instead of {exact:?}");
}

#[test]
fn response_times_are_exact_but_for_percentiles_within_five_percent() {
    let rig = rig(Config::builder().failure_threshold(2_000).build());
    // 1 ms to 1000 ms, each once, in no particular order.
    for call in 0..1_000_u64 {
        rig.call(if call % 3 == 0 { 'F' } else { 'S' }, ms(call * 387 % 1_000 + 1));
    }
    let times = rig.breaker.metrics().response_time;
    assert_eq!((times.count, times.sum, times.average), (1_000, ms(500_500), Some(Duration::from_micros(500_500))));
    assert_eq!((times.min, times.max), (Some(ms(1)), Some(s(1.0))));
    within_5_percent(times.p50, ms(500));
    within_5_percent(times.p90, ms(900));
    within_5_percent(times.p99, ms(990));
}

#[test]
fn percentiles_hold_from_nanoseconds_to_minutes() {
    for exact in [70, 999, 12_345, 1_000_000, 77_777_777, 3_000_000_000, 130_000_000_000].map(Duration::from_nanos) {
        let rig = rig(Config::builder().build());
        for _ in 0..100 {
            rig.call('S', exact);
        }
        rig.call('S', exact * 20);
        let times = rig.breaker.metrics().response_time;
        within_5_percent(times.p50, exact);
        within_5_percent(times.p99, exact);
        assert_eq!((times.min, times.max), (Some(exact), Some(exact * 20)));
    }
}

#[test]
fn a_percentile_beyond_137_seconds_is_the_maximum() {
    let rig = rig(Config::builder().build());
    for seconds in [1.0, 138.0, 900.0, 3_600.0] {
        rig.call('S', s(seconds));
    }
    let times = rig.breaker.metrics().response_time;
    assert_eq!([times.max, times.p90, times.p99], [Some(s(3_600.0)); 3]);
    assert_eq!(times.p50, Some(s(3_600.0)), "never less than half of the calls took");
}

#[test]
fn a_window_without_successes_says_so_and_shows_no_rates() {
    let by_time = || Config::builder().response_times(false).failure_threshold(9);
    for (config, holds) in [
        (by_time(), false),
        (by_time().response_times(true), true),
        (by_time().window(100), true),
        (by_time().failure_rate(1.0).minimum_requests(1), true),
    ] {
        let rig = rig(config.build());
        rig.calls("SSSF");
        let window = rig.breaker.metrics().window;
        let expected = if holds { (true, 4, Some(0.25)) } else { (false, 1, None) };
        assert_eq!((window.holds_successes, window.requests, window.failure_rate), expected, "{config:?}");
        assert_eq!((window.failures, window.slow_rate), (1, None));
    }
}

#[test]
fn nothing_measured_is_none_and_never_zero() {
    let rig = rig(Config::builder().response_times(false).build());
    let fresh = rig.breaker.metrics();
    assert_eq!((fresh.success_rate, fresh.failure_rate, fresh.window.failure_rate), (None, None, None));
    rig.call('S', s(1.0));
    let times = rig.breaker.metrics().response_time;
    assert_eq!((times.count, times.average, times.min, times.max, times.p99), (0, None, None, None, None));
}

#[test]
fn rejected_calls_have_no_response_time() {
    let rig = rig(Config::builder().consecutive_failures(1).build());
    rig.call('F', s(1.0));
    rig.calls("XXX");
    assert_eq!(rig.breaker.metrics().response_time.count, 1);
}

#[test]
fn rates_are_shares_of_what_succeeded_or_failed() {
    let rig = rig(Config::builder().failure_threshold(9).slow_call_duration(s(1.0)).build());
    rig.calls("SSSFI");
    let m = rig.breaker.metrics();
    assert_eq!((m.success_rate, m.failure_rate, m.window.failure_rate), (Some(0.75), Some(0.25), Some(0.25)));
    assert_eq!(m.window.slow_rate, Some(0.0));
    for _ in 0..4 {
        rig.call('S', s(1.0));
    }
    let m = rig.breaker.metrics();
    assert_eq!((m.slow, m.window.slow, m.window.slow_rate), (4, 4, Some(0.5)));
}

#[test]
fn a_window_rate_waits_for_the_minimum_and_a_slow_rate_for_its_duration() {
    let rig = rig(Config::builder().failure_rate(1.0).minimum_requests(3).build());
    rig.calls("FS");
    assert_eq!(rig.breaker.metrics().window.failure_rate, None);
    rig.calls("FS");
    let window = rig.breaker.metrics().window;
    assert_eq!((window.failure_rate, window.slow_rate), (Some(0.5), None));
}

#[test]
fn time_in_state_runs_from_the_change_that_was_seen_or_due() {
    let rig = rig(Config::builder().consecutive_failures(1).success_threshold(1).open_timeout(s(5.0)).build());
    let since = || rig.breaker.metrics().time_in_state;
    rig.wait(3.0);
    assert_eq!(since(), s(3.0));
    rig.calls("F");
    rig.wait(4.0);
    assert_eq!(since(), s(4.0));
    // Without a call, the circuit is half-open since the deadline.
    rig.wait(3.0);
    assert_eq!((rig.state(), since()), (State::HalfOpen, s(2.0)));
    rig.calls("S");
    assert_eq!((rig.state(), since()), (State::Closed, s(0.0)));
}

#[test]
fn time_per_state_adds_up_to_the_age_of_the_breaker() {
    let config = Config::builder().consecutive_failures(1).success_threshold(1).open_timeout(s(5.0));
    let rig = rig(config.half_open_timeout(s(4.0)).build());
    let reads = || {
        let times = rig.breaker.metrics().time_per_state;
        (times.closed, times.open, times.half_open)
    };
    rig.wait(3.0);
    rig.calls("F");
    rig.wait(7.0);
    assert_eq!(reads(), (s(3.0), s(5.0), s(2.0)), "half-open without a call");
    rig.calls("S");
    rig.wait(1.0);
    rig.breaker.set_mode(Mode::ForcedOpen);
    rig.wait(10.0);
    rig.breaker.set_mode(Mode::Automatic);
    assert_eq!(reads(), (s(4.0), s(15.0), s(2.0)));
    rig.calls("F");
    rig.wait(6.0);
    let probe = rig.breaker.try_acquire().expect("a probe");
    // The lease ends after 4 s, and the following open period 5 s later.
    rig.wait(12.0);
    assert_eq!(reads(), (s(4.0), s(25.0), s(10.0)));
    drop(probe);
    rig.breaker.reset();
    rig.wait(1.0);
    assert_eq!(reads(), (s(5.0), s(25.0), s(10.0)));
}

#[test]
fn the_histogram_counts_what_took_at_most_so_long() {
    let rig = rig(Config::builder().build());
    for nanos in [1 << 14, (1 << 14) + 1, 1 << 36, 1 << 40] {
        let permit = rig.breaker.try_acquire().expect("closed");
        rig.time.advance(Duration::from_nanos(nanos));
        permit.success();
    }
    let times = rig.breaker.metrics().response_time;
    let buckets: Vec<_> = times.buckets.iter().collect();
    assert_eq!((buckets[0], buckets[1]), ((Duration::from_nanos(1 << 14), 1), (Duration::from_nanos(1 << 15), 2)));
    assert_eq!((buckets.len(), buckets[22], times.count), (23, (Duration::from_nanos(1 << 36), 3), 4));
}

#[test]
fn time_in_state_counts_from_a_mode_that_changes_the_state() {
    let rig = rig(Config::builder().consecutive_failures(1).open_timeout(s(5.0)).build());
    let reads = || (rig.state(), rig.breaker.metrics().time_in_state);
    rig.wait(3_600.0);
    rig.breaker.set_mode(Mode::Shadow);
    assert_eq!(reads(), (State::Closed, s(3_600.0)), "shadow mode does not change the state");
    rig.breaker.set_mode(Mode::ForcedOpen);
    rig.wait(1.0);
    assert_eq!(reads(), (State::Open, s(1.0)));
    // The state underneath the mode is not the effective state.
    rig.breaker.reset();
    rig.wait(1.0);
    assert_eq!(reads(), (State::Open, s(2.0)));
    rig.breaker.set_mode(Mode::Automatic);
    rig.wait(1.0);
    assert_eq!(reads(), (State::Closed, s(1.0)));
    rig.calls("F");
    rig.wait(1.0);
    rig.breaker.set_mode(Mode::ForcedOpen);
    rig.wait(9.0);
    assert_eq!(reads(), (State::Open, s(10.0)), "it was open before");
    rig.breaker.set_mode(Mode::Automatic);
    rig.wait(2.0);
    assert_eq!(reads(), (State::HalfOpen, s(2.0)), "it was open until the mode was automatic again");
    rig.breaker.set_mode(Mode::ForcedClosed);
    rig.wait(3.0);
    assert_eq!(reads(), (State::Closed, s(3.0)));
}

#[test]
fn rejections_are_counted_by_their_reason() {
    let rig = rig(Config::builder().consecutive_failures(1).success_threshold(1).open_timeout(s(5.0)).build());
    rig.calls("F XX");
    rig.wait(5.0);
    let probe = rig.breaker.try_acquire().expect("the probe");
    rig.calls("XXX");
    rig.breaker.set_mode(Mode::ForcedOpen);
    rig.calls("XXXX");
    let m = rig.breaker.metrics();
    let by = m.rejections_by_reason;
    assert_eq!((by.open, by.half_open, by.forced_open, m.rejections), (2, 3, 4, 9));
    assert_eq!((m.state, m.mode, m.in_flight), (State::Open, Mode::ForcedOpen, 1));
    drop(probe);
    rig.assert_identity();
}

#[test]
fn retry_after_is_there_while_open_and_only_then() {
    let rig = rig(Config::builder().consecutive_failures(1).open_timeout(s(5.0)).build());
    let after = || rig.breaker.metrics().retry_after;
    assert_eq!(after(), None);
    rig.calls("F");
    rig.wait(1.5);
    assert_eq!(after(), Some(s(3.5)));
    assert_eq!(rig.breaker.try_acquire().expect_err("open").retry_after, Some(s(3.5)));
    rig.wait(3.5);
    assert_eq!(after(), None);
}

#[derive(Debug, PartialEq)]
struct Bad;

impl From<CircuitBreakerError> for Bad {
    fn from(_: CircuitBreakerError) -> Self {
        Self
    }
}

#[circuit_breaker(service = "metrics-fallback", consecutive_failures = 1, fallback = |_| if stale { Ok(1) } else { Err(Bad) })]
fn with_fallback(stale: bool) -> Result<u8, Bad> {
    Err(Bad)
}

#[test]
fn runs_of_fallbacks_are_counted_apart() {
    assert_eq!(with_fallback(true), Ok(1));
    assert_eq!(with_fallback(true), Ok(1));
    assert_eq!(with_fallback(false), Err(Bad));
    let m = Registry::global().get("metrics-fallback").expect("annotated").metrics();
    assert_eq!((m.fallback_successes, m.fallback_failures), (2, 1));
    assert_eq!((m.requests, m.failures, m.rejections, m.successes), (3, 1, 2, 0));
}

#[test]
fn time_per_state_never_goes_back() {
    let rig = rig(Config::builder().build());
    let closed = || rig.breaker.metrics().time_per_state.closed;
    rig.wait(100.0);
    assert_eq!(closed(), s(100.0));
    rig.time.step_back(s(50.0));
    assert_eq!(closed(), s(100.0));
    drop(rig.breaker.isolate());
    assert_eq!(closed(), s(100.0));
    rig.wait(60.0);
    assert_eq!(closed(), s(110.0));
}

#[test]
fn reset_metrics_starts_every_counter_at_zero_and_keeps_the_state() {
    let rig = rig(Config::builder().failure_threshold(3).open_timeout(s(10.0)).build());
    let running = rig.breaker.try_acquire().expect("closed");
    for (outcome, took) in [('S', 5), ('I', 7), ('F', 900), ('F', 1), ('F', 2)] {
        rig.call(outcome, ms(took));
    }
    rig.breaker.try_acquire().expect_err("open");
    rig.breaker.count_fallback(true);
    rig.breaker.count_fallback(false);

    rig.breaker.reset_metrics();
    let zero = rig.breaker.metrics();
    assert_eq!((zero.requests, zero.in_flight, zero.state), (1, 1, State::Open), "calls in flight are still counted");
    assert_eq!((zero.successes, zero.failures, zero.ignored, zero.rejections), (0, 0, 0, 0));
    assert_eq!((zero.fallback_successes, zero.fallback_failures, zero.transitions.total()), (0, 0, 0));
    assert_eq!((zero.response_time, zero.failure_rate), (Default::default(), None));
    assert_eq!((zero.window.failures, zero.consecutive_failures, zero.time_per_state.open), (3, 3, ms(0)));

    rig.breaker.reset();
    rig.call('S', ms(20));
    rig.call('F', ms(40));
    running.success();
    let after = rig.breaker.metrics();
    assert_eq!((after.requests, after.successes, after.failures, after.late), (3, 2, 1, 1));
    assert_eq!((after.transitions.open_to_closed, after.transitions.total()), (1, 1));
    let times = after.response_time;
    assert_eq!((times.count, times.min), (3, Some(ms(20))), "the shortest since the reset");
    within_5_percent(times.p50, ms(40));
}

#[test]
fn reset_metrics_while_other_threads_call_never_shows_too_many() {
    let rig = rig(Config::builder().build());
    let calls = || {
        for _ in 0..2_000 {
            rig.call('S', ms(0));
        }
    };
    std::thread::scope(|threads| {
        let workers = [0; 4].map(|_| threads.spawn(calls));
        let mut left = 8_000;
        while !workers.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            rig.breaker.reset_metrics();
            let successes = rig.breaker.metrics().successes;
            assert!(successes <= left, "{successes} of {left}");
            left -= successes;
        }
    });
    rig.breaker.reset_metrics();
    calls();
    assert_eq!(rig.breaker.metrics().successes, 2_000);
}
