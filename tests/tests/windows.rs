//! What the window holds (rules W1 to W4, cases 10 to 16).

use std::sync::mpsc;
use std::thread;

use breaker_core::{CircuitBreaker, Config, State};
use breaker_tests::{ms, rig, s};

#[test]
fn case_10_a_window_of_ten_calls_holds_the_last_ten() {
    let rig = rig(Config::builder().failure_rate(1.0).window(10).build());
    rig.calls("SS FFFFFF SSSS");
    let window = rig.breaker.metrics().window;
    assert_eq!((window.requests, window.failures, window.failure_rate), (10, 6, Some(0.6)));
    rig.calls("SSS");
    let window = rig.breaker.metrics().window;
    assert_eq!((window.requests, window.failures, window.failure_rate), (10, 3, Some(0.3)));
}

#[test]
fn case_11_one_failure_fades_as_four_successes_follow() {
    let rig = rig(Config::builder().failure_threshold(4).window(4).build());
    let mut rates = Vec::new();
    for letter in ["F", "S", "S", "S", "S"] {
        rig.calls(letter);
        rates.push(rig.breaker.metrics().window.failure_rate.expect("one call is enough"));
    }
    assert_eq!(rates, [1.0, 0.5, 1.0 / 3.0, 0.25, 0.0]);
}

#[test]
fn case_12_events_leave_the_time_window_without_any_call() {
    let rig = rig(Config::builder().failure_threshold(100).window(s(5.0)).build());
    rig.calls("F");
    rig.time.advance(ms(100));
    rig.calls("S");
    rig.time.advance(ms(700));
    rig.calls("F");
    rig.time.advance(ms(3_600));
    let window = rig.breaker.metrics().window;
    assert_eq!((window.requests, window.failures), (3, 2));
    rig.time.advance(ms(1_400));
    let window = rig.breaker.metrics().window;
    assert_eq!((window.requests, window.failures), (0, 0));
}

#[test]
fn case_13_one_call_each_second_leaves_one_by_one() {
    let rig = rig(Config::builder().window(s(10.0)).build());
    let held = || rig.breaker.metrics().window.requests;
    for _ in 0..10 {
        rig.calls("S");
        rig.wait(1.0);
    }
    let after_ten = held();
    assert!((9..=10).contains(&after_ten), "{after_ten}");
    rig.wait(1.0);
    assert_eq!(held(), after_ten - 1);
    rig.wait(9.0);
    assert_eq!(held(), 0);
}

#[test]
fn case_14_a_skipped_slice_is_empty() {
    let rig = rig(Config::builder().window(s(16.0)).build());
    for _ in 0..32 {
        rig.calls("S");
        rig.time.advance(ms(500));
    }
    rig.wait(48.0);
    rig.calls("S");
    assert_eq!(rig.breaker.metrics().window.requests, 1);
}

#[test]
fn case_15_cumulative_counters_do_not_roll_out() {
    let rig = rig(Config::builder().window(s(5.0)).build());
    (0..20).for_each(|_| rig.calls("S"));
    rig.wait(60.0);
    let metrics = rig.breaker.metrics();
    assert_eq!((metrics.requests, metrics.successes, metrics.window.requests), (20, 20, 0));
}

#[test]
fn case_16_after_closing_the_window_is_empty() {
    let rig = rig(Config::builder().failure_threshold(2).success_threshold(1).build());
    rig.calls("FF X");
    rig.wait(30.0);
    rig.calls("S F");
    assert_eq!(rig.state(), State::Closed);
    rig.calls("F");
    assert_eq!(rig.state(), State::Open);
}

#[test]
fn w1_the_window_slides_and_never_tumbles() {
    // Ten calls on each side of a multiple of the window. A tumbling window would hold only one side.
    let rig = rig(Config::builder().window(s(16.0)).failure_threshold(20).build());
    rig.wait(15.5);
    (0..10).for_each(|_| rig.calls("F"));
    rig.wait(1.0);
    (0..9).for_each(|_| rig.calls("F"));
    assert_eq!(rig.breaker.metrics().window.failures, 19);
    rig.calls("F");
    assert_eq!(rig.state(), State::Open);
}

#[test]
fn w1_a_thousand_successes_do_not_shield_a_window_of_ten() {
    let rig = rig(Config::builder().failure_rate(0.5).window(10).build());
    (0..1_000).for_each(|_| rig.calls("S"));
    rig.calls("FFFF");
    assert_eq!(rig.state(), State::Closed);
    rig.calls("F");
    assert_eq!(rig.state(), State::Open);
}

#[test]
fn w2_an_event_stays_until_its_window_has_passed_and_leaves_at_most_a_slice_early() {
    for window in [s(1.0), s(7.0), s(60.0), ms(1_234)] {
        for offset in [0, 1, 17, 333, 999, 40_961] {
            let rig = rig(Config::builder().window(window).build());
            rig.time.advance(ms(offset));
            rig.calls("S");
            // A window has at least ten slices, so the call must still be there after nine tenths of it.
            rig.time.advance(window * 9 / 10);
            assert_eq!(rig.breaker.metrics().window.requests, 1, "{window:?} at {offset}");
            rig.time.advance(window - window * 9 / 10);
            assert_eq!(rig.breaker.metrics().window.requests, 0, "{window:?} at {offset}");
        }
    }
}

#[test]
fn w2_old_slices_leave_on_read_and_take_the_rate_with_them() {
    let rig = rig(Config::builder().failure_rate(1.0).minimum_requests(2).window(s(4.0)).build());
    rig.calls("FS");
    assert_eq!(rig.breaker.metrics().window.failure_rate, Some(0.5));
    rig.wait(4.0);
    assert_eq!(rig.breaker.metrics().window.failure_rate, None);
}

#[test]
fn w3_a_count_window_holds_exactly_the_last_calls_over_all_threads() {
    let rig = rig(Config::builder().failure_rate(1.0).window(100).build());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..500).for_each(|_| rig.calls("FS")));
        }
    });
    assert_eq!(rig.breaker.metrics().window.requests, 100);
    // Then a single thread replaces all calls of the window.
    (0..40).for_each(|_| rig.calls("F"));
    (0..60).for_each(|_| rig.calls("S"));
    let window = rig.breaker.metrics().window;
    assert_eq!((window.requests, window.failures), (100, 40));
}

#[test]
fn w3_a_count_window_does_not_fade_with_time() {
    let rig = rig(Config::builder().failure_rate(1.0).window(3).build());
    rig.calls("FSF");
    rig.time.advance(std::time::Duration::from_secs(1 << 30));
    let window = rig.breaker.metrics().window;
    assert_eq!((window.requests, window.failures), (3, 2));
}

#[test]
fn w4_a_skipped_slice_is_never_reused() {
    // Each step lands in the same place of the 16 slices, whole windows later.
    for turns in 1..40 {
        let rig = rig(Config::builder().window(s(16.0)).build());
        rig.wait(3.0);
        rig.calls("SSSFF");
        rig.wait(16.0 * f64::from(turns));
        assert_eq!(rig.breaker.metrics().window.requests, 0);
        rig.calls("S");
        let window = rig.breaker.metrics().window;
        assert_eq!((window.requests, window.failures), (1, 0), "{turns} windows later");
    }
}

#[test]
fn a_window_longer_than_the_clock_keeps_everything() {
    let rig = rig(Config::builder().failure_threshold(5).window(std::time::Duration::MAX).build());
    rig.calls("FF");
    rig.wait(1e9);
    rig.calls("FFF");
    assert_eq!(rig.state(), State::Open);
}

#[test]
fn w5_a_clock_that_falls_behind_at_the_turn_of_a_slice_delays_no_trip() {
    let rig = rig(Config::builder().failure_threshold(5).window(s(16.0)).build());
    rig.time.advance(s(1.0));
    rig.calls("FFFF");
    rig.time.step_back(std::time::Duration::from_nanos(1));
    rig.calls("F");
    assert_eq!(rig.state(), State::Open);
}

/// Several threads make exactly as many failures as the threshold while slices change. The last one opens the circuit.
#[test]
fn w5_no_trip_is_missed_at_the_turn_of_a_slice() {
    const THREADS: u32 = 8;
    const EACH: u32 = 200;
    let mut turned = 0;
    for _ in 0..200 {
        let config = Config::builder().failure_threshold(THREADS * EACH).window(s(1_600.0)).open_timeout(s(1e6));
        let rig = rig(config.open_timeout_max(s(1e6)).build());
        let barrier = std::sync::Barrier::new(THREADS as usize + 1);
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    barrier.wait();
                    for _ in 0..EACH {
                        let _ = rig.breaker.call(|| Err::<(), _>(()));
                    }
                });
            }
            barrier.wait();
            for _ in 0..14 {
                let before = rig.breaker.metrics().window.failures;
                rig.time.advance(s(100.0));
                turned += u32::from((1..u64::from(THREADS * EACH)).contains(&before));
            }
        });
        assert_eq!(rig.state(), State::Open, "{:?}", rig.breaker.metrics().window);
    }
    assert!(turned > 0, "no slice changed between the calls");
}

#[test]
fn failures_in_a_row_of_threads_that_are_idle_are_not_added_up() {
    let rig = rig(Config::builder().failure_threshold(100).build());
    // Gives this thread a slot of its own, so that it doesn't take over the other thread's.
    rig.calls("S");
    std::thread::scope(|scope| {
        scope.spawn(|| rig.calls("FFF"));
    });
    rig.calls("FF");
    assert_eq!(rig.breaker.metrics().consecutive_failures, 3, "without a rule for them, the longest run of one thread");
}

/// Threads that fail when they are asked to, one after another.
struct Failing {
    threads: Vec<(mpsc::Sender<()>, mpsc::Receiver<bool>)>,
}

impl Failing {
    fn start(threads: usize, breaker: &CircuitBreaker) -> Self {
        let start = |_| {
            let (ask, asked) = mpsc::channel();
            let (answer, answered) = mpsc::channel();
            let breaker = breaker.clone();
            thread::spawn(move || {
                for () in asked {
                    let _ = breaker.call(|| Err::<(), _>("down"));
                    let _ = answer.send(breaker.state() == State::Open);
                }
            });
            (ask, answered)
        };
        Self { threads: (0..threads).map(start).collect() }
    }

    /// Returns whether the circuit is open after a failure of one of the threads.
    fn fail(&self, number: usize) -> bool {
        let (ask, answered) = &self.threads[number % self.threads.len()];
        ask.send(()).expect("the thread waits");
        answered.recv().expect("the thread answers")
    }
}

#[test]
fn w5_threads_that_come_back_after_any_time_are_counted() {
    for idle in (0..80).step_by(4) {
        let rig = rig(Config::builder().failure_threshold(12).window(s(16.0)).build());
        let failing = Failing::start(4, &rig.breaker);
        assert!((0..4).all(|number| !failing.fail(number)));
        // This thread keeps calling, so the others are idle for up to five windows of a breaker that is used.
        for second in 0..idle {
            rig.wait(1.0);
            if second % 12 == 0 {
                rig.calls("F");
            }
        }
        let held = usize::try_from(rig.breaker.metrics().window.failures).expect("few");
        let opened = (0..12).find(|number| failing.fail(*number)).expect("twelve failures are enough");
        assert_eq!(opened + 1, 12 - held, "after {idle} s, the window held {held}");
    }
}
